import { basename, join } from 'node:path'
import { LockstepError } from './errors'
import { JOURNAL_CHANGED, JOURNAL_SUFFIX, JOURNAL_VERSION, NO_LINE, parseLine } from './journal_lines'
import { readLines, readLinesNow } from './lines'
import { namesIn, wholeLinesAt } from './regular_file'

/** A journal as far as it can be trusted. */
export interface JournalRead<E> {
  run: string
  path: string
  /** The entries, up to the fault if there is one. */
  entries: E[]
  fault: JournalFault | undefined
}

/** The reason why a journal does not tell everything. */
export interface JournalFault {
  /**
   * The kind of fault. `cut off`: only its last line is incomplete, as a kill leaves it. `damaged`: some other line is
   * not what was written. `unknown`: another build has written it. `unreadable`: it is no file, or this user may not
   * read it.
   */
  kind: 'cut off' | 'damaged' | 'unknown' | 'unreadable'
  /** The words that go on after "the journal …". */
  what: string
}

/**
 * A reader of the values of one journal, in their order. It returns the entry, which is undefined where it is not wanted, or
 * the words why the value is no entry.
 */
export type EntryReader<E> = (value: Record<string, unknown>) => { entry: E | undefined } | { fault: string }

/**
 * Reads the journals of a directory, oldest run first. A directory that is not there has none.
 * @throws LockstepError `journal-failed` when the directory cannot be listed
 */
export function readJournals<E>(directory: string, newReader: () => EntryReader<E>): JournalRead<E>[] {
  return listFolder(directory)
    .filter((name) => name.endsWith(JOURNAL_SUFFIX))
    .map((name) => readJournal<E>(join(directory, name), newReader()))
}

/** Returns the paths among journals that are no journals. */
export function foreignAmongJournals(directory: string): string[] {
  return listFolder(directory)
    .filter((name) => !name.endsWith(JOURNAL_SUFFIX))
    .map((name) => join(directory, name))
}

/**
 * Reads one journal line by line: as one text, it would be in memory twice, and could be longer than a text may be. It
 * never throws, and never waits for the writer of a pipe: a journal that cannot be read has a fault.
 */
export function readJournal<E>(path: string, read: EntryReader<E>): JournalRead<E> {
  const run = basename(path).slice(0, -JOURNAL_SUFFIX.length)
  const entries: E[] = []
  const lines = new JournalLines<E>(read, (entry) => entries.push(entry))
  try {
    for (const { text, isEnded } of readLinesNow(path)) {
      const fault = lines.hear(text, isEnded)
      if (fault !== undefined) return { run, path, entries, fault }
    }
    return { run, path, entries, fault: lines.fault }
  } catch (error) {
    const what = `cannot be read: ${(error as Error).message}`
    return { run, path, entries: [], fault: { kind: 'unreadable', what } }
  }
}

/**
 * Reads one journal entry by entry, so that it never has to be in memory at once. Resolves with its fault; undefined for
 * a journal that tells everything.
 */
export async function eachEntry<E>(
  path: string,
  read: EntryReader<E>,
  take: (entry: E) => void,
): Promise<JournalFault | undefined> {
  const lines = new JournalLines<E>(read, take)
  try {
    for await (const { text, isEnded } of readLines(path)) {
      const fault = lines.hear(text, isEnded)
      if (fault !== undefined) return fault
    }
  } catch (error) {
    if (error instanceof LockstepError) throw error
    return { kind: 'unreadable', what: `cannot be read: ${(error as Error).message}` }
  }
  return lines.fault
}

/** A reader of a journal that is still written: it reads what is new, and only lines that are whole. */
export class JournalTail<E> {
  private at = 0
  private entries: E[] = []
  private readonly lines: JournalLines<E>
  private fault: JournalFault | undefined

  constructor(
    private readonly path: string,
    read: EntryReader<E>,
  ) {
    this.lines = new JournalLines<E>(read, (entry) => this.entries.push(entry))
  }

  /** The bytes of the lines that were read. */
  get offset(): number {
    return this.at
  }

  /**
   * Returns the entries since the last call, and the fault behind which nothing more is read, once. Once `atMost` bytes
   * are read, the next call goes on.
   * @throws Error of the system where the file cannot be read
   */
  readNew(atMost = Infinity): { entries: E[]; fault: JournalFault | undefined } {
    const fault = this.fault === undefined ? this.hearNew(this.at + atMost) : undefined
    this.fault ??= fault
    return { entries: this.entries.splice(0), fault }
  }

  private hearNew(until: number): JournalFault | undefined {
    while (this.at < until) {
      const { text, bytes } = wholeLinesAt(this.path, this.at)
      if (bytes === 0) return undefined
      this.at += bytes
      for (const line of text.split('\n').slice(0, -1)) {
        const fault = this.lines.hear(line, true)
        if (fault !== undefined) return fault
      }
    }
    return undefined
  }
}

/** The lines of a journal, heard one after the other, up to the first that is not what was written. */
export class JournalLines<E> {
  private heard = 0
  private last = NO_LINE

  constructor(
    private readonly read: EntryReader<E>,
    private readonly take: (entry: E) => void,
  ) {}

  /** The fault of a journal of which all lines are well; an empty one has one. */
  get fault(): JournalFault | undefined {
    return this.heard === 0 ? { kind: 'damaged', what: 'is empty' } : undefined
  }

  /** Hears the next line, and takes its entry. `isEnded` says that a newline is behind it. */
  hear(line: string, isEnded: boolean): JournalFault | undefined {
    this.heard += 1
    const isFirst = this.heard === 1
    if (line === '') return isFirst ? damaged('does not begin with its version') : undefined
    const parsed = parseLine(line, this.last)
    if (parsed === undefined && isMark(line))
      return damaged('was changed by somebody during the run, and may lack what it had')
    if (parsed === undefined && !isEnded && !isFirst) return CUT_OFF
    if (parsed === undefined) return damaged(`is damaged from line ${this.heard} on`)
    this.last = parsed.last
    const value = recordIn(parsed.json)
    if (value === undefined) return unknown(`has no entry in line ${this.heard}`)
    const other = isFirst ? versionFault(value) : this.takeFrom(value)
    if (other !== undefined) return unknown(isFirst ? other : `${other} in line ${this.heard}`)
    // Every line is written with its newline: without one, others may have stood behind it.
    return isEnded ? undefined : CUT_OFF
  }

  /** Takes the entry that a value is, or returns why it is none. */
  private takeFrom(value: Record<string, unknown>): string | undefined {
    const read = this.read(value)
    if ('fault' in read) return read.fault
    if (read.entry !== undefined) this.take(read.entry)
    return undefined
  }
}

const CUT_OFF: JournalFault = { kind: 'cut off', what: 'ends in the middle of a line' }

/** Returns whether a line says that somebody changed the journal. It stands by itself: what is before it may be gone. */
function isMark(line: string): boolean {
  const parsed = parseLine(line, NO_LINE)
  return parsed !== undefined && recordIn(parsed.json)?.['type'] === JOURNAL_CHANGED
}

function damaged(what: string): JournalFault {
  return { kind: 'damaged', what }
}

function unknown(what: string): JournalFault {
  return { kind: 'unknown', what }
}

function versionFault({ type, version }: Record<string, unknown>): string | undefined {
  if (type !== 'journal') return 'does not begin with its version: another build has written it'
  if (version === JOURNAL_VERSION) return undefined
  const said = JSON.stringify(version)?.slice(0, 20) ?? 'none'
  return `is of version ${said}, and this build reads version ${JOURNAL_VERSION}`
}

function recordIn(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isRecord ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function listFolder(directory: string): string[] {
  try {
    return namesIn(directory)
  } catch (error) {
    throw new LockstepError(
      'journal-failed',
      `the journals in ${directory} cannot be listed: ${(error as Error).message}; nothing can be said of their hosts`,
      { cause: error },
    )
  }
}
