import { closeSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../system/folders'

/** Where a run leaves its reports, which nobody needs later. Runs that a run begins leave theirs elsewhere. */
export const REPORTS = process.env['LOCKSTEP_REPORTS'] ?? 'reports'

export function report(...names: string[]): string {
  return join(REPORTS, ...names)
}

/** Whole or not at all. @throws Error when it cannot be written */
export function writeWhole(path: string, text: string): void {
  makeFolder(dirname(path))
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** Whole or not at all, piece by piece, so that it never has to be in memory at once. @throws Error when it cannot be written */
export function writePieces(path: string, pieces: Iterable<string>): void {
  makeFolder(dirname(path))
  const file = openSync(`${path}.new`, 'w')
  try {
    for (const piece of pieces) writeFileSync(file, piece)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
}
