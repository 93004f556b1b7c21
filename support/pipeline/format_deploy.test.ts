import { expect } from 'chai'
import { fetched, MADE, PLAN, planned } from '../testing/deploy_events'
import type { PipelineEvent } from './events'
import { formatPlan } from './format_deploy'
import { PipelineState } from './pipeline_state'

const A = 'a'.repeat(40)
const AT = '2026-01-01T00:00:00.000Z'
const TARGET = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }

describe('what is shown of a plan', () => {
  const shown = (
    events: readonly PipelineEvent[],
    { isServed = true, servedOn, over, person }: Partial<Around> = {},
  ) => {
    const all = [...fetched(A, 'v1'), ...events].map((event) => ({ ...event, at: AT }))
    const plan = PipelineState.of(all).deploys.plan('p1') ?? expect.fail('it is not known')
    return formatPlan(plan, { isServed, servedOn, over, person })
  }
  type Around = { isServed: boolean; servedOn: string; over: string | undefined; person: string | undefined }
  const approved = (by: string | null): PipelineEvent[] => [
    ...planned(TARGET),
    { type: 'plan approved', run: 'p1', plan: PLAN, by, ...TARGET },
  ]
  const begun: PipelineEvent[] = [
    ...approved('ann'),
    { type: 'rollout begun', run: 'r1', planRun: 'p1', plan: PLAN, machine: 'a', ...TARGET },
  ]
  const PLANNED = 'planned for test as 0123456789ab: 3 changes to 3 hosts'

  it('is what waits for a person, until it does no longer', () => {
    expect(shown(planned(TARGET).slice(0, 1))).to.deep.equal([`is being planned for test since ${AT}`])
    expect(shown(planned(TARGET).slice(0, 1), { isServed: false })).to.deep.equal([
      'was being planned for test when lockstep serve ended',
    ])
    expect(shown(planned(TARGET))).to.deep.equal([`${PLANNED}; waits for approval`])
    expect(shown(planned(TARGET), { over: 'v2 is there' })).to.deep.equal([
      `${PLANNED}; not approved, and over: v2 is there`,
    ])
    const alone = planned(TARGET).map((event) =>
      event.type === 'plan begun' ? ({ ...event, approval: 'configuration' } as const) : event,
    )
    expect(shown(alone)).to.deep.equal([PLANNED])
    expect(shown(alone, { person: 'it goes back behind v2' })).to.deep.equal([
      `${PLANNED}; waits for approval, since it goes back behind v2`,
    ])
    const failed = { ...MADE, result: 'failed', plan: null, why: 'web1: no room' } as const
    expect(shown(planned(TARGET, 'p1', failed))).to.deep.equal(['plan for test FAILED: web1: no room'])
  })

  it('says who approved it, and that nothing was rolled out where nothing was', () => {
    expect(shown(approved('ann'))[1]).to.equal(`approved by ann at ${AT}; is rolled out soon`)
    expect(shown(approved(null), { isServed: false })[1]).to.equal(
      `approved by lockstep.yaml at ${AT}; is rolled out once lockstep serve runs`,
    )
    expect(shown(approved('ann'), { over: 'v2 is there' })[1]).to.equal(
      `approved by ann at ${AT}; not rolled out: v2 is there`,
    )
  })

  it('calls nothing rolled out before its end is known', () => {
    expect(shown(begun)[2]).to.equal(`is being rolled out by run r1 since ${AT}`)
    expect(shown(begun, { isServed: false })[2]).to.equal(
      `rollout r1 was begun at ${AT}; lockstep serve does not run, and has not seen its end`,
    )
    expect(shown(begun, { servedOn: 'a' })[2]).to.equal(`is being rolled out by run r1 since ${AT}`)
    expect(shown(begun, { servedOn: 'b' })[2]).to.match(
      new RegExp(
        `^rollout r1 was begun at ${AT} on a, and may still run there: lockstep serve on b waits for the end of its journal; once nothing of it runs there any more, say: .*lockstep.* pipeline website --gone r1$`,
      ),
    )
    const end = (verdict: string | null, why: string): PipelineEvent => ({
      type: 'rollout ended',
      run: 'r1',
      ...TARGET,
      result: 'failed',
      verdict,
      why,
    })
    expect(shown([...begun, end(null, 'it did not begin: x')])[2]).to.equal(
      'NOT rolled out by run r1: it did not begin: x',
    )
    expect(shown([...begun, end('PASSED (safe mode)', 'Safe mode: x')])[2]).to.equal(
      'NOT rolled out by run r1 (PASSED (safe mode)): Safe mode: x',
    )
  })
})
