import { LockstepError } from '../system/errors'
import {
  checksum,
  digestOf,
  headBehind,
  NO_ENTRY,
  type HistoryLog,
  type JournalMark,
  type LogHead,
  type ShippedRecord,
} from './log'

/** The most bytes of a journal that are shipped at once. */
const PIECE_BYTES = 1024 * 1024
/** The most times that an entry is tried again, since other control hosts were faster. */
const MAX_TRIES = 1_000

/** A record of this control host, and the bytes beside it. They are read only when it is shipped. */
export interface LocalRecord {
  run: string
  /** The checksum of what it says, as `digestOf` has it. */
  digest: string
  load(): { record: Omit<ShippedRecord, 'revision'>; journal: Buffer | undefined }
}

/** The end of a call that ships. */
export interface Shipped {
  /** The number of records that were appended, and of those that were there already. */
  appended: number
  known: number
  /** The reasons why some were not shipped. */
  faults: readonly string[]
}

/**
 * Ships the records of one state folder that a log does not have yet, each behind its journal. It may be stopped between
 * any two calls of the log, and called again at any time, also by several processes at once: each record comes in once.
 */
export async function shipRecords(
  log: HistoryLog,
  origin: string,
  records: readonly LocalRecord[],
): Promise<Shipped> {
  const known: Known = { origin, last: new Map(await log.lastOf(origin)), heads: new Map(await log.heads()) }
  let appended = 0
  const faults: string[] = []
  for (const record of records) {
    if (known.last.get(record.run)?.digest === record.digest) continue
    const fault = await shipRecord(log, record, known)
    if (fault === undefined) appended += 1
    else faults.push(fault)
  }
  return { appended, known: records.length - appended - faults.length, faults }
}

interface Known {
  origin: string
  last: Map<string, { revision: number; digest: string }>
  heads: Map<string, LogHead>
}

/** Ships one record. Returns why it cannot be shipped. */
async function shipRecord(log: HistoryLog, local: LocalRecord, known: Known): Promise<string | undefined> {
  const { record, journal } = local.load()
  const { environment, run } = record
  if (journal !== undefined && !(await shipJournal(log, known.origin, run, journal)))
    return `the journal of run ${run} is not the one that the shared history has of it: it was edited since, and the run is not shipped again`
  const digest = digestOf(record)
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const before = known.last.get(run)
    if (before?.digest === digest) return undefined
    const revision = before === undefined ? 0 : before.revision + 1
    const head = known.heads.get(environment) ?? NO_ENTRY
    if (await log.append({ ...record, revision }, head)) {
      known.last.set(run, { revision, digest })
      known.heads.set(environment, headBehind({ ...record, revision }, head))
      return undefined
    }
    // Another process was faster: with an entry of this environment, or with this very one.
    known.heads = new Map(await log.heads())
    known.last = new Map(await log.lastOf(known.origin))
  }
  throw new LockstepError(
    'journal-failed',
    `run ${run} found no place in the shared history: others write it all the time`,
  )
}

/** Ships the bytes of a journal that are missing. Returns false where the log has others of it. */
async function shipJournal(log: HistoryLog, origin: string, run: string, journal: Buffer): Promise<boolean> {
  // What is there is compared: a journal is only appended to.
  let at = 0
  for (let piece: Buffer | undefined; (piece = await log.readJournal(origin, run, at)) !== undefined;) {
    if (!journal.subarray(at, at + piece.length).equals(piece)) return false
    at += piece.length
  }
  while (at < journal.length) {
    const piece = journal.subarray(at, at + PIECE_BYTES)
    const isOurs = await log.appendJournal(origin, run, at, piece)
    const there = isOurs ? piece : await log.readJournal(origin, run, at)
    if (there === undefined || !journal.subarray(at, at + there.length).equals(there)) return false
    at += there.length
  }
  return true
}

/** Returns the mark of a whole journal. */
export function markOf(journal: Buffer): JournalMark {
  return { length: journal.length, sha256: checksum(journal) }
}
