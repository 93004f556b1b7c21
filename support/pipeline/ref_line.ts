import { parseCommitId, type RefChange } from './push'
import { MAX_REF_BYTES } from './ref_name'

/** The most refs that one push may have; a mirror that is pushed whole may have many. */
export const MAX_CHANGES = 10_000

/** Parses a line that git hands to `pre-receive` and `post-receive`, `old new ref`; undefined for any other text. */
export function parseRefLine(line: string): RefChange | undefined {
  const [, old = '', now = '', ref = ''] = /^([0-9a-f]+) ([0-9a-f]+) (\S.*)$/s.exec(line) ?? []
  const [before, after] = [parseCommitId(old), parseCommitId(now)]
  if (before === undefined || after === undefined || ref === '' || ref.length > MAX_REF_BYTES)
    return undefined
  return { ref, before: before.commit, after: after.commit }
}
