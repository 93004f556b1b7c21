import { lastWords } from '../run/again'
import type { CommandResult } from '../system/command'
import type { StartOrder, StartRolloutOrder, StartRolloutOutcome, StepOutcome } from '../starts/starter'
import type { Plan } from '../planning/plan'
import { caveatsOf, qualifiedTitle } from '../reporting/about'
import { parseLimit } from '../rollout/model/limit'
import type { RunState } from '../run/run_state'
import { whyFailed, type PlannedRun } from './judge_plan'

const NOTHING = { plan: null, hosts: 0, changes: 0 }

/** Returns an outcome of a step that has not passed. */
export function notPassed(why: string, result: 'failed' | 'interrupted' = 'failed'): StepOutcome {
  return { result, why, ...NOTHING }
}

/** Judges a lint, which leaves no journal: it has passed where it says so itself, and its exit status does. */
export function judgeLint(result: CommandResult): StepOutcome {
  return result.exitCode === 0 && /^READ\s+1 feature\b/m.test(result.output)
    ? { result: 'succeeded', why: null, ...NOTHING }
    : notPassed(lastWords(result))
}

/** Judges a run that was to rehearse, by its own journal. */
export function judgeRehearsal(run: RunState, order: StartOrder): StepOutcome {
  const why = whyNotWhole(run) ?? whyFailed(run) ?? whyOtherText(run, order)
  return why === undefined ? { result: 'succeeded', why: null, ...NOTHING } : notPassed(why)
}

/** Judges a run that was to plan. It has come to a plan only where that is one of exactly what was ordered. */
export function judgeStartPlan({ run, saved }: PlannedRun, order: StartOrder): StepOutcome {
  const why = whyNotWhole(run) ?? whyFailed(run) ?? whyOtherPlan(run, saved?.content, order)
  if (why !== undefined || saved === undefined || run.planned?.id !== saved.id)
    return notPassed(why ?? 'the run has saved no plan')
  const { id, content } = saved
  const changes = content.lines.flatMap(({ hosts }) =>
    hosts.flatMap(({ affectsOthers, hosts: all }) => (affectsOthers ? all : [])),
  )
  return { result: 'succeeded', why: null, plan: id, hosts: content.hosts.length, changes: changes.length }
}

/**
 * Judges a rollout that is over, by what its journal tells. It has succeeded only where it was live, kept to the plan, and
 * came to its end with every line passed.
 */
export function judgeStartRollout(run: RunState, order: StartRolloutOrder): StartRolloutOutcome {
  const verdict = qualifiedTitle(run)
  if (run.isCutOff) return { result: 'interrupted', verdict, why: run.refused?.message ?? null }
  const why = whyNotWhole(run) ?? whyFailed(run) ?? whyOtherRollout(run, order)
  return why === undefined ? { result: 'succeeded', verdict, why: null } : { result: 'failed', verdict, why }
}

function whyNotWhole({ ended, isCutOff }: RunState): string | undefined {
  if (ended === undefined || isCutOff) return 'its journal has no end'
  return ended.exitCode === ended.derived ? undefined : 'its end is not what its journal says before it'
}

function whyOtherText(run: RunState, { feature }: StartOrder): string | undefined {
  if (run.mode !== 'rehearse') return `it was no rehearsal, and in the mode ${run.mode}`
  const read = new Set(run.plan.map(({ uri }) => uri))
  return read.size === 1 && read.has(feature)
    ? undefined
    : `it was of ${[...read].join(', ') || 'no feature'}, and not of ${feature} alone`
}

function whyOtherPlan(run: RunState, plan: Plan | undefined, order: StartOrder): string | undefined {
  const { feature, sha256, environment, variables } = order
  if (plan === undefined) return 'the run has saved no plan'
  if (run.mode !== 'plan') return `it was no plan: ${caveatsOf(run).join(' ')}`
  if (!plan.passes) return 'not every line would pass'
  if (plan.environment !== environment) return `it is of ${plan.environment}, and not of ${environment}`
  const limit = order.limit === null ? undefined : parseLimit(order.limit).text
  if (plan.limit !== limit)
    return `it is limited to ${plan.limit ?? 'no hosts'}, and not to ${limit ?? 'none'}`
  const [only, ...others] = plan.features
  if (only?.path !== feature || others.length > 0)
    return `it is of ${plan.features.map(({ path }) => path).join(', ') || 'no feature'}, and not of ${feature} alone`
  if (only.sha256 !== sha256) return `${feature} was changed since it was asked for`
  for (const [name, value] of Object.entries(variables))
    if (plan.parameters[name] !== value) return `its <${name}> is not what was asked for`
  return plan.hosts.length === 0 ? 'it is for no host' : undefined
}

function whyOtherRollout(
  run: RunState,
  { environment, plan, limit, release }: StartRolloutOrder,
): string | undefined {
  const caveats = caveatsOf(run).filter(() => run.limit === undefined || run.mode !== 'live')
  if (run.mode !== 'live' || caveats.length > 0 || run.featuresInSafeMode.length > 0)
    return caveats.join(' ') || `it was no live run, and in the mode ${run.mode}`
  if (run.environment !== environment) return `it went to ${run.environment}, and not to ${environment}`
  if (run.keptPlan !== plan) return `it did not keep to the plan ${plan}`
  if (run.limit !== (limit === null ? undefined : parseLimit(limit).text))
    return 'it was limited to other hosts than its plan'
  return release === null || run.release === release
    ? undefined
    : `its release was ${run.release ?? 'none'}, and not ${release}`
}
