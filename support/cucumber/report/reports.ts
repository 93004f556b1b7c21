import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where a run leaves its reports, which nobody needs later. Runs that a run begins leave theirs elsewhere. */
export const REPORTS = process.env['LOCKSTEP_REPORTS'] ?? 'reports'

export function report(...names: string[]): string {
  return join(REPORTS, ...names)
}

/** Whole or not at all. @throws Error when it cannot be written */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
