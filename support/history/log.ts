import { createHash } from 'node:crypto'

/** The place of an entry in the order of its environment, and the checksum over all entries up to it. */
export interface LogHead {
  /** The number of the last entry, counted from 1; 0 where there is none. */
  sequence: number
  chain: string
}

export const NO_ENTRY: LogHead = { sequence: 0, chain: '' }

/** The record of a run as one control host ships it. */
export interface ShippedRecord {
  environment: string
  /** The id of the state folder that the run has written to. */
  origin: string
  run: string
  /** The number of earlier entries of this run: a record that is written again gets the next one. */
  revision: number
  /** The text of the record, in JSON. */
  record: string
  /** The feature as it was run; null where it is gone. */
  feature: Buffer | null
  /** The journal of the run, which is in the log already; null where it is gone. */
  journal: JournalMark | null
}

/** The part of a journal that belongs to a record. */
export interface JournalMark {
  /** The number of its bytes. */
  length: number
  sha256: string
}

/** An entry of a log, in its place. */
export interface LogEntry extends ShippedRecord, LogHead {}

/** The last entry of a run. */
export interface LastShipped {
  revision: number
  digest: string
}

/**
 * An append-only log of what runs did, which several control hosts write. Each method is done whole or not at all, and
 * may be repeated after any failure.
 */
export interface HistoryLog {
  /** The id of the log, which no other log has. */
  identity(): Promise<string>
  /** Returns the last entry of each environment that has any. */
  heads(): Promise<ReadonlyMap<string, LogHead>>
  /**
   * Appends an entry right behind another one.
   * @returns false where that one is not the last any more, or the revision of the run is there already
   */
  append(record: ShippedRecord, after: LogHead): Promise<boolean>
  /** Returns the next entries after a sequence, in their order; none at the end. */
  read(environment: string, after: number): Promise<readonly LogEntry[]>
  /** Returns the last entry of each run of a state folder. */
  lastOf(origin: string): Promise<ReadonlyMap<string, LastShipped>>
  /** Returns the number of bytes that are there of a run's journal. */
  journalEnd(origin: string, run: string): Promise<number>
  /** Appends bytes to a journal. @returns false where the journal does not end at `start` any more */
  appendJournal(origin: string, run: string, start: number, bytes: Buffer): Promise<boolean>
  /** Returns the bytes that were appended at `start`; undefined at the end. */
  readJournal(origin: string, run: string, start: number): Promise<Buffer | undefined>
}

/** Returns the checksum of what a record says, without its place and its revision. */
export function digestOf({
  environment,
  origin,
  run,
  record,
  feature,
  journal,
}: Omit<ShippedRecord, 'revision'>): string {
  const said = [environment, origin, run, record, feature?.toString('base64') ?? null]
  return checksum(JSON.stringify([...said, journal?.length ?? null, journal?.sha256 ?? null]))
}

/** Returns the head of a log behind a new entry. */
export function headBehind(record: ShippedRecord, { sequence, chain }: LogHead): LogHead {
  const next = sequence + 1
  return { sequence: next, chain: checksum(JSON.stringify([chain, next, record.revision, digestOf(record)])) }
}

export function checksum(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
