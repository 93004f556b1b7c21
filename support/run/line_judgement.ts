import { describe, mayGoOn, type Verdict } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { swallowedFailure, unawaitedCall, unsaidLine, type FailedCall, type TeamFault } from './team_faults'

/** A line that has ended, as cucumber, its hosts and the code behind it have left it. */
export interface EndedLine {
  /** The status that cucumber reports, such as `PASSED`; undefined where a hook failed before the line began. */
  status: string | undefined
  error: unknown
  /** The faults of hooks in this run so far. */
  hookFaults: readonly string[]
  verdict: Verdict | undefined
  /** True when the line has something to say to the rollout. */
  speaks: boolean
  /** True when its code has reached the rollout. */
  hasReached: boolean
  calls: SettledCalls
}

/** The calls to a rollout that code has left behind. */
export interface SettledCalls {
  /** The first call that the code has not waited for. */
  left: string | undefined
  /** The first call whose failure the code has caught. */
  swallowed: FailedCall | undefined
}

/** The judgement of a line. */
export interface LineJudgement {
  /** True when nothing more of its rollout is attempted. */
  stops: boolean
  /** The fault of a line that failed though its verdict does not say so. */
  fault: string | undefined
  /** The verdict with which a line fails that cucumber says has passed: the answers of hosts decide. */
  failedVerdict: LockstepError | undefined
  /** The fault of the team's code with which such a line fails. */
  teamFault: TeamFault | undefined
}

/** Judges a line that has ended. It passes only where cucumber, its hosts and the code behind it all say so. */
export function judgeLine(line: EndedLine): LineJudgement {
  const { verdict, error, hookFaults, speaks, hasReached, calls } = line
  const status = hookFaults.length > 0 ? 'FAILED' : (line.status ?? 'FAILED')
  const hasPassed = status === 'PASSED'
  const mayPass = verdict === undefined || mayGoOn(verdict)
  const isUntold = status === 'FAILED' && mayPass && !decidesRun(error)
  return {
    stops: !hasPassed && status !== 'SKIPPED',
    fault: isUntold
      ? (hookFaults.at(-1) ?? (error instanceof Error ? error.message : String(error)))
      : undefined,
    failedVerdict: hasPassed && !mayPass ? new LockstepError('diverged', describe(verdict)) : undefined,
    teamFault: !hasPassed || !mayPass ? undefined : speaks && !hasReached ? unsaidLine() : judgeCalls(calls),
  }
}

/** Returns the fault in calls that code has left behind; undefined where there is none. */
export function judgeCalls({ left, swallowed }: SettledCalls): TeamFault | undefined {
  if (left !== undefined) return unawaitedCall(left)
  return swallowed === undefined ? undefined : swallowedFailure(swallowed)
}

/** Returns whether an error decides the exit status: a mistake or an unreachable broker; a host's fault is left to the verdict. */
export function decidesRun(error: unknown): error is LockstepError {
  return error instanceof LockstepError && error.code !== 'diverged'
}
