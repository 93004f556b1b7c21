import * as v from 'valibot'
import { parseCommitId, type Push, type RefChange } from '../../pipeline/push'
import { MAX_REF_BYTES } from '../../pipeline/ref_name'
import { excerpt } from '../../system/redaction'

/** The words of a proven body on a repository that the path has named. */
export type Reading =
  | { push: Omit<Push, 'repository'> }
  /** It is no push, and starts nothing; the words go on after "nothing starts: ". */
  | { nothing: string }
  /** It is a push that cannot be taken; the words go on after "the body ". */
  | { fault: string }

const MAX_NAME = 200

/** A change as every sender writes it. Git allows no sign in a ref that this refuses. */
export const toldChange = {
  ref: v.pipe(
    v.string(),
    v.startsWith('refs/'),
    v.maxBytes(MAX_REF_BYTES),
    v.check((ref) => ref.isWellFormed() && !/[\s\p{Cc}]/u.test(ref)),
  ),
  before: v.pipe(v.string(), v.check(isCommitId)),
  after: v.pipe(v.string(), v.check(isCommitId)),
}

/** Returns the change of a body that has passed `toldChange`. */
export function changeOf({ ref, before, after }: { ref: string; before: string; after: string }): RefChange {
  return { ref, before: parseCommitId(before)?.commit, after: parseCommitId(after)?.commit }
}

/** Returns a name that a sender gives, on one line and not too long. It is only shown. */
export function shownName(name: string | undefined): string | undefined {
  const line = name?.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line === undefined || line === '' ? undefined : excerpt(line, MAX_NAME)
}

/** Returns the reading of an event that is no push. Its name is hostile text. */
export function noPush(event: string): Reading {
  return { nothing: /^[\w -]{1,64}$/.test(event) ? `the event ${event} is no push` : 'the event is no push' }
}

function isCommitId(id: string): boolean {
  return parseCommitId(id) !== undefined
}
