import type { Expected, PlanState, Invalidates } from '../model/plan_state'
import { observationOf, type Look } from './observe'
import type { Answer } from '../model/answers'
import type { Rollout } from '../rollout'
import type { Observation, Verdict } from '../model/verdict'

/** The change that a line would make to hosts. */
export interface PlannableChange {
  /** The resource that the change is about, such as `package mywebapp`. */
  resource: string
  /** Looks at the resource as it is now. */
  look: Look
  /** Returns the planned state. `expected` is what lines before this one would have made of the resource by then. */
  plan: (answer: Answer, host: string, expected: Expected) => PlannedState
  /** Returns the words that tell a change, where `would go from … to …` is not right. */
  words?: (now: string) => string
  /** True when other resources on the host may differ afterwards; false where only traffic is stopped. */
  affectsOthers: boolean
  /** The resources whose planned states cannot be relied on afterwards; none when absent. */
  invalidates?: Invalidates
}

/** The text that stands for a state, where there is none to be told. */
export const NOT_KNOWN = 'what cannot be known before'

export interface PlannedState {
  now: string
  /** The state afterwards: `now` for a host that needs nothing, undefined where it cannot be known before. */
  to: string | undefined
  /** The reason why the line would fail on this host. */
  fails?: string
  /** True when a line before this one may prevent the failure, in ways that cannot be planned. */
  mayBeMended?: boolean
  /** A remark that a person should know beside the change. */
  remark?: string
  /** True when it would be done although nothing would differ afterwards, as a restart is. */
  always?: boolean
}

/** Tells what a line would do to every host that moves, and does none of it. */
export async function planChange(
  rollout: Rollout,
  planState: PlanState,
  { resource, look, plan, words, affectsOthers, invalidates }: PlannableChange,
): Promise<Verdict> {
  rollout.expectGoingOn()
  planState.use()
  const hosts = await rollout.moving()
  const answers = await look(hosts)
  const observations = hosts.map((host): Observation => {
    let plannedState: PlannedState | undefined
    const seen = observationOf(host, answers, (answer) => {
      plannedState = perhaps(
        plan(answer, host, planState.expectItself(resource, host)),
        planState.expect(resource, host),
      )
      return { passed: plannedState.fails === undefined, seen: told(plannedState, words) }
    })
    if (plannedState === undefined) return seen
    const { now, to, fails, always } = plannedState
    const changes = fails === undefined && (to !== now || always === true)
    if (changes) {
      planState.setPlanned(resource, host, to)
      if (affectsOthers) planState.invalidate(host, invalidates)
    }
    return {
      ...seen,
      kind: 'planned',
      planned: { resource, from: now, to: to ?? null, changes, affectsOthers },
    }
  })
  await writeDown(rollout, resource, affectsOthers, observations)
  return rollout.conclude({ observations, unexpected: answers.unexpected })
}

async function writeDown(
  rollout: Rollout,
  resource: string,
  affectsOthers: boolean,
  observations: readonly Observation[],
): Promise<void> {
  const fates = new Map<string, { from: string; to: string | null; hosts: string[] }>()
  for (const { host, planned } of observations) {
    if (planned?.changes !== true) continue
    const { from, to } = planned
    const fate = fates.get(`${from} ${to}`) ?? { from, to, hosts: [] }
    fates.set(`${from} ${to}`, fate)
    fate.hosts.push(host)
  }
  if (fates.size === 0) return
  const { step, line } = rollout
  await rollout.ports.journal.append({
    type: 'planned',
    step,
    line,
    resource,
    temporary: !affectsOthers,
    fates: [...fates.values()],
  })
}

/** Returns the state of a resource by then; a line before may have brought it to another than it has. */
export function byThen(now: string, expected: Expected): string {
  if (expected === 'as now') return now
  return expected === 'not known' ? NOT_KNOWN : expected.state
}

/** Returns the planned state without a failure that something before it may mend. */
function perhaps(plannedState: PlannedState, expected: Expected): PlannedState {
  const { fails, mayBeMended, ...rest } = plannedState
  if (fails === undefined || mayBeMended !== true || expected === 'as now') return plannedState
  return { ...rest, to: undefined, remark: `now ${fails}` }
}

function told({ now, to, fails, remark, always }: PlannedState, words: PlannableChange['words']): string {
  if (fails !== undefined) return fails
  if (to === now && always !== true) return `needs nothing: ${now}`
  const said = words?.(now) ?? `would go from ${now} to ${to ?? NOT_KNOWN}`
  return remark === undefined ? said : `${said}, but ${remark}`
}
