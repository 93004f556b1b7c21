import { rmSync } from 'node:fs'
import { InTurn } from '../system/in_turn'
import { JournalFile } from '../system/journal_file'
import { readJournals } from '../system/journal_reading'
import { Requests, type RequestEntry } from './requests'

const MIN_ENTRIES = 5_000
const NEVER = new AbortController()

/**
 * A record on disk before anything is changed: requests, replies that are due, replies that were sent, and programs
 * still under way. The entries of an earlier daemon are taken over, so that a restart forgets no promise and no replay.
 */
export class RequestRecord {
  private readonly queue = new InTurn()
  private file: JournalFile | undefined
  private entries = 0
  /** The number of entries after which a new file is started. */
  private mostEntries = MIN_ENTRIES
  private files = 0

  private constructor(
    private readonly folder: string,
    private readonly now: () => number,
    readonly requests: Requests,
  ) {}

  /**
   * Opens the record of a folder.
   * @throws LockstepError `journal-failed`
   */
  static async open(
    folder: string,
    now: () => number,
    onTrouble: (what: string) => void = () => {},
  ): Promise<RequestRecord> {
    const journals = readJournals(folder, () => (value) => ({ entry: value as unknown as RequestEntry }))
    const requests = new Requests()
    for (const { entries } of journals) entries.forEach((entry) => requests.take(entry))
    const record = new RequestRecord(folder, now, requests)
    await record.startAnew()
    for (const { path, fault } of journals) {
      const wasRead = fault?.kind !== 'unreadable' && fault?.kind !== 'unknown'
      if (wasRead) rmSync(path, { force: true })
      else if (fault !== undefined) onTrouble(notTakenOver(path, fault.what))
    }
    return record
  }

  /**
   * Adds an entry.
   * @throws LockstepError `journal-failed`: what depends on the entry must not be done then
   */
  add(entry: RequestEntry): Promise<void> {
    // Entries are added one after the other: those carried over into a new file must not come after later ones.
    return this.queue.run(NEVER, async () => {
      if (this.entries > this.mostEntries) await this.startAnew()
      this.requests.take(entry)
      this.entries += 1
      await this.file?.append(entry)
    })
  }

  async close(): Promise<void> {
    await this.file?.close()
  }

  /** Starts a new file with the entries that still matter, in the place of the one before. */
  private async startAnew(): Promise<void> {
    const before = this.file
    this.requests.forget(this.now())
    const kept = this.requests.entries()
    this.files += 1
    this.entries = 0
    // The limit grows with the entries that are carried over, so that they are not written again and again.
    this.mostEntries = Math.max(MIN_ENTRIES, kept.length)
    this.file = new JournalFile(this.folder, `${this.now()}-${process.pid}-${this.files}`, this.now)
    await this.file.append({ type: 'daemon', pid: process.pid })
    for (const entry of kept) await this.file.append(entry)
    await before?.close()
    if (before !== undefined) rmSync(before.path, { force: true })
  }
}

function notTakenOver(path: string, what: string): string {
  return `${path} ${what}; what it says of requests is not known: one of them may be carried out a second time within its ttl, and an answer may be missing. Start the build that wrote it once, or move the file away once ten minutes have passed`
}
