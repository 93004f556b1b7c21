import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Manual } from './manual'

/** Returns the run whose journal is the newest. */
export function lastRun(manual: Manual): string {
  return runs(manual).at(-1) ?? ''
}

/** Returns the run whose journal is the oldest. */
export function firstRun(manual: Manual): string {
  return runs(manual)[0] ?? ''
}

/** Returns all that journals say so far. */
export function journals(manual: Manual): string {
  return journalsOf(manual)
    .map((path) => readFileSync(path, 'utf8'))
    .join('')
}

export function removeLiveJournals({ scratch }: Manual): void {
  rmSync(join(scratch.path, '.lockstep', 'live'), { recursive: true, force: true })
}

/** Writes the newest journal up to its first host that was taken out, into the same file or into another of its name. */
export function cutLastJournal(manual: Manual, how: 'shortened' | 'exchanged'): void {
  const path = join(manual.scratch.path, '.lockstep', 'live', `${lastRun(manual)}.journal.ndjson`)
  const lines = readFileSync(path, 'utf8').split('\n')
  const opened = lines.findIndex((line) => line.includes('"type":"opened"'))
  if (how === 'exchanged') rmSync(path)
  writeFileSync(path, `${lines.slice(0, opened).join('\n')}\n`)
}

function runs(manual: Manual): string[] {
  return journalsOf(manual)
    .map((path) => basename(path, '.journal.ndjson'))
    .sort()
}

function journalsOf({ scratch }: Manual): string[] {
  const folder = join(scratch.path, '.lockstep')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => join(folder, name))
}
