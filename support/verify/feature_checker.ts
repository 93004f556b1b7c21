import { join } from 'node:path'
import type { Checker } from './checker'
import { checkInProcess } from './checker_process'
import { MAX_FEATURE_BYTES } from './limits'

const PROGRAM = join(__dirname, '..', 'cucumber', 'check_features.cjs')
/** The argument by which a line that is no sentence of Lockstep's is an error. */
export const STRICT = '--strict'

/**
 * Returns the checker of features, by the linter with Lockstep's own sentences. A strict one refuses a line that is none
 * of them.
 */
export function featureChecker({ isStrict }: { isStrict: boolean }): Checker {
  return {
    name: 'feature',
    maxBytes: MAX_FEATURE_BYTES,
    takes: (path) => /\.feature(?:\.md)?$/i.exec(path)?.[0].toLowerCase(),
    check: (files, where) => checkInProcess([PROGRAM, ...(isStrict ? [STRICT] : [])], files, where),
  }
}
