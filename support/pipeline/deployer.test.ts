import { expect } from 'chai'
import fc from 'fast-check'
import type { ApprovalBy } from '../config/after_success_setting'
import { FakeClock } from '../testing/fake_clock'
import { fetched, MADE, planned } from '../testing/deploy_events'
import { MemoryDeploys } from '../testing/memory_deploys'
import { Killed, MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { Deployer, type ApprovalFault, type DeployedRepository } from './deployer'
import type { PipelineEvent, RecordedPipelineEvent } from './events'
import { PipelineState } from './pipeline_state'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const TARGET = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }

describe('the deploys to an environment', () => {
  let deploys: MemoryDeploys
  let log: MemoryPipelineLog
  const never = new AbortController().signal

  beforeEach(() => {
    deploys = new MemoryDeploys()
    log = new MemoryPipelineLog()
  })

  let fault: ApprovalFault | undefined
  beforeEach(() => (fault = undefined))
  const website = (approval: ApprovalBy): DeployedRepository => ({
    repository: 'website',
    environment: 'test',
    feature: 'deploy.feature',
    variable: 'tag',
    within: 1_000,
    approval,
  })
  const deployerOf = (approval: ApprovalBy, to = log) =>
    new Deployer({
      environment: 'test',
      repositories: [website(approval)],
      log: to,
      deploys,
      takesTag: () => true,
      faultOfApproval: () => fault,
      clock: new FakeClock(),
    })
  const add = async (events: readonly PipelineEvent[]) => {
    for (const event of events) await log.append(event)
  }
  const approve = (run: string, plan = MADE.plan ?? '') =>
    add([{ type: 'plan approved', run, plan, by: 'ann', ...TARGET }])
  const types = () => log.added.map(({ type }) => type).filter((type) => /plan|rollout|approval/.test(type))

  it('wait until all hosts have the tag, and then plan it once', async () => {
    const deployer = deployerOf('person')
    const [seen, begun, ended, fetch] = fetched(A, 'v1')
    await add([seen, begun, ended, fetch].flatMap((event) => event ?? []))
    const missing = [{ why: 'no answer', hosts: { text: 'web3', count: 1 } }]
    await add([{ type: 'hosts have fetched', ...TARGET, has: { text: 'web[1-2]', count: 2 }, missing }])
    expect(await deployer.look(never)).to.equal(undefined)
    expect(deploys.planned).to.deep.equal([])
    await add(fetched(A, 'v1').slice(-1))
    expect(await deployer.look(never)).to.be.greaterThan(0)
    await deployer.look(never)
    expect(deploys.planned).to.have.length(1)
    expect(deploys.planned[0]).to.include({ ...TARGET, feature: 'deploy.feature', variable: 'tag' })
    expect(deploys.started).to.deep.equal([])
  })

  it('try a plan that failed again only where the feature, the commit or the process is another', async () => {
    deploys.outcome = () => ({ ...MADE, result: 'failed', plan: null, why: 'no' })
    await add(fetched(A, 'v1'))
    const deployer = deployerOf('person')
    for (let times = 0; times < 5; times += 1) await deployer.look(never)
    expect(deploys.planned).to.have.length(1)
    deploys.digest = 'other'
    for (let times = 0; times < 5; times += 1) await deployer.look(never)
    expect(deploys.planned).to.have.length(2)
    await add(fetched(B, 'v2'))
    for (let times = 0; times < 5; times += 1) await deployer.look(never)
    expect(deploys.planned.map(({ commit }) => commit)).to.deep.equal([A, A, B])
    await deployerOf('person').look(never)
    expect(deploys.planned).to.have.length(4)
    await add([{ type: 'plan asked for', repository: 'website', environment: 'test', by: 'ann' }])
    for (let times = 0; times < 5; times += 1) await deployer.look(never)
    expect(deploys.planned).to.have.length(5)
  })

  it('roll out what was approved, once, and plan nothing else of it by themselves', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    const deployer = deployerOf('person')
    await deployer.look(never)
    expect(deploys.started).to.deep.equal([])
    await approve('p1')
    await deployer.look(never)
    deploys.digest = 'changed behind it'
    await approve('p1')
    await deployer.look(never)
    expect(deploys.started).to.have.length(1)
    expect(deploys.started[0]).to.include({ plan: MADE.plan, planRun: 'p1', commit: A })
    expect(deploys.planned).to.deep.equal([])
    expect(types().slice(-3)).to.deep.equal(['rollout begun', 'rollout ended', 'plan approved'])
  })

  it('roll out nothing where the approver lost the right, until another person has approved', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    const deployer = deployerOf('person')
    await approve('p1')
    fault = { is: 'not known', sentence: 'the policy is not right' }
    await deployer.look(never)
    expect(log.state.deploys.plan('p1')?.approved, 'it may be known again').not.to.equal(undefined)
    fault = { is: 'lost', sentence: 'ann may not' }
    await deployer.look(never)
    expect(deploys.started).to.deep.equal([])
    expect(types().at(-1)).to.equal('approval ended')
    fault = undefined
    await deployer.look(never)
    expect(deploys.started, 'the right alone brings it not back').to.deep.equal([])
    expect(log.state.deploys.plan('p1')).to.include({ approved: undefined, approvalEnded: 'ann may not' })
    await approve('p1')
    await deployer.look(never)
    expect(deploys.started).to.have.length(1)
    expect(log.state.deploys.plan('p1')?.approvalEnded).to.equal(undefined)
  })

  it('roll out nothing for an approval of another name, of a plan that failed, or that is over', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    const deployer = deployerOf('person')
    await approve('p1', 'fedcba987654')
    await deployer.look(never)
    await add(planned(TARGET, 'p2', { ...MADE, result: 'failed', plan: null, why: 'no' }))
    await approve('p2')
    await approve('p1')
    await deployer.look(never)
    await add(planned(TARGET, 'p3'))
    await approve('p3')
    await add(fetched(B, 'v2'))
    await deployer.look(never)
    expect(deploys.started).to.deep.equal([])
  })

  it('roll out nothing with other code than was planned, and plan with that for another approval', async () => {
    for (const act of ['person', 'configuration'] as const) {
      deploys = new MemoryDeploys()
      log = new MemoryPipelineLog()
      await add([...fetched(A, 'v1'), ...planned(TARGET)])
      await approve('p1')
      deploys.codeNow = 'changed behind it'
      await deployerOf(act).look(never)
      expect(deploys.started.filter(({ planRun }) => planRun === 'p1')).to.deep.equal([])
      expect(deploys.planned).to.have.length(1)
      expect(log.state.deploys.newest('website', 'test')).to.include({ code: 'changed behind it' })
      expect(deploys.started).to.have.length(act === 'person' ? 0 : 1)
    }
  })

  it('give a rollout the digest of the code that its plan was made with', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    await approve('p1')
    await deployerOf('person').look(never)
    expect(deploys.started).to.have.length(1)
    expect(deploys.started[0]).to.include({ code: 'code' })
  })

  it('need an approval of a person, unless the configuration said so then and says so now', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    await deployerOf('configuration').look(never)
    expect(deploys.started).to.deep.equal([])
    await add(fetched(B, 'v2'))
    await deployerOf('none').look(never)
    await deployerOf('person').look(never)
    expect(deploys.started).to.deep.equal([])
    await add([{ type: 'plan asked for', repository: 'website', environment: 'test', by: 'ann' }])
    await deployerOf('configuration').look(never)
    expect(deploys.started).to.have.length(1)
    expect(log.added.find(({ type }) => type === 'plan approved')).to.include({ by: null })
  })

  it('go back behind what was rolled out by a person alone, where the newer tag is deleted', async () => {
    const deployer = deployerOf('configuration')
    await add(fetched(A, 'v1'))
    await deployer.look(never)
    await add(fetched(B, 'v2'))
    await deployer.look(never)
    expect(deploys.started.map(({ commit }) => commit)).to.deep.equal([A, B])
    const ref = 'refs/tags/v2'
    await add([
      { type: 'push taken', delivery: 'd2', repository: 'website', teller: 'hook', by: null, changes: [] },
      { type: 'change passed over', delivery: 'd2', ref, after: null, why: 'it was deleted' },
      ...fetched(A, 'v1').slice(-2),
    ] as PipelineEvent[])
    await deployer.look(never)
    expect(deploys.planned.map(({ commit }) => commit)).to.deep.equal([A, B, A])
    expect(deploys.started).to.have.length(2)
    const back = log.state.deploys.newest('website', 'test')
    await approve(back?.run ?? '')
    await deployer.look(never)
    expect(deploys.started.map(({ commit }) => commit)).to.deep.equal([A, B, A])
  })

  it('need another approval where that was not used before a newer tag came and went', async () => {
    const ref = 'refs/tags/v2'
    const wentAndCame: PipelineEvent[] = [
      ...fetched(B, 'v2').slice(0, 3),
      { type: 'push taken', delivery: 'd2', repository: 'website', teller: 'hook', by: null, changes: [] },
      { type: 'change passed over', delivery: 'd2', ref, after: null, why: 'it was deleted' },
      ...fetched(A, 'v1').slice(-2),
    ]
    for (const act of ['person', 'configuration'] as const) {
      deploys = new MemoryDeploys()
      log = new MemoryPipelineLog()
      await add([...fetched(A, 'v1'), ...planned(TARGET)])
      await approve('p1')
      await add(wentAndCame)
      const deployer = deployerOf(act)
      await deployer.look(never)
      expect(deploys.started.filter(({ planRun }) => planRun === 'p1')).to.deep.equal([])
      expect(deploys.planned.map(({ commit }) => commit)).to.deep.equal([A])
      if (act === 'configuration') continue
      expect(deploys.started).to.deep.equal([])
      await approve(log.state.deploys.newest('website', 'test')?.run ?? '')
      await deployer.look(never)
      expect(deploys.started).to.have.length(1)
    }
  })

  it('keep an approval where another branch is pushed and tested meanwhile', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    await approve('p1')
    await add(
      fetched(B, 'v2')
        .slice(0, 3)
        .map((event) => (event.type === 'commit seen' ? { ...event, ref: 'refs/heads/main' } : event)),
    )
    await deployerOf('person').look(never)
    expect(deploys.started.map(({ planRun }) => planRun)).to.deep.equal(['p1'])
  })

  it('make a plan again that ended with the process which made it, and end that one alone', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET, 'left').slice(0, 1)])
    await deployerOf('person').look(never)
    expect(deploys.ended).to.deep.equal(['left'])
    expect(types()).to.deep.equal(['plan begun', 'plan ended', 'plan begun', 'plan ended'])
    expect(log.state.deploys.plan('left')?.state).to.equal('interrupted')
  })

  it('are one at a time, a rollout that an earlier process has begun among them', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    await approve('p1')
    await add([
      { type: 'rollout begun', run: 'left', planRun: 'p1', plan: MADE.plan ?? '', machine: 'a', ...TARGET },
    ])
    deploys.started.push({
      ...TARGET,
      run: 'left',
      feature: '',
      variable: '',
      plan: '',
      planRun: 'p1',
      hosts: 3,
      code: 'code',
    })
    let plannedThen = -1
    deploys.onWait = () => void (plannedThen = deploys.planned.length)
    await add(fetched(B, 'v2'))
    await deployerOf('person').look(never)
    expect(plannedThen).to.equal(0)
    expect(deploys.planned).to.have.length(1)
    expect(types().slice(-3)).to.deep.equal(['rollout ended', 'plan begun', 'plan ended'])
  })

  it('wait for the word of a rollout itself where another machine has begun it, and begin nothing before', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    await approve('p1')
    await add([
      { type: 'rollout begun', run: 'far', planRun: 'p1', plan: MADE.plan ?? '', machine: 'b', ...TARGET },
    ])
    deploys.started.push({
      ...TARGET,
      run: 'far',
      feature: '',
      variable: '',
      plan: '',
      planRun: 'p1',
      hosts: 3,
      code: 'code',
    })
    await add(fetched(B, 'v2'))
    const deployer = deployerOf('configuration')
    for (let times = 0; times < 3; times += 1) expect(await deployer.look(never)).to.be.greaterThan(0)
    expect(types().at(-1)).to.equal('rollout begun')
    expect([deploys.planned.length, deploys.started.length]).to.deep.equal([0, 1])
    deploys.saidEnded.add('far')
    await deployer.look(never)
    expect(log.state.deploys.plan('p1')?.rollout).to.include({ state: 'succeeded', machine: 'b' })
    expect(deploys.started.map(({ commit }) => commit)).to.deep.equal([A, B])
  })

  it('say that it is not known what came of one whose journal cannot be read, and of another machine wait for it', async () => {
    for (const machine of ['a', 'b']) {
      deploys = new MemoryDeploys()
      log = new MemoryPipelineLog()
      await add([...fetched(A, 'v1'), ...planned(TARGET)])
      await approve('p1')
      const begun = { run: 'r', planRun: 'p1', plan: MADE.plan ?? '', machine, ...TARGET }
      await add([{ type: 'rollout begun', ...begun }])
      deploys.started.push({
        ...TARGET,
        run: 'r',
        feature: '',
        variable: '',
        plan: '',
        planRun: 'p1',
        hosts: 3,
        code: '',
      })
      deploys.saidEnded.add('r')
      deploys.end = () => ({ result: 'unread', why: 'line 7 is damaged' })
      const deployer = deployerOf('person')
      await deployer.look(never)
      const rollout = () => log.state.deploys.plan('p1')?.rollout
      if (machine === 'a') {
        expect(rollout()?.outcome).to.deep.equal({
          result: 'interrupted',
          verdict: null,
          why: 'its journal cannot be read, and it is not known what it has done to hosts: line 7 is damaged',
        })
        continue
      }
      deploys.end = () => ({
        result: 'interrupted',
        verdict: 'INTERRUPTED',
        why: 'its last line is not whole',
      })
      await deployer.look(never)
      expect(rollout()?.state).to.equal('running')
      deploys.end = () => ({ result: 'succeeded', verdict: 'PASSED', why: null })
      await deployer.look(never)
      expect(rollout()?.state).to.equal('succeeded')
    }
  })

  it('plan once more where code was changed meanwhile, and not for ever where planning changes it', async () => {
    let edits = 1
    deploys.outcome = () => {
      if (edits-- > 0) deploys.codeNow += '+'
      return MADE
    }
    await add(fetched(A, 'v1'))
    const deployer = deployerOf('configuration')
    await deployer.look(never)
    expect(log.state.deploys.plans.map(({ state, code }) => [state, code])).to.deep.equal([
      ['failed', 'code'],
      ['succeeded', 'code+'],
    ])
    expect(deploys.started).to.have.length(1)
    edits = Infinity
    await add(fetched(B, 'v2'))
    for (let times = 0; times < 5; times += 1) await deployer.look(never)
    const plans = () => log.state.deploys.plans.filter(({ commit }) => commit === B)
    expect(plans().map(({ state }) => state)).to.deep.equal(['failed', 'failed'])
    expect(plans()[1]?.outcome?.why).to.contain('was changed while it was planned')
    expect(deploys.started).to.have.length(1)
    edits = 0
    deploys.codeNow = 'mended'
    await deployer.look(never)
    expect(plans().at(-1)?.rollout?.state).to.equal('succeeded')
  })

  it('go on where a person has ended a rollout of another machine', async () => {
    await add([...fetched(A, 'v1'), ...planned(TARGET)])
    await approve('p1')
    await add([
      { type: 'rollout begun', run: 'far', planRun: 'p1', plan: MADE.plan ?? '', machine: 'b', ...TARGET },
    ])
    const deployer = deployerOf('person')
    await deployer.look(never)
    const interrupted = { result: 'interrupted', verdict: null, why: 'a person said so' } as const
    await add([{ type: 'rollout ended', run: 'far', ...interrupted, ...TARGET }, ...fetched(B, 'v2')])
    await deployer.look(never)
    expect(log.state.deploys.plan('p1')?.rollout?.state).to.equal('interrupted')
    expect(deploys.planned.map(({ commit }) => commit)).to.deep.equal([B])
    expect(deploys.started).to.deep.equal([])
  })

  it('never start a rollout twice for one approval, at whichever events they are killed', async () => {
    const kills = fc.array(fc.nat({ max: 6 }), { maxLength: 8 })
    const acts = fc.constantFrom<ApprovalBy>('person', 'configuration')
    await fc.assert(
      fc.asyncProperty(kills, acts, async (killedAfter, act) => {
        deploys = new MemoryDeploys()
        const events: RecordedPipelineEvent[] = []
        log = new MemoryPipelineLog(events)
        await add(fetched(A, 'v1'))
        for (const after of [...killedAfter, Infinity]) {
          const life = new MemoryPipelineLog(events, after)
          const deployer = deployerOf(act, life)
          const live = async () => {
            await deployer.look(never)
            const newest = life.state.deploys.newest('website', 'test')
            if (act === 'person' && newest?.state === 'succeeded' && newest.approved === undefined)
              await life.append({
                type: 'plan approved',
                run: newest.run,
                plan: newest.outcome?.plan ?? '',
                by: 'ann',
                ...TARGET,
              })
            await deployer.look(never)
          }
          await live().catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error
          })
        }
        expectOnce(events, deploys)
      }),
    )
  })
})

function expectOnce(events: readonly RecordedPipelineEvent[], deploys: MemoryDeploys): void {
  const runs = (wanted: string) =>
    events.flatMap((event) => (event.type === wanted && 'run' in event ? [event.run] : []))
  expect(new Set(deploys.started.map(({ planRun }) => planRun)).size).to.equal(deploys.started.length)
  expect(deploys.started.length).to.be.at.most(runs('plan approved').length)
  expect(runs('rollout ended')).to.deep.equal(runs('rollout begun'))
  // The one that was killed before its start is never said to have succeeded.
  for (const { rollout } of PipelineState.of(events).deploys.plans)
    if (rollout !== undefined)
      expect(rollout.state).to.equal(
        deploys.started.some(({ run }) => run === rollout.run) ? 'succeeded' : 'failed',
      )
}
