import { userInfo } from 'node:os'
import { expect } from 'chai'
import { DeployRequests } from '../pipeline/deploy_requests'
import type { PipelineEvent } from '../pipeline/events'
import { PipelineState } from '../pipeline/pipeline_state'
import { fetched, PLAN, planned } from '../testing/deploy_events'
import { Scratch } from '../testing/scratch'
import { approvePlan, askForPlan, tellGone } from './deploy_wishes'

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)]
const TARGET = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }

describe('a wish about a deploy, at the command line', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    new DeployRequests(scratch.path).open()
  })
  afterEach(() => scratch.remove())

  const wishing = (events: readonly PipelineEvent[] = [], env: Record<string, string> = {}) => ({
    known: PipelineState.of(
      [...fetched(A, 'v1'), ...planned(TARGET, 'f1'), ...events].map((event) => ({ ...event, at: 'then' })),
    ),
    servedOn: 'b' as string | undefined,
    state: scratch.path,
    env,
  })
  const left = () => new DeployRequests(scratch.path).waiting().map(({ wish }) => wish?.request)

  it('approves exactly the plan that was shown, by the person who calls', () => {
    const { text } = approvePlan(PLAN, 'website', wishing())
    expect(text).to.equal(
      'website: exactly the plan 0123456789ab of v1 (aaaaaaaaaaaa) for test is rolled out soon.\n',
    )
    approvePlan(PLAN, 'website', wishing([], { SUDO_USER: 'ann' }))
    const approve = { kind: 'approve', repository: 'website', run: 'f1', plan: PLAN }
    expect(left()).to.have.deep.members([
      { ...approve, by: userInfo().username },
      { ...approve, by: 'ann' },
    ])
  })

  it('approves the newest of two plans of one name', () => {
    approvePlan(PLAN, 'website', wishing(planned(TARGET, 'f2')))
    expect(left().map((each) => each?.kind === 'approve' && each.run)).to.deep.equal(['f2'])
  })

  it('tells of a rollout of another machine that nothing of it runs any more', () => {
    const begun: PipelineEvent[] = [
      { type: 'plan approved', run: 'f1', plan: PLAN, by: 'bob', ...TARGET },
      { type: 'rollout begun', run: 'e1', planRun: 'f1', plan: PLAN, machine: 'a', ...TARGET },
    ]
    const ended: PipelineEvent[] = [
      ...begun,
      { type: 'rollout ended', run: 'e1', result: 'succeeded', verdict: 'PASSED', why: null, ...TARGET },
    ]
    expect(() => tellGone('r2', 'website', wishing(begun))).to.throw(/no rollout of website has the run "r2"/)
    expect(() => tellGone('e1', 'shop', wishing(begun))).to.throw(/no rollout of shop has the run "e1"/)
    expect(() => tellGone('e1', 'website', wishing(ended))).to.throw(/has ended already/)
    expect(() => tellGone('e1', 'website', { ...wishing(begun), servedOn: 'a' })).to.throw(
      /was begun on a, where lockstep serve sees its processes/,
    )
    expect(left()).to.deep.equal([])
    expect(tellGone('e1', 'website', wishing(begun)).text).to.equal(
      'website: it is told soon that nothing of the rollout e1 runs on a any more.\n',
    )
    expect(left().map((each) => each?.kind)).to.deep.equal(['gone'])
  })

  it('is refused in one sentence, and leaves nothing', () => {
    const approved: PipelineEvent = { type: 'plan approved', run: 'f1', plan: PLAN, by: 'bob', ...TARGET }
    const refusals: [() => unknown, RegExp][] = [
      [
        () => approvePlan('x', 'website', wishing()),
        /^no plan of website is called "x"; expected one that waits for approval: 0123456789ab for test$/,
      ],
      [() => approvePlan(PLAN, 'shop', wishing()), /^no plan of shop is called .*; none waits for approval$/],
      [() => approvePlan(PLAN, undefined, wishing()), /^--approve is of one repository; say: /],
      [
        () => approvePlan(PLAN, 'website', wishing([approved])),
        /cannot be approved: it was approved already by bob at then: an approval is good for one rollout; .*--plan test has it planned again$/,
      ],
      [
        () => approvePlan(PLAN, 'website', wishing(fetched(B, 'v2'))),
        /cannot be approved: hosts of test are to have v2 \(b{12}\) by now; /,
      ],
      [
        () => askForPlan('stage', 'website', wishing()),
        /^no deploy of website to "stage" was ever planned; /,
      ],
      [() => askForPlan('test', undefined, wishing()), /^--plan is of one repository; say: /],
    ]
    for (const [act, why] of refusals) expect(act, String(why)).to.throw(why)
    expect(left()).to.deep.equal([])
  })

  it('asks for another plan', () => {
    expect(askForPlan('test', 'website', { ...wishing(), servedOn: undefined }).text).to.equal(
      'website: the deploy to test is planned again once lockstep serve runs.\n',
    )
    expect(left().map((each) => each?.kind)).to.deep.equal(['plan'])
  })
})
