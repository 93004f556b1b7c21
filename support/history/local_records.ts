import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { writePieces } from '../system/whole_file'
import type { HistoryEntry } from './history_record'
import { digestOf, type ShippedRecord } from './log'
import { readIfThere } from '../system/placed_file'
import { markOf, type LocalRecord } from './ship'
import type { HistoryStore } from './store'

const stamps = v.record(v.string(), v.object({ stamp: v.string(), digest: v.string() }))
type Stamps = v.InferOutput<typeof stamps>

/** The records of this control host that can be shipped, oldest first, and the paths of those that cannot be read. */
export interface LocalRecords {
  records: LocalRecord[]
  damaged: readonly string[]
}

/**
 * Returns the records in the files of this control host. Checksums are kept in `folder`, by the size and the
 * time of each file: journals are not read again for every command.
 */
export function localRecords(store: HistoryStore, origin: string, folder: string): LocalRecords {
  const path = join(folder, 'checksums.json')
  const known = readStamps(path)
  const now: Stamps = {}
  const { runs, damaged } = store.all()
  const records = runs.map((run): LocalRecord => {
    const load = () => loadRecord(store, origin, run)
    const stamp = stampOf(store, run)
    const before = known[run.run]
    const digest = before?.stamp === stamp ? before.digest : digestOf(load().record)
    now[run.run] = { stamp, digest }
    return { run: run.run, digest, load }
  })
  if (JSON.stringify(now) !== JSON.stringify(known)) writePieces(path, [JSON.stringify(now)])
  return { records, damaged }
}

function loadRecord(store: HistoryStore, origin: string, run: HistoryEntry): ReturnType<LocalRecord['load']> {
  const paths = store.evidenceOf(run)
  const journal = readIfThere(paths.journal)
  const record: Omit<ShippedRecord, 'revision'> = {
    environment: run.environment,
    origin,
    run: run.run,
    // A text in JSON has no NUL: it is written as an escape.
    record: JSON.stringify(run),
    feature: readIfThere(paths.feature) ?? null,
    journal: journal === undefined ? null : markOf(journal),
  }
  return { record, journal }
}

function stampOf(store: HistoryStore, run: HistoryEntry): string {
  const { feature, journal, record } = store.evidenceOf(run)
  return [record, feature, journal].map(stampOfFile).join(' ')
}

function stampOfFile(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? '-' : `${found.ino}/${found.size}/${found.mtimeMs}`
}

/** Returns the checksums that were kept; none where they cannot be read, since they can be made again. */
function readStamps(path: string): Stamps {
  try {
    return v.parse(stamps, JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
