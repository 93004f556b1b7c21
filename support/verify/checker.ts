import type { ChangedFile } from './changed_files'
import type { Remark } from './remark'

/** A file that was written for a checker, below a name that the push has no part in. */
export interface FileToCheck extends ChangedFile {
  /** The name of the file in the folder of the checker. */
  name: string
}

/** Where a checker works. */
export interface Surroundings {
  /** The folder that has the files, and nothing else of the push. */
  folder: string
  signal: AbortSignal
}

/**
 * Checks one kind of files. What is pushed is hostile: a checker only reads it, and starts no program, plugin or setting
 * that comes with it.
 */
export interface Checker {
  /** The word by which an installation may turn its errors into warnings. */
  name: string
  /** The most bytes of one file; a larger one is refused. */
  maxBytes: number
  /** Returns the end of the name that a file has for this checker; undefined for a path that it does not take. */
  takes: (path: string) => string | undefined
  /** Returns what this server lacks for the check, as the end of a sentence; undefined where it lacks nothing. */
  lacks?: () => string | undefined
  /**
   * Checks files, and returns the remarks by the name of each file. A file that is not in the answer counts as not
   * checked, which refuses the push.
   */
  check: (files: readonly FileToCheck[], where: Surroundings) => Promise<Checked>
}

export interface Checked {
  remarks: ReadonlyMap<string, readonly Remark[]>
  /** The reason why files are missing from the answer. */
  failure?: string
}
