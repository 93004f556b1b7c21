import { readFileSync } from 'node:fs'
import { recordOf, UNRELEASED, type Entry, type RunRecord } from '../record/record'
import { RecordStore } from '../record/store'
import type { Releases } from '../rollout/ports'
import { readJournal } from '../system/journal_file'
import { RECORD } from './reports'

/** What the record knows of releases, for a run in `environment`. */
export function releasesOnRecord(
  environment: string,
  current: string | undefined,
  decide: boolean,
): Releases {
  const store = new RecordStore(RECORD)
  const runs = (where: string, release: string) => store.runsOf(where, release)
  return {
    current,
    decide,
    heldIn(where, release) {
      const held = runs(where, release).findLast(({ mode, outcome }) => mode === 'live' && outcome === 'held')
      return held === undefined ? undefined : { run: held.run, at: held.ended, hosts: held.hosts.length }
    },
    hasArrived: (release) =>
      release !== UNRELEASED &&
      runs(environment, release).some(({ mode, outcome }) => mode === 'noop' && outcome === 'held'),
  }
}

/** Writes what a run did by its journal. @throws Error when it cannot be written */
export function writeRecord(journal: string): RunRecord[] {
  const { run, entries } = readJournal<Entry>(journal)
  const store = new RecordStore(RECORD)
  return featuresIn(entries).flatMap((part, index) => {
    const record = recordOf(index === 0 ? run : `${run}-${index + 1}`, part)
    if (record === undefined) return []
    return [store.write(record, { feature: readFileSync(record.feature, 'utf8'), journal })]
  })
}

/** One journal has all features of a run, one after the other; how it ended is said once, for all of them. */
function featuresIn(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = []
  for (const entry of entries) {
    if (entry.type === 'run') parts.push([])
    parts.at(-1)?.push(entry)
  }
  const end = entries.findLast(({ type }) => type === 'end')
  return parts.map((part) => (end === undefined || part.includes(end) ? part : [...part, end]))
}
