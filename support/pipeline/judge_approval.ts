import { shortId } from '../system/git_names'
import type { PlanOfTag } from './deploy_state'
import type { PipelineState } from './pipeline_state'

type TakesTag = (tag: string) => boolean

/** Returns why a plan cannot be carried out any more, approved or not; undefined where it can. */
export function whyOver(state: PipelineState, plan: PlanOfTag, takesTag: TakesTag): string | undefined {
  const { repository, environment, commit, tag } = plan
  if (plan.isSuperseded) {
    const newest = state.deploys.newest(repository, environment)
    const name = newest?.outcome?.plan ?? undefined
    return `a newer plan was begun at ${newest?.begunAt ?? 'a later time'}${name === undefined ? '' : `: ${name}`}`
  }
  if (plan.lapsedFor !== undefined)
    return `its approval ended unused, when hosts of ${environment} were to have ${plan.lapsedFor === '' ? 'no tag' : plan.lapsedFor} instead`
  const newest = state.newestFetchable(repository, takesTag)
  if (newest === undefined) return `no tested commit of ${repository} is at a tag any more`
  if (newest.commit.commit !== commit)
    return `hosts of ${environment} are to have ${newest.tags[0] ?? ''} (${shortId(newest.commit.commit)}) by now`
  return newest.tags[0] === tag
    ? undefined
    : `hosts of ${environment} are to have the tag ${newest.tags[0] ?? ''} by now`
}

/**
 * Returns why a person has to approve a plan; undefined where the configuration may. A tag that is
 * deleted, or a test that fails later, would take a live fleet back to what was there before.
 */
export function whyPerson(state: PipelineState, plan: PlanOfTag): string | undefined {
  const { repository, environment, commit } = plan
  const newer = state.deploys.plans.findLast(
    (each) =>
      each.rollout !== undefined &&
      each.repository === repository &&
      each.environment === environment &&
      state.isNewer(repository, each.commit, commit),
  )
  return newer === undefined ? undefined : `it goes back behind ${newer.tag} (${shortId(newer.commit)})`
}

/** Returns why a plan cannot be approved; undefined where it can. */
export function whyNotToApprove(
  state: PipelineState,
  plan: PlanOfTag,
  takesTag: TakesTag,
): string | undefined {
  const { approval, approved, rollout, environment, repository } = plan
  if (approved !== undefined) {
    const by = approved.by === null ? 'lockstep.yaml' : approved.by
    const begun = rollout === undefined ? '' : `, and the rollout ${rollout.run} was begun`
    return `it was approved already by ${by} at ${approved.at}${begun}: an approval is good for one rollout`
  }
  if (plan.state === 'running') return 'it is still being made'
  if (plan.state !== 'succeeded')
    return `it has not come to a plan: ${plan.outcome?.why ?? 'it was interrupted'}`
  if (approval === 'none')
    return `after_success of ${repository} says plan for ${environment}, and not approval`
  return whyOver(state, plan, takesTag)
}

/** A plan with why it cannot be carried out any more, and why the configuration may not approve it. */
export interface JudgedPlan {
  plan: PlanOfTag
  over: string | undefined
  person: string | undefined
}

/** Returns the plans of commits, each with why it cannot be carried out any more. One that was begun is not over. */
export function plansOfCommits(
  state: PipelineState,
  takesTag: TakesTag,
): (repository: string, commit: string) => JudgedPlan[] {
  return (repository, commit) =>
    state.deploys.plans
      .filter((plan) => plan.repository === repository && plan.commit === commit)
      .map((plan) => judgePlan(state, plan, takesTag))
}

export function judgePlan(state: PipelineState, plan: PlanOfTag, takesTag: TakesTag): JudgedPlan {
  return {
    plan,
    over: plan.rollout === undefined ? whyOver(state, plan, takesTag) : undefined,
    person: plan.approved === undefined ? whyPerson(state, plan) : undefined,
  }
}
