const MEBIBYTE = 1024 * 1024

/** How much of a push is checked. A push that is beyond any of them is refused: nothing of it is taken unchecked. */
export interface Limits {
  /** The new commits of a push. */
  commits: number
  /** The different files that one checker takes, over all new commits. */
  files: number
  /** The paths that new commits change, be they checked or not: a few nested trees can have any number of them. */
  paths: number
  /** The bytes of all those files. */
  bytes: number
  /** The milliseconds that all checks take together. */
  withinMs: number
}

export const LIMITS: Limits = {
  commits: 100_000,
  files: 10_000,
  paths: 5_000_000,
  bytes: 256 * MEBIBYTE,
  withinMs: 300_000,
}

export const MAX_FEATURE_BYTES = MEBIBYTE
export const MAX_YAML_BYTES = 4 * MEBIBYTE
/** The most bytes of a manifest, a template or a Puppetfile. */
export const MAX_CODE_BYTES = MEBIBYTE
/** The most findings that are shown to the person who pushes. */
export const MAX_SHOWN = 100
/** The megabytes of memory that the process of a checker gets for its values. */
export const MAX_CHECKER_MEMORY_MB = 512
/** The megabytes of memory that a program of git gets for its values; files of packs that it maps do not count. */
export const MAX_GIT_MEMORY_MB = 1_024
/** The megabytes of memory that programs of this server, such as puppet and ruby, get for one call. */
export const MAX_PROGRAM_MEMORY_MB = 1_536
/** The files, and the bytes of them, that one call of such a program gets. */
export const MAX_FILES_OF_CALL = 500
export const MAX_BYTES_OF_CALL = 4 * MEBIBYTE
