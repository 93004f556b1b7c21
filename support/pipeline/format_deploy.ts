import { clean } from '../rollout/model/verdict'
import { formatLockstep } from '../system/commands'
import type { PlanOfTag, RolloutOfPlan } from './deploy_state'
import type { PlanOutcome, RolloutOutcome } from './events'

const NO_REASON = 'no reason is known'

/** The facts that a plan is shown with. */
export interface PlanSurroundings {
  isServed: boolean
  /** The machine of the process that serves; undefined where that is not known. */
  servedOn?: string | undefined
  /** Why it cannot be carried out any more; undefined where it can. */
  over: string | undefined
  /** Why a person has to approve it where the configuration approves others; undefined where that may. */
  person?: string | undefined
}

/** Formats what became of a plan, and of the rollout that keeps to it. */
export function formatPlan(plan: PlanOfTag, surroundings: PlanSurroundings): string[] {
  const { approved, rollout } = plan
  return [
    formatPlanning(plan, surroundings),
    ...(approved === undefined ? [] : [formatApproval(plan, approved, surroundings)]),
    ...(rollout === undefined ? [] : [formatRollout(plan, rollout, surroundings)]),
  ]
}

function formatPlanning(plan: PlanOfTag, { isServed, over, person }: PlanSurroundings): string {
  const { environment, state, begunAt, outcome, approved, approvalEnded } = plan
  const where = clean(environment)
  const why = clean(outcome?.why ?? NO_REASON)
  switch (state) {
    case 'running':
      return isServed
        ? `is being planned for ${where} since ${begunAt}`
        : `was being planned for ${where} when lockstep serve ended`
    case 'interrupted':
      return `plan for ${where} interrupted: ${why}`
    case 'failed':
      return `plan for ${where} FAILED: ${why}`
    case 'succeeded': {
      const next =
        approved !== undefined || !needsPerson(plan, person)
          ? ''
          : over === undefined
            ? `; waits for approval${person === undefined ? '' : `, since ${clean(person)}`}${approvalEnded === undefined ? '' : `: ${clean(approvalEnded)}`}`
            : `; not approved, and over: ${clean(over)}`
      return outcome === undefined ? '' : `${describePlan(where, outcome)}${next}`
    }
  }
}

/** Returns whether a person has to approve a plan. `person` says why, where the configuration approves others. */
export function needsPerson({ approval }: Pick<PlanOfTag, 'approval'>, person: string | undefined): boolean {
  return approval === 'person' || (approval === 'configuration' && person !== undefined)
}

/** Describes what a plan would do, as `planned for test as 0123456789ab: 6 changes to 3 hosts`. */
export function describePlan(environment: string, { plan, hosts, changes }: PlanOutcome): string {
  const of = `${hosts.count} ${hosts.count === 1 ? 'host' : 'hosts'}`
  const what = changes === 1 ? '1 change' : changes === 0 ? 'no change' : `${changes} changes`
  return `planned for ${clean(environment)} as ${clean(plan ?? '')}: ${what} to ${of}`
}

function formatApproval(
  { rollout }: PlanOfTag,
  { by, at }: NonNullable<PlanOfTag['approved']>,
  { over, isServed }: PlanSurroundings,
): string {
  const what = by === null ? 'approved by lockstep.yaml' : `approved by ${clean(by)}`
  if (rollout !== undefined) return `${what} at ${at}`
  if (over !== undefined) return `${what} at ${at}; not rolled out: ${clean(over)}`
  return `${what} at ${at}; ${isServed ? 'is rolled out soon' : 'is rolled out once lockstep serve runs'}`
}

function formatRollout(
  { outcome: planned, repository }: PlanOfTag,
  { run, machine, begunAt, outcome }: RolloutOfPlan,
  { isServed, servedOn = machine }: PlanSurroundings,
): string {
  if (outcome !== undefined) return describeRollout(run, planned?.hosts.count, outcome)
  if (isServed && servedOn !== machine)
    return `rollout ${run} was begun at ${begunAt} on ${clean(machine)}, and may still run there: lockstep serve on ${clean(servedOn)} waits for the end of its journal; once nothing of it runs there any more, say: ${formatLockstep(`pipeline ${clean(repository)} --gone ${run}`)}`
  return isServed
    ? `is being rolled out by run ${run} since ${begunAt}`
    : `rollout ${run} was begun at ${begunAt}; lockstep serve does not run, and has not seen its end`
}

/** Describes what came of a rollout, in the words of its own verdict where there is one. */
export function describeRollout(
  run: string,
  hosts: number | undefined,
  { result, verdict, why }: RolloutOutcome,
): string {
  const said = verdict === null ? '' : ` (${clean(verdict)})`
  const reason = clean(why ?? NO_REASON)
  switch (result) {
    case 'succeeded':
      return `rolled out${hosts === undefined ? '' : ` to ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`} by run ${run}: ${clean(verdict ?? '')}`
    case 'failed':
      return `NOT rolled out by run ${run}${said}: ${reason}`
    case 'interrupted':
      return `rollout ${run} did not end${said}: ${reason}`
  }
}
