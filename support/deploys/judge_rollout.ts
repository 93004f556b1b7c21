import type { RolloutOrder } from '../pipeline/deployer'
import type { RolloutOutcome } from '../pipeline/events'
import { caveatsOf, qualifiedTitle } from '../reporting/about'
import type { RunState } from '../run/run_state'
import { hostsOf, whyFailed } from './judge_plan'

/**
 * Judges a rollout that is over, by what its journal tells. It has succeeded only where it was live, for all hosts of the
 * plan that was approved, at the commit, and came to its end with every line passed.
 */
export function judgeRollout(run: RunState, order: RolloutOrder): RolloutOutcome {
  const verdict = qualifiedTitle(run)
  if (run.isCutOff) return { result: 'interrupted', verdict, why: run.refused?.message ?? null }
  const why = whyFailed(run) ?? whyAnother(run, order)
  return why === undefined ? { result: 'succeeded', verdict, why: null } : { result: 'failed', verdict, why }
}

function whyAnother(
  run: RunState,
  { environment, plan, repository, tag, commit, hosts }: RolloutOrder,
): string | undefined {
  if (run.ended === undefined) return 'its journal has no end'
  const caveats = caveatsOf(run)
  if (run.mode !== 'live' || caveats.length > 0)
    return caveats.join(' ') || `it was no live run, and in the mode ${run.mode}`
  if (run.environment !== environment) return `it went to ${run.environment}, and not to ${environment}`
  if (run.keptPlan !== plan) return `it did not keep to the plan ${plan}`
  const at = run.tags.get(`${repository} ${tag}`)
  if (at !== commit) return `the tag ${tag} was at ${at ?? 'no known commit'}, and not at ${commit}`
  const told = hostsOf(run).length
  if (told === 0) return 'no host was told to serve the tag'
  return told < hosts ? `${told} of the ${hosts} hosts of the plan were told to serve the tag` : undefined
}
