import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolder } from './folders'

/**
 * Writes a file whole or not at all. With a `mode`, it has never more than that one, and that one in the end: the umask does not
 * count.
 * @throws Error when it cannot be written
 */
export function writeWhole(path: string, content: string | Buffer, mode?: number): void {
  writePieces(path, [content], undefined, mode)
}

/**
 * Writes a file whole or not at all, piece by piece, so that it never has to be in memory at once. `beside` is the path of
 * the unfinished file; those that write the same file at the same time need names of their own.
 * @throws Error when it cannot be written
 */
export function writePieces(
  path: string,
  pieces: Iterable<string | Buffer>,
  beside: string = `${path}.${process.pid}.new`,
  mode?: number,
): void {
  makeFolder(dirname(path))
  try {
    // A file that a kill has left there may have another mode.
    if (mode !== undefined) rmSync(beside, { force: true })
    const file = openSync(beside, mode === undefined ? 'w' : 'wx', mode)
    try {
      // The umask takes away from the mode of an open.
      if (mode !== undefined) fchmodSync(file, mode)
      for (const piece of gather(pieces)) writeFileSync(file, piece)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

const PIECE = 64 * 1024

/** Joins texts until they are worth a write. */
function* gather(pieces: Iterable<string | Buffer>): Iterable<string | Buffer> {
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece
    if (typeof piece === 'string' && text.length < PIECE) continue
    if (text !== '') yield text
    text = ''
    if (typeof piece !== 'string') yield piece
  }
  if (text !== '') yield text
}
