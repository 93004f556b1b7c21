import { expect } from 'chai'
import fc from 'fast-check'
import { FakeClock, settled } from '../testing/fake_clock'
import { Killed } from '../testing/memory_pipeline_log'
import { MemoryRights } from '../testing/memory_rights'
import { MemoryStartLog } from '../testing/memory_start_log'
import { MemoryStarts, START_PLAN } from '../testing/memory_starts'
import type { RecordedStartEvent } from './events'
import { judgeRollOut, whyNotToApprove, whyNotToWithdraw } from './judge_start'
import { planOf, StartState } from './start_state'
import { Starter, type StartWish } from './starter'

const WISH: StartWish = {
  feature: 'deploy.feature',
  environment: 'production',
  variables: { version: '2' },
  release: null,
  ticket: null,
  limit: null,
  by: 'anna',
}

describe('a start, from the wish to its rollout', () => {
  let events: RecordedStartEvent[]
  let commands: MemoryStarts
  let rights: MemoryRights
  let ends: AbortController[]
  let works: Promise<unknown>[]
  beforeEach(() => {
    events = []
    commands = new MemoryStarts()
    rights = new MemoryRights()
    ends = []
    works = []
  })
  afterEach(async () => {
    for (const end of ends) end.abort()
    await Promise.all(works)
  })

  const begin = (killedAfter = Infinity, isWritten = false) => {
    const log = new MemoryStartLog(events, killedAfter, isWritten)
    const starter = new Starter({ log, commands, clock: new FakeClock() })
    const end = new AbortController()
    ends.push(end)
    const work = starter.work(end.signal).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error
    })
    works.push(work)
    return { starter, log, end, work }
  }
  const askFor = async (starter: Starter, wish = WISH) => {
    const asked = await starter.ask(wish)
    await settled()
    return 'id' in asked ? asked.id : expect.fail(asked.why)
  }
  const approve = (starter: Starter, id: string, name: string) =>
    starter.approve(id, START_PLAN, { name, groups: [] }, (start) =>
      rights.lost.has(`${name} approve`)
        ? 'may not'
        : whyNotToApprove(start, { name, groups: [] }, 'another person', commands.now, rights),
    )
  const withdraw = (starter: Starter, id: string, name = 'anna') =>
    starter.withdraw(id, name, whyNotToWithdraw)
  const rollOut = (starter: Starter, id: string, by: string) =>
    starter.rollOut(id, START_PLAN, by, (start) =>
      judgeRollOut(start, { name: by, groups: [], at: 'x' }, 'another person', commands.now, rights),
    )

  it('is linted, rehearsed, planned, approved by another person, and rolled out once', async () => {
    const { starter } = begin()
    const id = await askFor(starter)
    expect(commands.carriedOut.map(({ step }) => step)).to.deep.equal(['lint', 'rehearse', 'plan'])
    expect(await rollOut(starter, id, 'anna')).to.match(/waits for the approval of another person/)
    expect(await approve(starter, id, 'anna')).to.match(/anna asked for it/)
    expect(await approve(starter, id, 'bert')).to.equal(undefined)
    const answers = await Promise.all([rollOut(starter, id, 'anna'), rollOut(starter, id, 'bert')])
    expect(answers.filter((why) => why === undefined)).to.have.length(1)
    await settled()
    expect(commands.started).to.have.length(1)
    expect(commands.started[0]).to.deep.include({
      plan: START_PLAN,
      planRun: 'run4',
      code: 'code',
    })
    expect(starter.find(id)?.rollout?.ended).to.include({ result: 'succeeded', verdict: 'PASSED' })
    expect(await rollOut(starter, id, 'anna')).to.match(/good for one rollout/)
  })

  for (const step of ['lint', 'rehearse', 'plan'] as const)
    it(`stops at a ${step} that fails`, async () => {
      commands.outcome = (each) =>
        each === step
          ? { result: 'failed', why: 'it is cloudy', plan: null, hosts: 0, changes: 0 }
          : { result: 'succeeded', why: null, plan: null, hosts: 0, changes: 0 }
      const { starter } = begin()
      const id = await askFor(starter)
      expect(starter.find(id)?.steps.at(-1)).to.deep.include({ name: step })
      expect(await approve(starter, id, 'bert')).to.match(/has another name/)
      expect(commands.started).to.deep.equal([])
    })

  it('has no plan where the feature or the code was changed meanwhile, and begins nothing after a change', async () => {
    for (const changed of [{ sha256: 'other' }, { code: 'other' }]) {
      commands.now = { sha256: 'sha', code: 'code' }
      commands.outcome = (step) => {
        if (step === 'plan') commands.now = { ...commands.now, ...changed }
        return {
          result: 'succeeded',
          why: null,
          plan: step === 'plan' ? START_PLAN : null,
          hosts: 3,
          changes: 3,
        }
      }
      const { starter } = begin()
      const id = await askFor(starter)
      const start = starter.find(id)
      expect(start && planOf(start), JSON.stringify(changed)).to.equal(undefined)
      expect(start?.steps.at(-1)?.ended?.why).to.match(/was changed since/)
    }
    commands = new MemoryStarts()
    const { starter } = begin()
    const id = await askFor(starter)
    expect(await approve(starter, id, 'bert')).to.equal(undefined)
    commands.now = { sha256: 'sha', code: 'other' }
    expect(await rollOut(starter, id, 'anna')).to.match(/the code beside deploy.feature was changed/)
    expect(commands.started).to.deep.equal([])
  })

  it('is said to be interrupted where its process ends while it is planned', async () => {
    commands.outcome = () => new Promise(() => {})
    const first = begin()
    const id = await askFor(first.starter)
    // The first one is killed: nothing of it goes on, and another one takes over.
    void works.pop()
    ends.pop()
    const { starter } = begin()
    await settled()
    expect(commands.endedSteps).to.deep.equal(['run2'])
    expect(starter.find(id)?.steps.at(-1)?.ended).to.include({
      result: 'interrupted',
      why: 'lockstep serve ended before it did',
    })
    expect(commands.carriedOut).to.have.length(1)
  })

  it('is not taken where too many wait', async () => {
    commands.outcome = () => new Promise(() => {})
    const { starter } = begin()
    for (let n = 0; n < 20; n += 1) await askFor(starter)
    expect(await starter.ask(WISH)).to.deep.equal({
      why: '20 starts are being planned already; wait until one of them is done',
    })
    void works.pop()
  })

  it('begins no rollout twice, and shows none as passed that did not, wherever a process is killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { maxLength: 8 }),
        fc.constantFrom('succeeded' as const, 'failed' as const, 'interrupted' as const),
        async (kills, fate) => {
          events = []
          commands = new MemoryStarts()
          commands.endOf = () => ({ result: fate, verdict: null, why: null })
          for (const [killedAfter, isWritten] of [...kills, [Infinity, false] as const]) {
            const { starter, end, work } = begin(killedAfter, isWritten)
            const ignoreKill = (error: unknown) => {
              if (!(error instanceof Killed)) throw error
            }
            await settled()
            if (
              starter.starts.every(
                ({ rollout, steps }) =>
                  rollout !== undefined || steps.at(-1)?.ended?.result === 'interrupted',
              )
            )
              await starter.ask(WISH).catch(ignoreKill)
            await settled()
            for (const { id } of starter.starts) {
              await approve(starter, id, 'bert').catch(ignoreKill)
              await Promise.all([
                rollOut(starter, id, 'anna').catch(ignoreKill),
                rollOut(starter, id, 'bert').catch(ignoreKill),
              ])
            }
            await settled()
            end.abort()
            await work
          }
          const { starts } = StartState.of(events)
          const begun = events.flatMap((event) => (event.type === 'rollout begun' ? [event] : []))
          expect(new Set(begun.map(({ start }) => start)).size).to.equal(begun.length)
          const runs = commands.started.map(({ run }) => run)
          expect(new Set(runs).size).to.equal(runs.length)
          for (const run of runs) expect(begun.map((event) => event.run)).to.include(run)
          for (const { rollout, approved } of starts) {
            if (rollout === undefined) continue
            expect(approved?.by).to.equal('bert')
            // Each rollout that was begun has come to its end, and by what it says itself.
            expect(rollout.ended?.result).to.equal(runs.includes(rollout.run) ? fate : 'failed')
          }
        },
      ),
      { numRuns: 60 },
    )
  }).timeout(120_000)

  it('is over once it is withdrawn: nothing of it is approved, begun, or planned on', async () => {
    const { starter } = begin()
    const id = await askFor(starter)
    expect(await withdraw(starter, id)).to.equal(undefined)
    expect(starter.find(id)?.withdrawn).to.include({ by: 'anna' })
    expect(await approve(starter, id, 'bert')).to.match(/^it was withdrawn by anna/)
    expect(await rollOut(starter, id, 'anna')).to.match(/^it was withdrawn by anna/)
    expect(await withdraw(starter, id, 'bert')).to.match(/already$/)
    let signal: AbortSignal | undefined
    commands.onStep = (each) => (signal = each)
    commands.outcome = () =>
      new Promise((resolve) =>
        signal?.addEventListener('abort', () =>
          resolve({ result: 'interrupted', why: 'ended', plan: null, hosts: 0, changes: 0 }),
        ),
      )
    const other = await askFor(starter)
    expect(starter.find(other)?.steps).to.have.length(1)
    expect(await withdraw(starter, other)).to.equal(undefined)
    await settled()
    expect(starter.find(other)?.steps.map(({ ended }) => ended?.why)).to.deep.equal(['it was withdrawn'])
    expect(commands.started).to.deep.equal([])
  })

  for (const [what, first] of [
    ['an approval', 'approve'],
    ['a start of the rollout', 'rollOut'],
  ] as const)
    it(`comes to one end where ${what} and a withdrawal come at one moment`, async () => {
      for (const withdrawsFirst of [true, false]) {
        const { starter } = begin()
        const id = await askFor(starter)
        if (first === 'rollOut') await approve(starter, id, 'bert')
        const before = commands.started.length
        const act = () => (first === 'approve' ? approve(starter, id, 'bert') : rollOut(starter, id, 'anna'))
        const answers = await Promise.all(
          withdrawsFirst ? [withdraw(starter, id), act()] : [act(), withdraw(starter, id)],
        )
        await settled()
        const { withdrawn, rollout } = starter.find(id) ?? expect.fail('it is gone')
        // An approval can be followed by a withdrawal, and a rollout cannot.
        const both = first === 'approve' && !withdrawsFirst
        expect(answers.filter((why) => why === undefined)).to.have.length(both ? 2 : 1)
        expect(withdrawn !== undefined && rollout !== undefined).to.equal(false)
        expect(commands.started.length - before).to.equal(rollout === undefined ? 0 : 1)
        expect(StartState.of(events).find(id)).to.deep.equal(starter.find(id))
      }
    })

  it('is rolled out with the rights of that moment alone, in whichever order people act', async () => {
    const NAMES = ['anna', 'bert', 'carl'] as const
    const name = fc.constantFrom(...NAMES)
    const act = fc.oneof(
      { weight: 4, arbitrary: fc.record({ is: fc.constant('approve' as const), name }) },
      { weight: 3, arbitrary: fc.record({ is: fc.constant('start' as const), name }) },
      {
        weight: 3,
        arbitrary: fc.record({
          is: fc.constantFrom('lose' as const, 'regain' as const),
          name,
          right: fc.constantFrom('approve', 'start'),
        }),
      },
      fc.record({
        is: fc.constantFrom(
          'withdraw' as const,
          'change' as const,
          'change back' as const,
          'break' as const,
          'mend' as const,
        ),
        name,
      }),
    )
    let rolledOut = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), fc.boolean(), async (acts, atOnce) => {
        events = []
        commands = new MemoryStarts()
        rights = new MemoryRights()
        const { starter, end, work } = begin()
        const id = await askFor(starter)
        /** What is true when the rollout begins, as its command sees it. */
        let truth: { lost: string[]; isBroken: boolean; code: string; approvedBy: string | null } | undefined
        commands.onStart = ({ run }) => {
          const rollout = starter.find(id)?.rollout
          expect(truth, 'it is begun once').to.equal(undefined)
          expect(rollout?.run).to.equal(run)
          truth = {
            lost: [...rights.lost],
            isBroken: rights.isBroken,
            code: commands.now.code,
            approvedBy: rollout?.approvedBy ?? null,
          }
        }
        let begunBy = ''
        for (const each of acts) {
          let done: Promise<unknown> = Promise.resolve()
          if (each.is === 'approve') done = approve(starter, id, each.name)
          else if (each.is === 'start')
            done = rollOut(starter, id, each.name).then((why) => {
              if (why === undefined) begunBy = each.name
            })
          else if (each.is === 'withdraw') done = withdraw(starter, id, each.name)
          else {
            // Acts that wait for their turn are judged when they have it.
            if (!atOnce) await settled()
            if (each.is === 'lose') rights.lost.add(`${each.name} ${each.right}`)
            else if (each.is === 'regain') rights.lost.delete(`${each.name} ${each.right}`)
            else if (each.is === 'break' || each.is === 'mend') rights.isBroken = each.is === 'break'
            else commands.now = { sha256: 'sha', code: each.is === 'change' ? 'other' : 'code' }
          }
          if (!atOnce) await done
        }
        await settled()
        end.abort()
        await work
        const start = StartState.of(events).find(id) ?? expect.fail('it is gone')
        expect(commands.started).to.have.length(start.rollout === undefined ? 0 : 1)
        expect(start.withdrawn !== undefined && start.rollout !== undefined).to.equal(false)
        if (truth === undefined) return
        rolledOut += 1
        expect(truth.approvedBy).to.be.oneOf(['bert', 'carl'])

        expect(truth.isBroken).to.equal(false)
        expect(truth.code).to.equal('code')
        expect(truth.lost).not.to.include(`${truth.approvedBy ?? ''} approve`)
        expect(truth.lost).not.to.include(`${begunBy} start`)
      }),
      { numRuns: 300 },
    )
    expect(rolledOut, 'some are rolled out').to.be.greaterThan(20)
  }).timeout(120_000)
})
