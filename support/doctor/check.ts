import type { Subject } from './subject'

/** The finding of a check. `warn` is no failure yet; nothing that was not looked at is `ok`. */
export type FindingState = 'ok' | 'warn' | 'fail' | 'not checked'

export interface Finding {
  state: FindingState
  what: string
  /** The mend, in words: a setting and its place, or what the command below does. */
  mend?: string
  /** A command, or a line of a file, that can be pasted as it is. */
  paste?: string
}

/** One thing that a rollout depends on, and how it is looked at. A check changes nothing. */
export interface Check {
  name: string
  /** Milliseconds after which its end is not waited for. */
  limitMs: number
  /**
   * Looks at it.
   * @throws NotChecked where something else keeps it from being looked at
   * @throws LockstepError whose sentence is what is wrong with it
   */
  look(subject: Subject): Promise<readonly Finding[]> | readonly Finding[]
}

export function ok(what: string): Finding {
  return { state: 'ok', what }
}

export function warn(what: string, mend: string, paste?: string): Finding {
  return { state: 'warn', what, mend, ...(paste === undefined ? {} : { paste }) }
}

export function fail(what: string, mend?: string, paste?: string): Finding {
  return {
    ...(mend === undefined ? {} : { mend }),
    ...(paste === undefined ? {} : { paste }),
    state: 'fail',
    what,
  }
}

export function notChecked(why: string): Finding {
  return { state: 'not checked', what: why }
}
