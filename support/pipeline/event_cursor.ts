import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import { JOURNAL_SUFFIX, NO_LINE, parseLine } from '../system/journal_lines'
import { LineCutter } from '../system/lines'
import type { RecordedPipelineEvent } from './events'
import { nameJournal, pipelineJournalNumbers, readEvent } from './pipeline_journal'

/** A place in the journals of a pipeline: behind so many events of one journal, and behind all of those before it. */
export interface JournalPlace {
  /** The number of the journal. */
  journal: number
  entries: number
}

/** An event as it stands in a journal. */
export interface JournalEvent {
  /** Is the same whenever the event is read, and the same as that of no other event. */
  id: string
  event: RecordedPipelineEvent
  /** The place behind it. */
  behind: JournalPlace
}

const CHUNK = 64 * 1024

/**
 * Reads the events of a pipeline's journals from a place on, one after the other, while they are written. It has no more
 * in memory than a piece of one file, however many events there are.
 */
export class EventCursor {
  private file: OpenJournal | undefined
  private at: JournalPlace

  constructor(
    private readonly folder: string,
    private readonly from: JournalPlace,
    /** Returns the place behind the last event that may be read: what is behind it may not be on disk yet. */
    private readonly end: () => JournalPlace,
  ) {
    this.at = { journal: from.journal, entries: 0 }
  }

  /**
   * Returns the next event; undefined when there is none yet.
   * @throws LockstepError `journal-failed` when a journal cannot be read, or is not what was written
   */
  next(): JournalEvent | undefined {
    const end = this.end()
    for (;;) {
      const { journal, entries } = this.at
      if (journal > end.journal || (journal === end.journal && entries >= end.entries)) return undefined
      const read = this.read(journal === end.journal)
      if (read === undefined) this.goOn(end.journal)
      else {
        this.at = { journal, entries: entries + 1 }
        if (journal > this.from.journal || entries >= this.from.entries)
          return { id: idOf(journal, read.line), event: read.event, behind: this.at }
      }
    }
  }

  close(): void {
    this.file?.close()
    this.file = undefined
  }

  /** Returns the next event of the journal; undefined at its end. One that is written now has more than was read. */
  private read(isBeingWritten: boolean): { line: string; event: RecordedPipelineEvent } | undefined {
    const path = join(this.folder, `${nameJournal(this.at.journal)}${JOURNAL_SUFFIX}`)
    const fail = (why: string, cause?: unknown) =>
      new LockstepError('journal-failed', `the journal ${path} ${why}`, { cause })
    const next = () => this.file?.next(!isBeingWritten)
    try {
      if (this.file === undefined && existsSync(path)) this.file = new OpenJournal(path)
      for (let json = next(); json !== undefined; json = next()) {
        const value = JSON.parse(json.json) as Record<string, unknown>
        if (value['type'] === 'journal') continue
        const read = readEvent(value)
        if ('fault' in read) throw fail(read.fault)
        if (read.entry !== undefined) return { line: json.line, event: read.entry }
      }
    } catch (error) {
      if (error instanceof LockstepError) throw error
      throw fail(`cannot be read: ${(error as Error).message}`, error)
    }
    // A kill cuts off the last line of a journal, and nobody was told of it.
    if (isBeingWritten) throw fail('lacks events that were written')
    return undefined
  }

  private goOn(last: number): void {
    this.close()
    const next = pipelineJournalNumbers(this.folder).find((number) => number > this.at.journal)
    this.at = { journal: Math.min(next ?? last, last), entries: 0 }
  }
}

const ID_DIGITS = 32

/** Returns the id of an event: a line has a time in it, and a checksum of all lines before it in its journal. */
function idOf(journal: number, line: string): string {
  const digest = createHash('sha256').update(`${nameJournal(journal)}\n${line}`)
  return digest.digest('hex').slice(0, ID_DIGITS)
}

/** The whole lines of a journal, read piece by piece. */
class OpenJournal {
  private readonly fd: number
  private readonly cutter = new LineCutter()
  private readonly chunk = Buffer.allocUnsafe(CHUNK)
  private lines: string[] = []
  private last = NO_LINE

  constructor(path: string) {
    this.fd = openSync(path, 'r')
  }

  /** Returns the next line; undefined when no other is what was written. A kill may leave the last one without its end. */
  next(isEnded: boolean): { line: string; json: string } | undefined {
    while (this.lines.length === 0) {
      const length = readSync(this.fd, this.chunk)
      if (length === 0) {
        this.lines = isEnded ? this.cutter.rest().map(({ text }) => text) : []
        if (this.lines.length === 0) return undefined
        break
      }
      this.lines = this.cutter.cut(this.chunk.subarray(0, length), true).map(({ text }) => text)
    }
    const line = this.lines.shift() ?? ''
    const parsed = parseLine(line, this.last)
    if (parsed === undefined) return undefined
    this.last = parsed.last
    return { line, json: parsed.json }
  }

  close(): void {
    closeSync(this.fd)
  }
}
