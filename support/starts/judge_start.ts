import type { ConsoleApproval } from '../config/console_setting'
import { isSamePerson, type Person } from '../people/person'
import { nextStep, planOf, stepUnderWay, type Start } from './start_state'

/** What a plan was made of, as it is now. */
export interface Beside {
  /** The SHA-256 of the feature; empty where it cannot be read. */
  sha256: string
  code: string
}

/** Returns why no one can do anything with the plan of a start any more, or yet; undefined where it waits. */
export function whyOver(start: Start, now: Beside): string | undefined {
  const { rollout, steps, feature } = start
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
): string | undefined {
  const over = whyOver(start, now)
  if (over !== undefined) return over
  if (start.approved !== undefined)
    return `it was approved already by ${start.approved.by} at ${start.approved.at}`
  return approval === 'another person' && isSamePerson(start.by, name)
    ? `${name} asked for it, and lockstep.yaml wants another person to approve it`
    : undefined
}

/** Returns why the rollout of a start cannot begin; undefined where it can. */
export function whyNotToRollOut(start: Start, approval: ConsoleApproval, now: Beside): string | undefined {
  const over = whyOver(start, now)
  if (over !== undefined || approval === 'none') return over
  if (start.approved === undefined)
    return `its plan waits for the approval of ${approval === 'anybody' ? 'a person' : 'another person'}`
  // The configuration of the moment counts: another person may be wanted by now.
  return approval === 'another person' && isSamePerson(start.approved.by, start.by)
    ? `${start.by} has approved what ${start.by} asked for, and lockstep.yaml wants another person by now`
    : undefined
}
