import { MODES } from '../../run/modes'
import { JOURNAL_SUFFIX } from '../../system/journal_lines'

/** The shell's word for the journals of live runs. */
export const JOURNALS = `"\${LOCKSTEP_STATE:-.lockstep}"/${MODES.live.journals}/*${JOURNAL_SUFFIX}`

/**
 * A program of `sed -n` that prints the id of a run for the path of its journal. A name with any other sign is passed
 * over: bash carries out what stands in a word that it completes by.
 */
export const RUN_OF_PATH = String.raw`s|^.*/\([A-Za-z0-9-]*\)${JOURNAL_SUFFIX.replaceAll('.', String.raw`\.`)}$|\1|p`

/**
 * A program of awk that prints the names of environments in a `lockstep.yaml`: the keys with the least indent below
 * `environments:`. It starts no Node, so that a tab is answered at once.
 */
export const ENVIRONMENTS = String.raw`/^environments:/ { inside = 1; next } /^[^ #]/ { inside = 0 } inside && match($0, /^ +/) { if (!indent) indent = RLENGTH; if (RLENGTH == indent && match($0, /^ +[A-Za-z0-9_.-]+:/)) { sub(/^ +/, ""); sub(/:.*/, ""); print } }`

/** Quotes a text for a shell in single quotes; fish reads `\'` within them, and others do not. */
export function quote(text: string, isFish = false): string {
  return isFish
    ? `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
    : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
