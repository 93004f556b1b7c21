import type { HostGateway } from '../model/obligation'
import type { Expected, PlanState } from '../model/plan_state'
import { NOT_KNOWN, type PlannedState } from '../model/planned_state'
import { observationOf } from '../model/reading'
import type { Observation, Verdict } from '../model/verdict'
import type { PlannableChange } from './change'

/** Returns what a change would do to hosts, and keeps it in the state of the plan. Concludes nothing. */
export async function planChange(
  { resource, ask, plan, words, affectsOthers, invalidates }: PlannableChange,
  hosts: readonly string[],
  gateway: HostGateway,
  state: PlanState,
): Promise<Verdict> {
  const answers = await ask(hosts, gateway)
  const observations = hosts.map((host): Observation => {
    let plannedState: PlannedState | undefined
    const seen = observationOf(host, answers, (answer) => {
      plannedState = perhaps(
        plan(answer, host, state.expectItself(resource, host)),
        state.expect(resource, host),
      )
      return { passed: plannedState.fails === undefined, seen: describePlan(plannedState, words) }
    })
    if (plannedState === undefined) return seen
    const { now, to, fails, always, isIdle } = plannedState
    const changes = fails === undefined && (to !== now || always === true)
    if (changes) {
      state.setPlanned(resource, host, to)
      if (affectsOthers) state.invalidate(host, invalidates)
    }
    return {
      ...seen,
      kind: 'planned',
      planned: {
        resource,
        from: now,
        to: to ?? null,
        changes,
        affectsOthers,
        ...(isIdle === true ? { isIdle } : {}),
      },
    }
  })
  return { observations, unexpected: answers.unexpected }
}

/** Returns the planned state without a failure that something before it may mend. */
function perhaps(plannedState: PlannedState, expected: Expected): PlannedState {
  const { fails, mayBeMended, ...rest } = plannedState
  if (fails === undefined || mayBeMended !== true || expected === 'as now') return plannedState
  return { ...rest, to: undefined, remark: `now ${fails}` }
}

function describePlan(
  { now, to, fails, remark, always }: PlannedState,
  words: PlannableChange['words'],
): string {
  if (fails !== undefined) return fails
  if (to === now && always !== true) return `needs nothing: ${now}`
  const said = words?.(now) ?? `would go from ${now} to ${to ?? NOT_KNOWN}`
  return remark === undefined ? said : `${said}, but ${remark}`
}
