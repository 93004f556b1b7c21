import { existsSync, rmSync } from 'node:fs'
import { describeUnwritten } from '../system/output'
import { writePieces } from '../system/whole_file'

/** Writes a report of a run that is over. An error goes to `say` as a sentence, and does not change the outcome. */
export function leaveReport(
  path: string,
  pieces: () => Iterable<string>,
  say: (sentence: string) => void = (sentence) => process.stderr.write(`${sentence}\n`),
): void {
  try {
    writePieces(path, pieces())
  } catch (error) {
    const old = existsSync(path) ? '; what is there is not of this run' : ''
    say(`${unwritten(path, error)}; the verdict and the exit status are what they are without it${old}`)
  }
}

/** Returns a sentence that says that a file could not be written, and why. */
export function unwritten(path: string, error: unknown): string {
  return `${path} could not be written: ${describeUnwritten(error)}`
}

/**
 * Removes a report, so that a run that is killed leaves none of the run before. A report that cannot be removed stays.
 */
export function removeReport(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Writing the report will fail as well, and say so.
  }
}
