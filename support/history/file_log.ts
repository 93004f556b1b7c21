import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import {
  digestOf,
  headBehind,
  NO_ENTRY,
  type HistoryLog,
  type LastShipped,
  type LogEntry,
  type LogHead,
  type ShippedRecord,
} from './log'
import { logEntryIn } from './log_reading'
import { placeFile, readIfThere, readOrPlaceId } from '../system/placed_file'
import { safe } from './store'

const ENTRIES = 'entries'
const JOURNALS = 'journals'

/**
 * A log of histories in a folder. Each entry and each piece of a journal is a file that is linked into its place: of
 * several processes that want the same place, one gets it.
 */
export class FileLog implements HistoryLog {
  /** The entries that were read already, by their folders: none is ever written again. */
  private readonly known = new Map<string, LogEntry[]>()
  private readonly revisions = new Set<string>()

  constructor(private readonly root: string) {}

  async identity(): Promise<string> {
    return readOrPlaceId(join(this.root, 'id'))
  }

  async heads(): Promise<ReadonlyMap<string, LogHead>> {
    return new Map(
      this.folders().flatMap((folder) => {
        const last = this.entriesIn(folder).at(-1)
        return last === undefined ? [] : [[last.environment, headOf(last)] as const]
      }),
    )
  }

  async append(record: ShippedRecord, after: LogHead): Promise<boolean> {
    const folder = this.folderOf(record.environment)
    const head = headOf(this.entriesIn(folder).at(-1) ?? NO_ENTRY)
    if (head.sequence !== after.sequence || head.chain !== after.chain) return false
    // Other environments may have it too.
    for (const each of this.folders()) this.entriesIn(each)
    if (this.revisions.has(revisionOf(record))) return false
    const { environment, origin, run, revision, journal } = record
    const entry = {
      ...headBehind(record, after),
      environment,
      origin,
      run,
      revision,
      journal,
      record: record.record,
      feature: record.feature?.toString('base64') ?? null,
    }
    return placeFile(join(folder, `${padded(entry.sequence)}.json`), JSON.stringify(entry))
  }

  async read(environment: string, after: number): Promise<readonly LogEntry[]> {
    return this.entriesIn(this.folderOf(environment)).filter(({ sequence }) => sequence > after)
  }

  async lastOf(origin: string): Promise<ReadonlyMap<string, LastShipped>> {
    const last = new Map<string, LastShipped>()
    for (const entry of this.entries()) {
      if (entry.origin !== origin || (last.get(entry.run)?.revision ?? -1) >= entry.revision) continue
      last.set(entry.run, { revision: entry.revision, digest: digestOf(entry) })
    }
    return last
  }

  async journalEnd(origin: string, run: string): Promise<number> {
    return endOf(this.journalOf(origin, run))
  }

  async appendJournal(origin: string, run: string, start: number, bytes: Buffer): Promise<boolean> {
    const folder = this.journalOf(origin, run)
    if (bytes.length === 0 || endOf(folder) !== start) return false
    return placeFile(join(folder, padded(start)), bytes)
  }

  async readJournal(origin: string, run: string, start: number): Promise<Buffer | undefined> {
    return readIfThere(join(this.journalOf(origin, run), padded(start)))
  }

  /** Returns all entries, in the order of each environment. @throws LockstepError `journal-failed` */
  entries(): LogEntry[] {
    return this.folders().flatMap((folder) => this.entriesIn(folder))
  }

  /** Returns a journal up to a length; undefined where not all of it is here. */
  journalBytes(origin: string, run: string, length: number): Buffer | undefined {
    const pieces: Buffer[] = []
    for (let end = 0; end < length;) {
      const piece = readIfThere(join(this.journalOf(origin, run), padded(end)))
      if (piece === undefined || piece.length === 0) return undefined
      pieces.push(piece)
      end += piece.length
    }
    return Buffer.concat(pieces).subarray(0, length)
  }

  /** Returns the entries of an environment. Only those are read that have come since. */
  private entriesIn(folder: string): LogEntry[] {
    const entries = this.known.get(folder) ?? []
    this.known.set(folder, entries)
    for (;;) {
      const sequence = entries.length + 1
      const path = join(folder, `${padded(sequence)}.json`)
      const text = readIfThere(path)
      if (text === undefined) return entries
      const entry = logEntryIn(text.toString('utf8'))
      if (entry?.sequence !== sequence)
        throw new LockstepError(
          'journal-failed',
          `${path} is not the entry ${sequence} of a shared history; move ${this.root} away, and it is read again from the database`,
        )
      entries.push(entry)
      this.revisions.add(revisionOf(entry))
    }
  }

  private folders(): string[] {
    return namesIn(join(this.root, ENTRIES)).map((name) => join(this.root, ENTRIES, name))
  }

  private folderOf(environment: string): string {
    return join(this.root, ENTRIES, safe(environment))
  }

  private journalOf(origin: string, run: string): string {
    return join(this.root, JOURNALS, safe(origin), safe(run))
  }
}

function headOf({ sequence, chain }: LogHead): LogHead {
  return { sequence, chain }
}

function revisionOf({ origin, run, revision }: ShippedRecord): string {
  return JSON.stringify([origin, run, revision])
}

/** Returns the number of bytes in the pieces of a folder: each begins where the one before ends. */
function endOf(folder: string): number {
  const last = namesIn(folder)
    .filter((name) => /^\d+$/.test(name))
    .at(-1)
  return last === undefined ? 0 : Number(last) + statSync(join(folder, last)).size
}

/** Returns a number as names sort it. */
function padded(number: number): string {
  return String(number).padStart(15, '0')
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
