import type { RefChange } from '../pipeline/push'
import { MAX_CHANGES, parseRefLine } from '../pipeline/ref_line'
import { printable } from './printable'

/** The most bytes that git may hand to the hook. */
export const MAX_RECEIVED_BYTES = 16 * 1024 * 1024

/** Parses what git hands to a `pre-receive`: a line `old new ref` for each ref. Returns why it is none otherwise. */
export function parseReceived(text: string): { changes: readonly RefChange[] } | { fault: string } {
  if (text.length > MAX_RECEIVED_BYTES)
    return { fault: `the push has too many refs; at most ${MAX_CHANGES} are checked: push fewer at a time` }
  if (text === '') return { fault: 'git has told of no ref' }
  if (!text.endsWith('\n')) return { fault: 'git has not told of all refs: the last line has no end' }
  const lines = text.slice(0, -1).split('\n')
  if (lines.length > MAX_CHANGES)
    return {
      fault: `the push has ${lines.length} refs; at most ${MAX_CHANGES} are checked: push fewer at a time`,
    }
  const changes: RefChange[] = []
  for (const line of lines) {
    const change = parseRefLine(line)
    if (change === undefined)
      return { fault: `git has told of ${printable(line)}; expected: old id, new id, ref` }
    changes.push(change)
  }
  return { changes }
}
