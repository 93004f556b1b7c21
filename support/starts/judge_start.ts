import type { ConsoleApproval } from '../config/console_setting'
import { isSamePerson, type Person } from '../people/person'
import { whyNotNow, whyNotStanding, type EarlierPerson, type RightsNow } from '../people/rights_now'
import { nextStep, planOf, stepUnderWay, type Start } from './start_state'

/** What a plan was made of, as it is now. */
export interface Beside {
  /** The SHA-256 of the feature; empty where it cannot be read. */
  sha256: string
  code: string
}

/** Returns why no one can do anything with the plan of a start any more, or yet; undefined where it waits. */
export function whyOver(start: Start, now: Beside): string | undefined {
  const { rollout, steps, feature, withdrawn } = start
  if (withdrawn !== undefined) return `it was withdrawn by ${withdrawn.by} at ${withdrawn.at}`
  if (rollout !== undefined)
    return `its rollout ${rollout.run} was begun by ${rollout.by} at ${rollout.begunAt}: a start is good for one rollout`
  if (stepUnderWay(start) !== undefined || nextStep(start) !== undefined) return 'it is still being planned'
  if (planOf(start) === undefined) {
    const last = steps.at(-1)
    return `it has come to no plan: ${last?.name ?? 'lint'} ${last?.ended?.result ?? 'interrupted'}`
  }
  if (now.sha256 !== start.sha256) return `${feature} was changed since it was planned; plan it again`
  return now.code === start.code
    ? undefined
    : `the code beside ${feature} was changed since it was planned; plan it again`
}

/** Returns why a start cannot be approved by this person; undefined where it can. */
export function whyNotToApprove(
  start: Start,
  { name }: Person,
  approval: ConsoleApproval,
  now: Beside,
  rights: RightsNow,
): string | undefined {
  const over = whyOver(start, now)
  if (over !== undefined) return over
  if (start.approved !== undefined) {
    const fault = faultOfApproval(start, rights)
    if (fault === undefined) return `it was approved already by ${start.approved.by} at ${start.approved.at}`
    if (fault.is === 'not known') return fault.sentence
  }
  return approval === 'another person' && isSamePerson(start.by, name)
    ? `${name} asked for it, and lockstep.yaml wants another person to approve it`
    : undefined
}

/** Returns why the approval of a start counts no more; undefined where it does, and where there is none. */
export function faultOfApproval(
  { approved, environment }: Start,
  rights: RightsNow,
): ReturnType<typeof whyNotStanding> {
  return approved && whyNotStanding({ ...approved, name: approved.by }, environment, rights)
}

/** Returns a start as it counts now: without an approval whose person may not approve any more. */
export function standingNow(start: Start, rights: RightsNow): Start {
  const isOpen = start.approved !== undefined && start.rollout === undefined && start.withdrawn === undefined
  return isOpen && faultOfApproval(start, rights) !== undefined ? { ...start, approved: undefined } : start
}

/** Why a rollout cannot begin, or the person by whose approval it can; null where none stands, and none is wanted. */
export type RolloutJudgement = { why: string } | { approvedBy: string | null }

/** Judges whether a person can begin the rollout of a start at this moment: by the plan, its approval and all rights. */
export function judgeRollOut(
  start: Start,
  starter: EarlierPerson,
  approval: ConsoleApproval,
  now: Beside,
  rights: RightsNow,
): RolloutJudgement {
  const judged = judgePlanned(start, approval, now, rights)
  if ('why' in judged) return judged
  const why = whyNotNow(starter, 'start', start.environment, rights)
  return why === undefined ? judged : { why }
}

/** Judges whether the rollout of a start can begin, by somebody who may. */
export function judgePlanned(
  start: Start,
  approval: ConsoleApproval,
  now: Beside,
  rights: RightsNow,
): RolloutJudgement {
  const over = whyOver(start, now)
  if (over !== undefined) return { why: over }
  const { approved } = start
  const fault = faultOfApproval(start, rights)
  const approvedBy = approved === undefined || fault !== undefined ? null : approved.by
  if (approval === 'none') return { approvedBy }
  if (fault !== undefined) return { why: fault.sentence }
  if (approvedBy === null)
    return {
      why: `its plan waits for the approval of ${approval === 'anybody' ? 'a person' : 'another person'}`,
    }
  // The configuration of the moment counts: another person may be wanted by now.
  return approval === 'another person' && isSamePerson(approvedBy, start.by)
    ? {
        why: `${start.by} has approved what ${start.by} asked for, and lockstep.yaml wants another person by now`,
      }
    : { approvedBy }
}

/** Returns why a start cannot be withdrawn; undefined where it can. */
export function whyNotToWithdraw(start: Start): string | undefined {
  const { rollout, withdrawn } = start
  if (withdrawn !== undefined) return `it was withdrawn by ${withdrawn.by} at ${withdrawn.at} already`
  if (rollout !== undefined)
    return `its rollout ${rollout.run} was begun by ${rollout.by} at ${rollout.begunAt}; a rollout is stopped on its own page`
  const isOpen =
    stepUnderWay(start) !== undefined || nextStep(start) !== undefined || planOf(start) !== undefined
  return isOpen ? undefined : 'it has come to no plan, so that nothing of it is left to withdraw'
}
