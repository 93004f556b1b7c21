import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../../testing/failure'
import { FakeClock, settled } from '../../testing/fake_clock'
import type { FakeDiscovery } from '../../testing/fake_discovery'
import { FakeFleet, rolloutOn, type RehearsalOptions } from '../../testing/fake_fleet'
import { OpenWindows } from './open_windows'
import type { Fleet } from '../ports'
import { describe as described, hasPassed } from '../model/verdict'

const HOSTS = ['web1', 'web2', 'web3']
const WINDOW = 10
const NONE: ReadonlyMap<string, string> = new Map()

/** Returns a rollout whose discoveries are answered by the test; all its hosts are in an inventory, if there is one. */
function rollout({ inventory = false, ...options }: RehearsalOptions & { inventory?: boolean } = {}) {
  const fleet = new FakeFleet(HOSTS, () => ({ kind: 'answered', data: { ensure: '2.0' } }))
  const begun: FakeDiscovery[] = []
  fleet.onDiscovery = (discovery) => begun.push(discovery)
  const written = { matching: async () => HOSTS, outsideOf: async () => NONE }
  const made = rolloutOn(fleet, {
    ...options,
    ports: { ...(inventory ? { inventory: written } : {}), ...options.ports },
  })
  const discovered = async (hosts: readonly string[]) => {
    const verdict = made.rollout.hosts.discover()
    await settled()
    for (const host of hosts) begun.at(-1)?.answer(host)
    return verdict
  }
  return {
    ...made,
    fleet,
    begun,
    discovered,
    /** Begins a rollout without an inventory: its first discovery takes the whole window. */
    async firstDiscovered(hosts: readonly string[] = HOSTS) {
      const verdict = discovered(hosts)
      await settled()
      begun[0]?.endWindow()
      return verdict
    },
    async nextScenario() {
      await made.rollout.endScenario(true)
      await made.rollout.beginScenario('2', 'the next wave')
      made.rollout.hosts.withClass('roles::web')
    },
    changes: () => fleet.asked.filter(({ request }) => request.mutating),
  }
}

describe('a discovery of hosts that are known', () => {
  it('ends with the last of them in a later scenario, and is not waited for', async () => {
    const rolling = rollout()
    await rolling.firstDiscovered()
    await rolling.nextScenario()
    expect(hasPassed(await rolling.discovered(HOSTS))).to.equal(true)
  })

  it('takes the whole window where one of them is missing', async () => {
    const rolling = rollout()
    await rolling.firstDiscovered()
    await rolling.nextScenario()
    const verdict = rolling.discovered(['web1', 'web2', 'web9'])
    let isOver = false
    void verdict.then(() => (isOver = true))
    await settled()
    expect(isOver).to.equal(false)
    rolling.begun[1]?.endWindow()
    expect(described(await verdict)).to.contain('not discovered  web3')
    expect((await verdict).unexpected.map(({ host }) => host)).to.deep.equal(['web9'])
  })

  it('does not wait for hosts that have failed within the budget, and knows them when they answer', async () => {
    const rolling = rollout()
    rolling.rollout.budget.allow({ hosts: 1 }, 'rollout')
    await rolling.firstDiscovered()
    rolling.rollout.budget.putOut([{ host: 'web3', seen: 'failed' }])
    await rolling.nextScenario()
    expect(hasPassed(await rolling.discovered(['web1', 'web2']))).to.equal(true)
    rolling.begun[1]?.answer('web3')
    expect(rolling.rollout.hasOverheardFailure).to.equal(false)
  })

  it('of a list does not ask those that have failed within the budget', async () => {
    const rolling = rollout()
    const asked: unknown[] = []
    const discover = rolling.fleet.discover.bind(rolling.fleet)
    rolling.fleet.discover = (selection, ...others) => {
      asked.push(selection?.listed)
      return discover(selection, ...others)
    }
    rolling.rollout.hosts.beginSelection()
    rolling.rollout.hosts.listed(HOSTS)
    await rolling.firstDiscovered()
    rolling.rollout.budget.putOut([{ host: 'web3', seen: 'failed' }])
    const verdict = rolling.discovered(['web1', 'web2'])
    await settled()
    rolling.begun[1]?.endWindow()
    expect((await verdict).observations.map(({ host }) => host)).to.deep.equal(['web1', 'web2'])
    expect(asked).to.deep.equal([HOSTS, ['web1', 'web2']])
  })

  it('fails the verdict under way for a stranger who answers within the rest of the window', async () => {
    const rolling = rollout()
    await rolling.firstDiscovered()
    await rolling.nextScenario()
    await rolling.discovered(HOSTS)
    rolling.begun[1]?.answer('web9')
    const verdict = await rolling.rollout.packages.versionShouldBe('mywebapp', '2.0')
    expect(verdict.unexpected).to.deep.equal([
      { kind: 'unexpected', host: 'web9', detail: 'was not there at the first roll call', fails: true },
    ])
    expect(hasPassed(verdict)).to.equal(false)
    expect((await failure(rolling.rollout.packages.update('mywebapp'))).code).to.equal('diverged')
  })

  it('fails a later verdict for a forged answer within the rest of the window', async () => {
    const rolling = rollout()
    await rolling.firstDiscovered()
    await rolling.nextScenario()
    await rolling.discovered(HOSTS)
    const forged = { kind: 'unexpected', host: 'web1', detail: 'bad signature', fails: true }
    rolling.begun[1]?.tell(forged)
    const verdict = await rolling.rollout.packages.versionShouldBe('mywebapp', '2.0')
    expect([hasPassed(verdict), verdict.unexpected]).to.deep.equal([false, [forged]])
  })

  it('fails a planned verdict for a stranger, too', async () => {
    const rolling = rollout({ ports: { planning: { asNoop: () => undefined, isReadOnly: () => true } } })
    await rolling.firstDiscovered()
    await rolling.nextScenario()
    await rolling.discovered(HOSTS)
    rolling.begun[1]?.answer('web9')
    const verdict = await rolling.rollout.packages.versionShouldBe('mywebapp', '2.0')
    expect([verdict.planned, hasPassed(verdict)]).to.deep.equal([true, false])
  })

  it('is over only with its window, and so is the one before', async () => {
    const rolling = rollout()
    await rolling.firstDiscovered()
    for (let wave = 0; wave < 2; wave += 1) {
      await rolling.nextScenario()
      await rolling.discovered(HOSTS)
    }
    let isOver = false
    void rolling.rollout.hosts.windowsAreOver().then(() => (isOver = true))
    rolling.begun[2]?.endWindow()
    await settled()
    expect(isOver).to.equal(false)
    rolling.begun[1]?.answer('web9')
    rolling.begun[1]?.endWindow()
    await settled()
    expect([isOver, rolling.rollout.hasOverheardFailure]).to.deep.equal([true, true])
  })

  it('is not waited for once the operator asks to stop', async () => {
    const rolling = rollout()
    await rolling.firstDiscovered()
    await rolling.nextScenario()
    await rolling.discovered(HOSTS)
    const over = rolling.rollout.hosts.windowsAreOver()
    rolling.stop.abort()
    await over
  })
})

describe('the first discovery of hosts that are in an inventory', () => {
  it('ends with the last of them, and lets hosts be looked at', async () => {
    const rolling = rollout({ inventory: true })
    expect(hasPassed(await rolling.discovered(HOSTS))).to.equal(true)
    expect(hasPassed(await rolling.rollout.packages.versionShouldBe('mywebapp', '2.0'))).to.equal(true)
  })

  it('lets no host be changed before its window is over', async () => {
    const rolling = rollout({ inventory: true })
    await rolling.discovered(HOSTS)
    const updated = rolling.rollout.packages.update('mywebapp')
    await settled()
    expect(rolling.changes()).to.deep.equal([])
    rolling.begun[0]?.endWindow()
    await updated
    expect(rolling.changes()).to.not.deep.equal([])
    await rolling.nextScenario()
    await rolling.discovered(HOSTS)
    await rolling.rollout.packages.update('mywebapp')
  })

  it('lets no host be changed at all when a stranger answers in its window', async () => {
    const rolling = rollout({ inventory: true })
    await rolling.discovered(HOSTS)
    const updated = failure(rolling.rollout.packages.update('mywebapp'))
    await settled()
    rolling.begun[0]?.answer('web9')
    rolling.begun[0]?.endWindow()
    expect((await updated).code).to.equal('diverged')
    expect(rolling.changes()).to.deep.equal([])
    expect(rolling.verdicts.at(-1)?.unexpected.map(({ host, detail }) => `${host} ${detail}`)).to.deep.equal([
      'web9 discovered, and not in the inventory with class roles::web',
    ])
    expect(rolling.rollout.failure?.observations.map(({ host }) => host)).to.deep.equal(HOSTS)
  })

  it('has nothing written down of hosts that are not changed then: neither out of rotation nor to be restored', async () => {
    const rolling = rollout({ inventory: true })
    rolling.rollout.afterFailure.versionsGoBack = true
    rolling.rollout.afterFailure.healthyGoBack = true
    rolling.rollout.traffic.throughBalancerAt('1.2.3.4')
    await rolling.discovered(HOSTS)
    const { packages, traffic } = rolling.rollout
    const changes = [packages.update('mywebapp'), traffic.block()].map((change) => failure(change))
    await settled()
    rolling.begun[0]?.answer('web9')
    rolling.begun[0]?.endWindow()
    for (const change of changes) expect((await change).code).to.equal('diverged')
    expect(rolling.rollout.ledger.all).to.deep.equal([])
    expect(packages.touched()).to.deep.equal([])
    await rolling.rollout.afterFailure.settle()
    expect(rolling.changes()).to.deep.equal([])
    expect(rolling.journal.map(({ type }) => type)).to.not.include.members(['opened', 'had', 'restoring'])
  })

  it('lets no host be changed when the operator asks to stop in its window', async () => {
    const rolling = rollout({ inventory: true })
    await rolling.discovered(HOSTS)
    const updated = failure(rolling.rollout.packages.update('mywebapp'))
    await settled()
    rolling.stop.abort()
    expect((await updated).code).to.equal('interrupted')
    expect(rolling.changes()).to.deep.equal([])
  })

  it('only notes a late stranger whom its scenario leaves alone, in the next scenario too', async () => {
    const rolling = rollout({ inventory: true })
    rolling.rollout.hosts.leaveStrangersAlone()
    await rolling.discovered(HOSTS)
    await rolling.nextScenario()
    rolling.begun[0]?.answer('web9')
    const verdict = await rolling.rollout.packages.versionShouldBe('mywebapp', '2.0')
    expect(verdict.unexpected.map(({ host, fails }) => [host, fails])).to.deep.equal([['web9', false]])
    expect(hasPassed(verdict)).to.equal(true)
  })

  it('takes the whole window where no line asks for it', async () => {
    const rolling = rollout({ inventory: true })
    const looked = failure(rolling.rollout.packages.versionShouldBe('mywebapp', '2.0'))
    await settled()
    for (const host of [...HOSTS, 'web9']) rolling.begun[0]?.answer(host)
    rolling.begun[0]?.endWindow()
    expect((await looked).message).to.contain('web9; no host was touched')
  })
})

describe('open windows', () => {
  it('tell why one could not be heard out, to those who wait and to no others', async () => {
    const windows = new OpenWindows()
    const { signal } = new AbortController()
    await windows.areOver(signal)
    windows.add(Promise.reject(new Error('the exchange is missing')))
    windows.add(Promise.resolve())
    await settled()
    expect(await windows.areOver(signal).catch((error: unknown) => String(error))).to.contain('missing')
  })
})

/** The messages of one discovery, each at a time: answers of hosts, and others. */
interface Arrivals {
  hosts: { host: string; at: number }[]
  messages: { fails: boolean; at: number }[]
}

interface Course {
  discoveries: Arrivals[]
  /** The times that calls take, one for each line of a scenario; a negative one is a change. */
  lines: number[]
  inventory: boolean
  leavesAlone: boolean
  budget: boolean
}

describe('a run whose windows go on beside its lines', () => {
  const arrivals = fc.record({
    hosts: fc
      .tuple(
        fc.tuple(...HOSTS.map((host) => fc.record({ host: fc.constant(host), at: usually(fc.nat(4), 12) }))),
        usually(fc.constant(undefined), { host: 'new1', at: 8 }),
        fc.record({ host: fc.constantFrom('new2', ...HOSTS), at: fc.nat(12) }),
      )
      .map(([all, late, other]) => [...all, ...(late === undefined ? [] : [late]), other]),
    messages: usually(fc.array(fc.record({ fails: fc.constant(false), at: fc.nat(12) }), { maxLength: 1 }), [
      { fails: true, at: 7 },
    ]),
  })
  const course: fc.Arbitrary<Course> = fc.record({
    discoveries: fc.array(arrivals, { minLength: 1, maxLength: 4 }),
    lines: fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 3 }),
    inventory: fc.boolean(),
    leavesAlone: fc.boolean(),
    budget: fc.boolean(),
  })

  it('has the outcome that it would have if it waited for each', async () => {
    await fc.assert(
      fc.asyncProperty(course, async (drawn) => {
        const [eager, patient] = [await endOf(drawn, false), await endOf(drawn, true)]
        expect(eager.result).to.deep.equal(patient.result)
        if (patient.failedAt === 0)
          expect(eager.changes, 'changes in spite of the first roll call').to.equal(0)
      }),
      { numRuns: 300 },
    )
  }).timeout(300_000)
})

function usually<T, U>(arbitrary: fc.Arbitrary<T>, seldom: U): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: fc.constant(seldom) })
}

/** Runs a course to its end on a clock of its own; `isPatient` waits for each window to its end. */
async function endOf(course: Course, isPatient: boolean) {
  const clock = new FakeClock()
  const inner = new FakeFleet(HOSTS, () => ({ kind: 'answered', data: { ensure: '2.0' } }))
  let [begun, took, failedAt] = [0, 0, -1]
  inner.onDiscovery = (discovery) => {
    const { hosts, messages } = course.discoveries[begun] ?? { hosts: [], messages: [] }
    begun += 1
    for (const { host, at } of hosts) clock.after(at, () => discovery.answer(host))
    for (const { fails, at } of messages)
      clock.after(at, () => discovery.tell({ kind: 'unexpected', host: 'web1', detail: 'forged', fails }))
    clock.after(WINDOW, () => discovery.endWindow())
  }
  const fleet: Fleet = {
    discover: (selection, onFound, enough) =>
      inner.discover(selection, onFound, isPatient ? undefined : enough),
    async call(...asked) {
      await new Promise<void>((resolve) => clock.after(took, resolve))
      return inner.call(...asked)
    },
  }
  const ports = course.inventory
    ? { inventory: { matching: async () => HOSTS, outsideOf: async () => NONE } }
    : {}
  const { rollout: rolling } = rolloutOn(fleet, { ports })
  if (course.budget) rolling.budget.allow({ hosts: 1 }, 'rollout')
  const hasEnded = async () => {
    for (const scenario of course.discoveries.keys()) {
      await rolling.beginScenario(String(scenario), 'a wave')
      rolling.hosts.withClass('roles::web')
      if (course.inventory && course.leavesAlone) rolling.hosts.leaveStrangersAlone()
      failedAt = scenario
      await rolling.hosts.discover()
      rolling.expectGoingOn()
      failedAt = -1
      for (const line of course.lines) {
        took = Math.abs(line)
        if (line < 0) await rolling.packages.update('mywebapp')
        else await rolling.packages.versionShouldBe('mywebapp', '2.0')
        rolling.expectGoingOn()
      }
      await rolling.endScenario(true)
    }
    await rolling.hosts.windowsAreOver()
    return !rolling.hasOverheardFailure
  }
  const run: { passed?: boolean } = {}
  void hasEnded().then(
    (isSo) => (run.passed = isSo),
    () => (run.passed = false),
  )
  for (await settled(); run.passed === undefined;) await clock.next()
  const { passed } = run
  const out = passed ? [...rolling.budget.out.keys()] : []
  const changes = inner.asked.filter(({ request }) => request.mutating).length
  return { result: { passed, out }, failedAt, changes }
}
