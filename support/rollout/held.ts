import type { JournalEntry } from './ports'

/** A host that is out of the pool, and the run that took it out. */
export interface Held {
  host: string
  obligation: string
  run: string
  feature: string
  since: string
}

export interface RunRecord {
  run: string
  entries: readonly (JournalEntry & { at: string })[]
}

/** What all runs together, oldest first, have left open: a later run may have lifted what an earlier one opened. */
export function heldByRuns(records: readonly RunRecord[]): Held[] {
  const open = new Map<string, Held>()
  for (const { run, entries } of records) {
    let feature = ''
    for (const entry of entries) {
      if (entry.type === 'run') feature = entry.feature
      if (entry.type !== 'opened' && entry.type !== 'lifted') continue
      for (const host of entry.hosts) {
        const key = `${entry.obligation} ${host}`
        if (entry.type === 'lifted') open.delete(key)
        else if (!open.has(key))
          open.set(key, { host, obligation: entry.obligation, run, feature, since: entry.at })
      }
    }
  }
  return [...open.values()]
}
