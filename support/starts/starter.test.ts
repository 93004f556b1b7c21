import { expect } from 'chai'
import fc from 'fast-check'
import { FakeClock, settled } from '../testing/fake_clock'
import { Killed } from '../testing/memory_pipeline_log'
import { MemoryStartLog } from '../testing/memory_start_log'
import { MemoryStarts, START_PLAN } from '../testing/memory_starts'
import type { RecordedStartEvent } from './events'
import { whyNotToApprove, whyNotToRollOut } from './judge_start'
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
  let ends: AbortController[]
  let works: Promise<unknown>[]
  beforeEach(() => {
    events = []
    commands = new MemoryStarts()
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
    starter.approve(id, START_PLAN, name, (start) =>
      whyNotToApprove(start, { name, groups: [] }, 'another person', commands.now),
    )
  const rollOut = (starter: Starter, id: string, by: string) =>
    starter.rollOut(id, START_PLAN, by, (start) => whyNotToRollOut(start, 'another person', commands.now))

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
})
