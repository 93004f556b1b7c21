import { expect } from 'chai'
import { failure } from '../testing/failure'
import { BEGAN, FakeFleet, fakeClock, rolloutOn } from '../testing/fake_fleet'
import { LockstepError } from '../system/errors'
import { findLeftHosts, nextOrder } from './model/out_of_rotation'
import type { JournalEntry } from './model/journal_entry'
import type { Answer } from './model/answers'
import type { Request } from './model/answers'
import { count, describe as described, hasPassed } from './model/verdict'

const ok = (data: Record<string, unknown> = {}): Answer => ({ kind: 'answered', data })
const failed = (message: string, data: Record<string, unknown> = {}): Answer => ({
  kind: 'failed',
  message,
  data,
})
const silent: Answer = { kind: 'silent', waited: 20_000 }
const hosts = ['web1', 'web2', 'web10']

/** Returns a fleet that really blocks and installs, with exceptions by host. */
function fleet(except: Readonly<Record<string, (request: Request) => Answer | undefined>> = {}): FakeFleet {
  const blocked = new Set<string>()
  const version = new Map<string, string>()
  return new FakeFleet(hosts, (host, request) => {
    const special = except[host]?.(request)
    if (special !== undefined) return special
    switch (request.action) {
      case 'block':
        if (blocked.has(host)) return failed('1.2.3.4 is already blocked', { blocked: true })
        blocked.add(host)
        return ok({ blocked: true })
      case 'unblock':
        return blocked.delete(host) ? ok({ blocked: false }) : failed('is not blocked', { blocked: false })
      case 'isblocked':
        return ok({ blocked: blocked.has(host) })
      case 'update':
        version.set(host, '2.0')
        return ok({ ensure: '2.0' })
      case 'status':
        return ok({ ensure: version.get(host) ?? '1.0', status: 'running' })
      default:
        return ok()
    }
  })
}

describe('a rollout', () => {
  it('names the silent host and counts every host', async () => {
    const { rollout } = rolloutOn(fleet({ web2: ({ action }) => (action === 'update' ? silent : undefined) }))
    const verdict = await rollout.packages.update('mywebapp')
    expect(hasPassed(verdict)).to.equal(false)
    expect(count(verdict)).to.deep.equal({
      expected: 3,
      answered: 2,
      diverged: 0,
      silent: 1,
      unexpected: 0,
      out: 0,
    })
    expect(described(verdict)).to.match(
      /^1 of 3 hosts was silent\n  2.0 +2 hosts\n  no answer \(asked 20 s ago\) +web2$/,
    )
  })

  it('touches no host after a step that did not pass', async () => {
    const fake = fleet({ web1: ({ action }) => (action === 'update' ? failed('no space left') : undefined) })
    const { rollout } = rolloutOn(fake)
    await rollout.packages.update('mywebapp')
    const asked = fake.asked.length
    expect((await failure(rollout.packages.update('mywebapp'))).code).to.equal('diverged')
    expect((await failure(rollout.services.restart('mywebapp'))).code).to.equal('diverged')
    expect((await failure(rollout.packages.versionShouldBe('mywebapp', '2.0'))).code).to.equal('diverged')
    expect(fake.asked).to.have.length(asked)
  })

  it('completes a step on every host although one has failed', async () => {
    const fake = fleet({ web1: ({ action }) => (action === 'update' ? failed('no space left') : undefined) })
    const verdict = await rolloutOn(fake).rollout.packages.update('mywebapp')
    expect(verdict.observations.map(({ host, passed }) => [host, passed])).to.deep.equal([
      ['web1', false],
      ['web2', true],
      ['web10', true],
    ])
  })

  it('believes "already blocked" only of a host that, asked again, is blocked', async () => {
    const already = failed('1.2.3.4 is already blocked', { blocked: true })
    const fake = fleet({
      web1: ({ action }) =>
        action === 'block' ? already : action === 'isblocked' ? ok({ blocked: true }) : undefined,
      web2: ({ action }) =>
        action === 'block' ? already : action === 'isblocked' ? ok({ blocked: false }) : undefined,
    })
    const { rollout } = rolloutOn(fake)
    rollout.traffic.throughBalancerAt('1.2.3.4')
    const verdict = await rollout.traffic.block()
    expect(verdict.observations).to.deep.include({
      host: 'web1',
      passed: true,
      kind: 'answered',
      seen: 'blocked',
    })
    expect(verdict.observations.find(({ host }) => host === 'web2')).to.include({
      passed: false,
      seen: 'unblocked (1.2.3.4 is already blocked)',
    })
    expect(fake.asked[1]).to.deep.include({ hosts: ['web1', 'web2'] })
  })

  it('a Then checks, and does not repeat the order of a When', async () => {
    const fake = fleet({ web2: ({ action }) => (action === 'block' ? ok({ blocked: true }) : undefined) })
    const { rollout } = rolloutOn(fake)
    rollout.traffic.throughBalancerAt('1.2.3.4')
    expect(hasPassed(await rollout.traffic.block())).to.equal(true)
    const verdict = await rollout.traffic.shouldBe('blocked')
    expect(verdict.observations.filter(({ passed }) => !passed).map(({ host }) => host)).to.deep.equal([
      'web2',
    ])
    expect(fake.asked.at(-1)?.request).to.include({ action: 'isblocked', mutating: false })
  })

  it('can be run again at once: a host in the wanted state passes', async () => {
    const fake = fleet()
    for (let turn = 0; turn < 2; turn += 1) {
      const { rollout } = rolloutOn(fake)
      rollout.traffic.throughBalancerAt('1.2.3.4')
      expect(hasPassed(await rollout.traffic.block())).to.equal(true)
    }
    for (let turn = 0; turn < 2; turn += 1) {
      const { rollout } = rolloutOn(fake)
      rollout.traffic.throughBalancerAt('1.2.3.4')
      expect(hasPassed(await rollout.traffic.unblock())).to.equal(true)
    }
  })

  it('looks at a host that was silent when the connection was lost, and never sends the order twice', async () => {
    const fake = fleet({
      web1: ({ action }) =>
        action === 'block' ? silent : action === 'isblocked' ? ok({ blocked: true }) : undefined,
    })
    fake.interrupted = true
    const { rollout } = rolloutOn(fake)
    rollout.traffic.throughBalancerAt('1.2.3.4')
    expect(hasPassed(await rollout.traffic.block())).to.equal(true)
    expect(fake.asked.map(({ request }) => request.action)).to.deep.equal(['block', 'isblocked'])
  })

  it('does not take a restart for done because the service runs', async () => {
    const fake = fleet({ web1: ({ action }) => (action === 'restart' ? silent : undefined) })
    fake.interrupted = true
    expect(hasPassed(await rolloutOn(fake).rollout.services.restart('mywebapp'))).to.equal(false)
  })

  it('does not pass when no host was found, and says so', async () => {
    const fake = fleet()
    fake.found = []
    const error = await failure(rolloutOn(fake).rollout.hosts.discover())
    expect(error.code).to.equal('nobody-discovered')
    expect(error.message).to.equal('no host was discovered with class roles::web; nothing was done')
  })

  it('names the hosts that are missing and new when a later scenario discovers again', async () => {
    const fake = fleet()
    const { rollout } = rolloutOn(fake)
    await rollout.hosts.discover()
    fake.found = ['web1', 'web2', 'web11']
    const verdict = await rollout.hosts.discover()
    expect(hasPassed(verdict)).to.equal(false)
    expect(described(verdict)).to.contain('web10').and.to.contain('unexpected: web11')
    expect(rollout.hosts.known).to.deep.equal(['web1', 'web2', 'web10'])
  })

  it('names a listed host that is not there', async () => {
    const fake = fleet()
    const { rollout } = rolloutOn(fake)
    rollout.hosts.beginSelection()
    rollout.hosts.listed(['web1', 'web99'])
    fake.found = ['web1']
    expect(described(await rollout.hosts.discover())).to.contain('not discovered  web99')
  })

  it('fails for an unexpected message that fails, even one between steps', async () => {
    const { rollout } = rolloutOn(fleet())
    await rollout.hosts.discover()
    rollout.addUnsolicited({
      kind: 'contradiction',
      host: 'web1',
      detail: 'answered twice, and not the same',
      fails: true,
    })
    expect(hasPassed(await rollout.agents.shouldAllAnswer())).to.equal(false)
  })

  it('fails for a contradiction between two steps, behind any flood of harmless messages', async () => {
    const { rollout } = rolloutOn(fleet())
    await rollout.hosts.discover()
    const harmless = { kind: 'duplicate', detail: 'answered twice, the same', fails: false }
    for (let each = 0; each < 10_000; each += 1) {
      rollout.addUnsolicited({ ...harmless, host: 'web1' })
      rollout.addUnsolicited({ ...harmless, host: `stranger${each}` })
    }
    const contradiction = {
      kind: 'contradiction',
      host: 'web1',
      detail: 'answered twice, and not the same',
      fails: true,
    }
    rollout.addUnsolicited(contradiction)
    const verdict = await rollout.agents.shouldAllAnswer()
    expect(hasPassed(verdict)).to.equal(false)
    expect(verdict.unexpected.filter(({ fails }) => fails)).to.deep.equal([contradiction])
    expect(described(verdict)).to.contain('unexpected: web1 answered twice, and not the same')
    expect(verdict.unexpected.length).to.be.at.most(1_003)
    rollout.addUnsolicited({ ...contradiction, host: 'unheard-of' })
    expect(rollout.takeUnsolicited()).to.have.length(1)
  })

  it('fails for an unexpected message to a call of a step, though the step’s verdict leaves it out', async () => {
    const fake = fleet()
    const { rollout } = rolloutOn(fake)
    await rollout.hosts.discover()
    const contradiction = { kind: 'contradiction', host: 'web1', detail: 'differs', fails: true }
    fake.unexpected = [contradiction]
    await rollout.ask({ agent: 'rpcutil', action: 'ping', inputs: {}, mutating: false }, hosts)
    fake.unexpected = []
    expect((await rollout.agents.shouldAllAnswer()).unexpected).to.deep.equal([contradiction])
  })

  it('waits as long as the sentence says, and looks only at hosts that have not passed yet', async () => {
    let looks = 0
    const fake = fleet({
      web1: ({ action }) =>
        action === 'status' ? ok({ status: (looks += 1) < 4 ? 'stopped' : 'running' }) : undefined,
    })
    const { rollout } = rolloutOn(fake)
    expect(hasPassed(await rollout.services.shouldBe('mywebapp', 'running', { within: 10_000 }))).to.equal(
      true,
    )
    expect(fake.asked.map((each) => each.hosts.length)).to.deep.equal([3, 1, 1, 1])
  })

  it('checks once more at the end of that time, however long the check before took', async () => {
    let [looks, tookMs] = [0, 0]
    const fake = fleet({
      web1: ({ action }) => {
        if (action !== 'status') return undefined
        looks += 1
        tookMs = 9_500
        return ok({ status: looks === 1 ? 'stopped' : 'running' })
      },
      web2: ({ action }) => (action === 'status' ? { kind: 'silent', waited: 9_500 } : undefined),
    })
    const time = fakeClock()
    const clock = { ...time, elapsed: () => time.elapsed() + tookMs }
    const { rollout, verdicts } = rolloutOn(fake, { ports: { clock } })
    await rollout.services.shouldBe('mywebapp', 'running', { within: 10_000 })
    expect(verdicts[0]?.observations.map(({ host, passed }) => `${host} ${passed}`)).to.deep.equal([
      'web1 true',
      'web2 false',
      'web10 true',
    ])
  })

  it('wants a check to be well as often as the sentence says', async () => {
    let looks = 0
    const fake = new FakeFleet(['web1'], () =>
      (looks += 1) === 3
        ? failed('CRITICAL', { exitcode: 2, output: 'down' })
        : ok({ exitcode: 0, output: 'OK' }),
    )
    expect(hasPassed(await rolloutOn(fake).rollout.checks.shouldBeOk('check_http', { times: 2 }))).to.equal(
      true,
    )
    const verdict = await rolloutOn(fake).rollout.checks.shouldBeOk('check_http', { times: 3 })
    expect(described(verdict)).to.contain('CRITICAL: down')
  })

  it('takes an answer without a version for no package that is installed', async () => {
    for (const ensure of [null, '', 0, undefined, 'purged']) {
      const { packages } = rolloutOn(new FakeFleet(['web1'], () => ok({ ensure }))).rollout
      expect(hasPassed(await packages.shouldBe('mywebapp', 'installed')), String(ensure)).to.equal(false)
    }
  })

  const checkAnswers: [string, Answer, boolean, boolean][] = [
    ['exit 0 with the text CRITICAL', ok({ exitcode: 0, output: 'CRITICAL' }), true, true],
    ['exit 2 with the text OK', failed('', { exitcode: 2, output: 'OK' }), false, false],
    ['a warning', failed('WARNING', { exitcode: 1, output: '' }), false, true],
    ['exit 127', failed('', { exitcode: 127 }), false, false],
    ['exit 0 of an action that failed', failed('it timed out', { exitcode: 0 }), false, false],
    ['no exit code', ok({ output: 'OK' }), false, false],
    ['an exit code that is text', ok({ exitcode: '0' }), false, false],
  ]
  for (const [name, answer, isOk, isOkOrWarning] of checkAnswers) {
    it(`takes ${name} for ${isOk ? 'ok' : isOkOrWarning ? 'a warning' : 'neither ok nor warning'}`, async () => {
      const one = () => rolloutOn(new FakeFleet(['web1'], () => answer)).rollout.checks
      expect(hasPassed(await one().shouldBeOk('c'))).to.equal(isOk)
      expect(hasPassed(await one().shouldBeOkOrWarning('c'))).to.equal(isOkOrWarning)
    })
  }

  it('stops between steps, and while a step waits, when the operator asks for it', async () => {
    const { rollout, stop } = rolloutOn(fleet())
    await rollout.hosts.discover()
    stop.abort()
    expect((await failure(rollout.packages.update('mywebapp'))).code).to.equal('interrupted')
  })
})

describe('the journal', () => {
  it('has every request before it is sent, and the obligation before the block', async () => {
    const { rollout, journal } = rolloutOn(fleet())
    rollout.traffic.throughBalancerAt('1.2.3.4')
    await rollout.traffic.block()
    expect(journal.map(({ type }) => type)).to.deep.equal(['roll call', 'opened', 'asked', 'answered'])
  })

  for (const stopsAt of ['roll call', 'opened', 'asked'] as const) {
    it(`stops the rollout before anything is sent when "${stopsAt}" cannot be written`, async () => {
      const fake = fleet()
      const full = () => Promise.reject(new LockstepError('journal-failed', 'the disk is full'))
      const { rollout } = rolloutOn(fake, {
        append: (entry) => (entry.type === stopsAt ? full() : Promise.resolve()),
      })
      rollout.traffic.throughBalancerAt('1.2.3.4')
      expect((await failure(rollout.traffic.block())).code).to.equal('journal-failed')
      expect(fake.asked).to.deep.equal([])
    })
  }

  it('strikes out an obligation only when the host was seen to be free of it', async () => {
    const fake = fleet({ web2: ({ action }) => (action === 'unblock' ? ok({ blocked: false }) : undefined) })
    const { rollout, journal } = rolloutOn(fake)
    rollout.traffic.throughBalancerAt('1.2.3.4')
    await rollout.traffic.block()
    await rollout.traffic.unblock()
    expect(rollout.ledger.all).to.have.length(3)
    await rollout.traffic.shouldBe('unblocked')
    expect(rollout.ledger.all).to.deep.equal([{ host: 'web2', obligation: 'blocks 1.2.3.4' }])
    expect(
      findLeftHosts([{ run: 'r', entries: journal.map((entry) => ({ ...entry, at: 'then' })) }]).map(
        ({ host }) => host,
      ),
    ).to.deep.equal(['web2'])
  })

  it('strikes out an obligation of an earlier run, once a look shows that it is gone', async () => {
    const outBefore = ['web1', 'web77'].map((host) => ({ host, obligation: 'blocks 1.2.3.4' }))
    const { rollout, journal } = rolloutOn(fleet(), { outBefore })
    rollout.traffic.throughBalancerAt('1.2.3.4')
    await rollout.traffic.shouldBe('unblocked')
    expect(journal).to.deep.include({ type: 'closed', obligation: 'blocks 1.2.3.4', hosts: ['web1'] })
    expect(rollout.ledger.all).to.deep.equal([{ host: 'web77', obligation: 'blocks 1.2.3.4' }])
  })

  it('of a later run is the later one by its own count, not by its name or the clock', () => {
    const entry = (at: string, type: 'opened' | 'closed') => ({
      type,
      obligation: 'blocks x',
      hosts: ['web1'],
      at,
    })
    const run = (name: string, order: number, at: string, type: 'opened' | 'closed') => ({
      run: name,
      entries: [{ ...BEGAN, order, at }, entry(at, type)],
    })
    const opened = run('20260101-120000-0001', 2, '2026-01-01T12:00:00.500Z', 'opened')
    const closed = run('20260101-120000-ffff', 1, '2026-01-01T13:00:00.100Z', 'closed')
    expect(findLeftHosts([opened, closed])).to.have.length(1)
    expect(findLeftHosts([closed, opened])).to.have.length(1)
    expect(nextOrder([closed, opened])).to.equal(3)
  })

  it('of a later run lifts what an earlier one has opened', () => {
    const at = '2026-01-01T00:00:00Z'
    const opened: JournalEntry = { type: 'opened', obligation: 'blocks x', hosts: ['web1', 'web2'] }
    const closed: JournalEntry = { type: 'closed', obligation: 'blocks x', hosts: ['web1'] }
    const passed = findLeftHosts([
      { run: '1', entries: [{ ...opened, at }] },
      { run: '2', entries: [{ ...closed, at }] },
    ])
    expect(passed).to.deep.equal([{ host: 'web2', obligation: 'blocks x', run: '1', feature: '', since: at }])
  })
})
