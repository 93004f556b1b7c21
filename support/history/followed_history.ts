import { readFileSync, statSync } from 'node:fs'
import { LockstepError } from '../system/errors'
import { FileLog } from './file_log'
import type { HistoryEntry } from './history_record'
import { recordOf, withShared, type SharedCopy } from './known_history'
import type { LogEntry } from './log'
import { HistoryStore, type RunsRead } from './store'

/** The history at one moment. */
export interface HistoryRead extends RunsRead {
  /** A sentence that says why runs of other control hosts may be missing; undefined where none can be. */
  notKnown: string | undefined
}

/**
 * The history as often as somebody asks: that of this control host, and the copy of what others have shared. Only what has come since
 * is read. It writes nothing, and asks no database.
 */
export class FollowedHistory {
  private readonly own: HistoryStore
  private shared: { mark: string; log: FileLog } | undefined
  private readonly records = new WeakMap<LogEntry, { record: HistoryEntry | undefined }>()
  private others: ReadonlyMap<HistoryEntry, LogEntry> = new Map()
  private before: { own: RunsRead; entries: readonly LogEntry[]; read: HistoryRead } | undefined

  /** `copyOf` returns the copy of what is shared; undefined where nothing is, or nothing was copied yet. */
  constructor(
    history: string,
    private readonly copyOf: () => SharedCopy | undefined,
  ) {
    this.own = new HistoryStore(history)
  }

  /** Returns all runs, oldest first. The answer is another one only where a run has come, has changed or has gone. */
  read(): HistoryRead {
    const own = this.own.all()
    const { entries, origin, fault } = this.sharedEntries()
    const { before } = this
    const isSame =
      before !== undefined &&
      before.read.notKnown === fault &&
      isAlike(before.own.runs, own.runs) &&
      isAlike(before.own.damaged, own.damaged) &&
      isAlike(before.entries, entries)
    if (isSame) return before.read
    const { runs, others, unread } = withShared(own.runs, entries, origin, (entry) => this.recordOf(entry))
    this.others = others
    const read = { runs, damaged: own.damaged, notKnown: fault ?? unread }
    this.before = { own, entries, read }
    return read
  }

  /** Returns the text that a run was of; undefined where it is not kept. */
  textOf(run: HistoryEntry): Buffer | undefined {
    const entry = this.others.get(run)
    if (entry !== undefined) return entry.feature ?? undefined
    try {
      return readFileSync(this.own.evidenceOf(run).feature)
    } catch {
      // The text is kept only where the file had not changed when the run ended.
      return undefined
    }
  }

  private sharedEntries(): { entries: readonly LogEntry[]; origin: string; fault?: string } {
    try {
      const copy = this.copyOf()
      if (copy === undefined) return { entries: [], origin: '' }
      const { folder, origin } = copy
      const stat = statSync(folder, { throwIfNoEntry: false })
      // A copy that was set aside leaves its name to another one.
      const mark = `${folder} ${stat?.dev} ${stat?.ino}`
      if (this.shared?.mark !== mark) this.shared = { mark, log: new FileLog(folder) }
      return { entries: this.shared.log.entries(), origin }
    } catch (error) {
      if (!(error instanceof LockstepError || 'syscall' in Object(error))) throw error
      return { entries: [], origin: '', fault: (error as Error).message }
    }
  }

  private recordOf(entry: LogEntry): HistoryEntry | undefined {
    const known = this.records.get(entry) ?? { record: recordOf(entry) }
    this.records.set(entry, known)
    return known.record
  }
}

function isAlike(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && now.every((each, index) => each === before[index])
}
