import { OBJECT_ID } from '../system/git_names'

/** The id of no commit: a ref that was not there before, or is no more. SHA-256 repositories have 64 zeros. */
const NO_COMMIT = /^(?:0{40}|0{64})$/

/** One ref that a push has moved. It is a claim until the repository itself has been asked. */
export interface RefChange {
  /** The whole name, such as `refs/heads/main`; hostile text until `isRefName` has passed it. */
  ref: string
  /** The commit before; undefined for a ref that is new. */
  before: string | undefined
  /** The commit now; undefined for a ref that was removed. */
  after: string | undefined
}

/** A push, by the word of its teller. */
export interface Push {
  /** The name of a configured repository. */
  repository: string
  /** Who pushed, as the teller has it; no identity that anything is allowed by. */
  by: string | undefined
  changes: readonly RefChange[]
}

/** Returns the commit of an id as git writes it, `none` for the id of no commit; undefined for what is no id. */
export function parseCommitId(id: string): { commit: string | undefined } | undefined {
  if (NO_COMMIT.test(id)) return { commit: undefined }
  return OBJECT_ID.test(id) ? { commit: id } : undefined
}
