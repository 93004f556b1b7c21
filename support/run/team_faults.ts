import { LockstepError } from '../system/errors'
import type { Line } from './run_parts'

/** A call to a rollout that failed, and that the team's code has caught. */
export interface FailedCall {
  name: string
  error: unknown
}

/** A mistake in the code of a team, at a line. */
export interface TeamFault {
  error: LockstepError
  /** True where the error decides the exit status of the run; false where the line has failed by it. */
  decides: boolean
}

/** Returns the fault of a line that ended before a call that it began. Such a line says nothing of the hosts. */
export function unawaitedCall(call: string): TeamFault {
  return lineFault(
    `a step or a hook ended before ${call}(…) did, which it has begun: write await in front of it`,
  )
}

/**
 * Returns the fault of a line that never reached the rollout. What follows would be for other hosts, or go further,
 * than is written.
 */
export function unsaidLine(): TeamFault {
  return lineFault(
    'the line passed, and has said nothing to the rollout: look for a setDefinitionFunctionWrapper of your own',
  )
}

/**
 * Returns the fault of code that has caught an error. The verb has not done its work; a line that goes on over the error
 * would pass all the same.
 */
export function swallowedFailure({ name, error }: FailedCall): TeamFault {
  const said = error instanceof Error ? error.message : String(error)
  const why = `${name}(…) failed, and a step or a hook has caught that and gone on: ${said}. Leave out the try and catch around it`
  const code = error instanceof LockstepError ? error.code : 'diverged'
  return { error: new LockstepError(code, why), decides: true }
}

/** Returns why a call that is made after its scenario has ended is not carried out. */
export function lateCall(call: string): LockstepError {
  const why = `${call}(…) was called after its scenario had ended, and was not carried out: look for a call without await, a timer, or an AfterAll of your own`
  return new LockstepError('diverged', why)
}

/** Returns why a run whose process was ended in mid-run has failed; `text` is empty before its first line. */
export function endedEarly({ text, uri, line }: Pick<Line, 'text' | 'uri' | 'line'>): LockstepError {
  const where = text === '' ? 'before its first line' : `at "${text}" (${uri}:${line})`
  const why = `the process was ended in mid-run, ${where}, and not by Lockstep: look for process.exit in a step or a hook of your own; what was under way there is not known`
  return new LockstepError('diverged', why)
}

/** Returns why a run has failed whose hook has failed, for a reason. */
export function failedHook(hook: { kind: string; uri: string; line: number }, reason: string): string {
  return `the ${hook.kind} hook at ${hook.uri}:${hook.line} failed: ${reason}`
}

/** Returns why a run is refused whose team has set a wrapper that gives no function. */
export function failedWrapper(reason: string): LockstepError {
  const sentence = `the function of setDefinitionFunctionWrapper failed: ${reason}`
  return new LockstepError('bad-feature', `${sentence}; nothing was sent`)
}

/** Returns why a run is refused whose World is none of Lockstep's, or could not be made. `isBegun`: hosts were asked. */
export function failedWorld(
  { name, place, reason }: { name: string; place: string; reason: string | undefined },
  isBegun: boolean,
): LockstepError {
  const why =
    reason === undefined
      ? `the World of the team (${name}) is no LockstepWorld; write: class ${name} extends LockstepWorld, with import { LockstepWorld } from 'lockstep'`
      : `the World of the team (${name}${place === '' ? '' : `, ${place}`}) could not be made: ${reason}`
  return isBegun
    ? new LockstepError('diverged', why)
    : new LockstepError('bad-feature', `${why}; nothing was sent`)
}

function lineFault(why: string): TeamFault {
  return { error: new LockstepError('diverged', why), decides: false }
}
