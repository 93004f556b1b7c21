import type { PlanOrder } from '../pipeline/deployer'
import type { PlanOutcome } from '../pipeline/events'
import { recordHosts } from '../pipeline/recorded_hosts'
import type { Plan } from '../planning/plan'
import { nameHosts } from '../rollout/model/name_hosts'
import { cohorts, hasPassed } from '../rollout/model/verdict'
import type { RunState } from '../run/run_state'
import { caveatsOf, qualifiedTitle } from '../reporting/about'

/** The sentence that deploys a tag. */
export const DEPLOY = 'I deploy the tag'
const NOTHING = { plan: null, hosts: { text: '', count: 0 }, changes: 0 }

/** A run as its journal tells it, and the plan that it has saved. */
export interface PlannedRun {
  run: RunState
  saved: { id: string; content: Plan } | undefined
}

/**
 * Judges a run that was to plan. It has come to a plan only where that is one of exactly the deploy that was ordered, with
 * nothing left out, at the commit.
 */
export function judgePlan({ run, saved }: PlannedRun, order: PlanOrder): PlanOutcome {
  const why = whyFailed(run) ?? whyAnother(run, saved?.content, order)
  if (why !== undefined || saved === undefined || run.planned?.id !== saved.id)
    return failed(why ?? 'the run has saved no plan')
  const { id, content } = saved
  return {
    result: 'succeeded',
    plan: id,
    hosts: recordHosts(hostsOf(run)),
    changes: content.lines.reduce(
      (sum, { hosts }) =>
        sum + hosts.reduce((of, { affectsOthers, hosts: all }) => of + (affectsOthers ? all.length : 0), 0),
      0,
    ),
    why: null,
  }
}

export function failed(why: string): PlanOutcome {
  return { result: 'failed', ...NOTHING, why }
}

/** Returns why a run did not pass, with the line and the hosts; undefined where it did. */
export function whyFailed(run: RunState): string | undefined {
  if (run.refused !== undefined) return run.refused.message
  // A line that has failed on a host counts, whichever exit status the run came to.
  const bad = run.verdicts.find(({ verdict }) => !hasPassed(verdict))
  const [fault] = run.faults
  const [hook] = run.hookFaults
  if (bad === undefined && run.exitCode === 0) return undefined
  if (bad === undefined)
    return fault === undefined
      ? `it came to ${qualifiedTitle(run)}${hook === undefined ? '' : `: ${hook}`}`
      : `${fault.text} (${fault.uri}:${fault.line}): ${fault.message}`
  const seen = cohorts(bad.verdict)
    .filter(({ passed }) => !passed)
    .map((cohort) => `${nameHosts(cohort.hosts)}: ${cohort.seen}`)
  const silent = seen.length === 0 ? qualifiedTitle(run) : seen.join('; ')
  return `${bad.text} (${bad.uri}:${bad.line}): ${silent}`
}

function whyAnother(
  run: RunState,
  plan: Plan | undefined,
  { environment, feature, variable, repository, tag, commit }: PlanOrder,
): string | undefined {
  if (plan === undefined) return 'the run has saved no plan'
  if (run.mode !== 'plan') return `it was no plan: ${caveatsOf(run).join(' ')}`
  if (!plan.passes) return 'not every line would pass'
  if (plan.environment !== environment) return `it is of ${plan.environment}, and not of ${environment}`
  if (plan.limit !== undefined) return `it is limited to ${plan.limit}`
  const paths = plan.features.map(({ path }) => path)
  if (paths.length !== 1 || paths[0] !== feature)
    return `it is of ${paths.join(', ') || 'no feature'}, and not of ${feature} alone`
  if (plan.parameters[variable] !== tag)
    return `${feature} does not use <${variable}>: another tag would be planned the same way; write the tag <${variable}>`
  const at = plan.tags?.[`${repository} ${tag}`]
  if (at === undefined)
    return `${feature} asks no host where it has the tag ${tag} of ${repository}; write the repository ${repository}, the tag <${variable}> and every host should have the tag`
  if (at !== commit) return `hosts have the tag ${tag} at ${at}, and not at ${commit}`
  if (Object.keys(plan.tags ?? {}).length > 1) return `${feature} deploys more than one tag`
  return deploys(run) ? undefined : `${feature} deploys nothing: no line of it says ${DEPLOY}`
}

/** Returns whether hosts would be, or were, told to serve a tag. */
function deploys(run: RunState): boolean {
  return deployLines(run).length > 0
}

/** Returns the hosts that would be told to serve a tag. The roll call may have others, which no wave takes. */
export function hostsOf(run: RunState): string[] {
  return [...new Set(deployLines(run).flatMap(({ verdict }) => verdict.observations.map(({ host }) => host)))]
}

function deployLines(run: RunState) {
  return run.verdicts.filter((each) => run.stepOf(each)?.expression === DEPLOY)
}
