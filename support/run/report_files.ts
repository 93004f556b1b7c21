import { closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from '../system/folders'
import { IN_WORDS } from '../system/output'

/** Writes a file whole or not at all. @throws Error when it cannot be written */
export function writeWhole(path: string, text: string): void {
  writePieces(path, [text])
}

/**
 * Writes a file whole or not at all, piece by piece, so that it never has to be in memory at once.
 * @throws Error when it cannot be written
 */
export function writePieces(path: string, pieces: Iterable<string>): void {
  makeFolder(dirname(path))
  const beside = `${path}.new`
  const file = openSync(beside, 'w')
  try {
    try {
      for (const piece of gathered(pieces)) writeFileSync(file, piece)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (error) {
    removeReport(beside)
    throw error
  }
}

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
  const { code = '', message } = error as NodeJS.ErrnoException
  return `${path} could not be written: ${IN_WORDS[code] ?? message}`
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

const PIECE = 64 * 1024

/** Joins pieces until they are worth a write. */
function* gathered(pieces: Iterable<string>): Iterable<string> {
  let text = ''
  for (const piece of pieces) {
    text += piece
    if (text.length < PIECE) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}
