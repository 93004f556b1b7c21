import { basename, join } from 'node:path'
import { LockstepError } from './errors'
import { JOURNAL_CHANGED, JOURNAL_SUFFIX, JOURNAL_VERSION, jsonOfLine } from './journal_lines'
import { namesIn, readRegularFile } from './regular_file'

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

/** A check that says why a value is no entry; undefined for an entry. */
export type EntryCheck = (value: Record<string, unknown>) => string | undefined

/**
 * Reads the journals of a directory, oldest run first. A directory that is not there has none.
 * @throws LockstepError `journal-failed` when the directory cannot be listed
 */
export function readJournals<E>(directory: string, check: EntryCheck): JournalRead<E>[] {
  return listFolder(directory)
    .filter((name) => name.endsWith(JOURNAL_SUFFIX))
    .map((name) => readJournal<E>(join(directory, name), check))
}

/** Returns the paths among journals that are no journals. */
export function foreignAmongJournals(directory: string): string[] {
  return listFolder(directory)
    .filter((name) => !name.endsWith(JOURNAL_SUFFIX))
    .map((name) => join(directory, name))
}

/**
 * Reads one journal. It never throws, and never waits for the writer of a pipe: a journal that cannot be read has a
 * fault.
 */
export function readJournal<E>(path: string, check: EntryCheck): JournalRead<E> {
  const run = basename(path).slice(0, -JOURNAL_SUFFIX.length)
  try {
    return { run, path, ...readText<E>(readRegularFile(path).toString('utf8'), check) }
  } catch (error) {
    const what = `cannot be read: ${(error as Error).message}`
    return { run, path, entries: [], fault: { kind: 'unreadable', what } }
  }
}

function readText<E>(text: string, check: EntryCheck): Pick<JournalRead<E>, 'entries' | 'fault'> {
  const entries: E[] = []
  const lines = text.split('\n')
  const stop = (kind: JournalFault['kind'], what: string) => ({ entries, fault: { kind, what } })
  if (text === '') return stop('damaged', 'is empty')
  if (lines[0] === '') return stop('damaged', 'does not begin with its version')
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const json = jsonOfLine(line)
    const isLast = index === lines.length - 1
    if (json === undefined && isLast && index > 0) return stop('cut off', 'ends in the middle of a line')
    if (json === undefined) return stop('damaged', `is damaged from line ${index + 1} on`)
    const value = recordIn(json)
    if (value === undefined) return stop('unknown', `has no entry in line ${index + 1}`)
    if (value['type'] === JOURNAL_CHANGED)
      return stop('damaged', 'was changed by somebody during the run, and may lack what it had')
    const other = index === 0 ? versionFault(value) : check(value)
    if (other !== undefined) return stop('unknown', index === 0 ? other : `${other} in line ${index + 1}`)
    if (index > 0) entries.push(value as E)
    // Every line is written with its newline: without one, others may have stood behind it.
    if (isLast) return stop('cut off', 'ends in the middle of a line')
  }
  return { entries, fault: undefined }
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
