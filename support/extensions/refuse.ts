/**
 * Refuses an extension for what is wrong with it.
 * @throws LockstepError `bad-config` that names the file, and the place where it is named
 */
export type Refuse = (what: string, cause?: unknown) => never

/** The file that adds something, and what refuses it. */
export interface Adding {
  file: string
  refuse: Refuse
}
