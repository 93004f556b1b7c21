import type { Rollout } from '../rollout/rollout'
import type { Omission } from '../run/account'
import { decidesRun } from '../run/line_judgement'
import { isExcused, judgeScenario } from '../run/scenario_judgement'
import { lateCall, type TeamFault } from '../run/team_faults'
import { asSentence, EXIT, type LockstepError } from '../system/errors'
import { session } from './session'

/** Ends a process in which Lockstep’s plugin takes no part: nothing would judge the run. */
export function expectPlugin(): void {
  if (session().hasPlugin) return
  // A worker of a parallel run, which cucumber itself begins, is refused where it was begun.
  const isWorker = session().surroundings.env['CUCUMBER_WORKER_ID'] !== undefined
  if (!isWorker) process.stderr.write(NO_PLUGIN)
  process.exit(EXIT.invalid)
}

const NO_PLUGIN =
  "Lockstep's own plugin takes no part in this run, so nothing would be judged: --plugin, or `plugin` of a profile, replaces it; leave that out, or name both; no host was touched\n"

/**
 * Refuses a call made after its scenario has ended, and sends nothing of it. The run has not passed, since a step of
 * the scenario wanted the call.
 */
export function refuseLate(call: string): LockstepError {
  const { run } = session()
  const error = lateCall(call)
  run.refuse(error)
  if (session().isOver) process.stderr.write(`\nFAILED  ${error.message}\n`)
  return error
}

/** Returns the first line of a scenario that does not count as carried out; undefined where each does, or may end so. */
export function omissionIn(rollout: Rollout | undefined, { id }: { id: string }): Omission | undefined {
  const { run } = session()
  const omission = session().account.omissionIn(id)
  if (isExcused(omission, rollout)) session().account.excuse(id)
  return judgeScenario(omission, rollout, run.state)
}

/**
 * Fails the run for a line that was not carried out. It also finds a line that was skipped before Lockstep could see
 * it.
 */
export function expectWhole(): void {
  const { run } = session()
  const { omission } = session().account
  if (omission !== undefined && !run.hasStopped) run.omit(omission)
}

/** Refuses the run for what has kept a scenario from beginning; no line of it could say so. */
export function refuseBeginning(error: unknown): unknown {
  const { run } = session()
  run.refuse(asSentence('the rollout could not begin', error))
  return error
}

/** Lets a mistake or an unreachable broker decide the exit status; a host's fault is left to the verdict. */
export function noteError(error: unknown): unknown {
  const { run } = session()
  if (decidesRun(error)) run.refuse(error)
  return error
}

/** Fails the run for what the team's code has done wrong. */
export function failRunFor({ error, decides }: TeamFault): void {
  const { run } = session()
  if (decides) return run.refuse(error)
  run.fault(error.message)
  run.fail()
}
