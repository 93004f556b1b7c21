import { lstatSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findPartOfRecovery } from './origin'
import { partsOf } from './parts'
import { historyEntryOf } from './history_record'
import { HistoryStore } from './store'
import { readRunJournal, readRunJournals, type RunJournal } from '../run/journals'
import { MODES } from '../run/modes'
import { LockstepError } from '../system/errors'
import { formatLockstep, PLACES } from '../system/commands'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import type { Holder } from '../locks/host_locks'
import { namesIn } from '../system/regular_file'
import { choosePrunable, type Prunable } from './prune'

export interface PruneOptions {
  /** The folder of what outlives a run; `reports` is the folder of reports. */
  state: string
  reports: string
  /** The age that a run must have, ms. */
  olderThan: number
  stopped: boolean
  dryRun: boolean
  now: number
  locks: readonly Pick<Holder, 'run'>[]
  isAlive: (pid: number) => boolean
}

export interface Pruned extends Pick<Prunable, 'kept'> {
  /** The live runs whose journals are removed, or would be. */
  runs: readonly string[]
  /** The paths of all files, journals among them, in the order in which they are removed. */
  files: readonly string[]
  /** The size of all files, bytes. */
  bytes: number
}

/** The folders of journals that no other run asks for. */
const OF_NO_CONSEQUENCE = new Set(
  Object.values(MODES).flatMap(({ rollsOut, journals }) => (rollsOut ? [] : [journals])),
)
const RUN = /^\d{8}-\d{6}-[0-9a-f]{4}$/

/**
 * Removes the journals of old runs, with their logs, plans and recovery features. The history stays, and so does all
 * that says which hosts are out of rotation.
 * @throws LockstepError `journal-failed` when journals cannot be listed, or a file cannot be removed
 */
export function pruneState(options: PruneOptions): Pruned {
  const { journals } = readRunJournals(join(options.state, MODES.live.journals))
  const { removable, kept } = choosePrunable(journals, {
    before: options.now - options.olderThan,
    stopped: options.stopped,
    neededFor: (journal) => underWay(journal, options) ?? notOnRecord(journal, options.state),
  })
  const runs = removable.map(({ run }) => run)
  const files = [...removable.map(({ path }) => path), ...besideJournals(new Set(runs), journals, options)]
  const bytes = files.reduce((sum, path) => sum + sizeOf(path), 0)
  if (!options.dryRun) for (const path of files) remove(path)
  return { runs, files, bytes, kept }
}

function underWay({ run, entries }: RunJournal, { locks, isAlive }: PruneOptions): string | undefined {
  if (locks.some((lock) => lock.run === run)) return 'it has locks'
  if (entries.some(({ type }) => type === 'rollouts ended')) return undefined
  const isRunning = entries.some((entry) => entry.type === 'run' && isAlive(entry.pid))
  return isRunning ? 'its process may still be there' : undefined
}

/**
 * Returns the reason why a journal is needed until the history has its run whole. The history has copies of what it
 * needs; what it lacks can be written from the journal alone.
 */
function notOnRecord({ run, entries }: RunJournal, state: string): string | undefined {
  const store = new HistoryStore(join(state, 'history'))
  const parts = partsOf(entries).flatMap((part, index) => {
    const record = historyEntryOf(index === 0 ? run : `${run}-${index + 1}`, part)
    // A run that clears up after others is of no feature, and has no record.
    return record === undefined || record.sha256 === '' ? [] : [record]
  })
  const isMissing = parts.some(
    (record) =>
      !store.runsOf(record.environment, record.release).some((each) => each.run === record.run) ||
      !isSame(readRunJournal(store.evidenceOf(record).journal), entries),
  )
  const how = formatLockstep(`history --write ${run}`, PLACES)
  return isMissing ? `the history does not have it whole; write it: ${how}` : undefined
}

/**
 * Returns the logs and journals of other modes, the plans, the recovery features, and what pages have noted of a stop or a
 * put-back, to remove. Each goes once it is old, unless its run stays.
 */
function besideJournals(
  pruned: ReadonlySet<string>,
  journals: readonly RunJournal[],
  { state, reports, now, olderThan, isAlive }: PruneOptions,
): string[] {
  const stays = new Set(journals.map(({ run }) => run).filter((run) => !pruned.has(run)))
  const mayGo = (run: string | undefined, path: string) =>
    run !== undefined && RUN.test(run) && !stays.has(run) && isOld(path, now - olderThan)
  const others = [...OF_NO_CONSEQUENCE].flatMap((folder) =>
    filesIn(join(state, folder)).filter(
      (path) => mayGo(runOf(path, JOURNAL_SUFFIX), path) && !isWritten(path, isAlive),
    ),
  )
  const logs = filesIn(join(state, 'logs')).filter((path) => mayGo(runOf(path, '.log'), path))
  const recoveries = filesIn(reports).filter((path) => {
    const run = findPartOfRecovery(path)?.run
    return run !== undefined && pruned.has(run)
  })
  const plans = filesIn(join(reports, 'plans')).filter(
    (path) => /^[0-9a-f]{12}\.json$/.test(basename(path)) && isOld(path, now - olderThan),
  )
  const stops = filesIn(join(state, 'console', 'stops')).filter((path) => mayGo(runOf(path, '.json'), path))
  const putBacks = filesIn(join(state, 'console', 'put-backs')).filter((path) => {
    const id = runOf(path, '.json') ?? runOf(path, '.log')
    // It is told on the page of the run whose hosts it has put back.
    const of = id === undefined ? undefined : putBackOf(path.replace(/\.log$/, '.json'))
    return mayGo(id, path) && (of === undefined || !stays.has(of))
  })
  return [...others, ...logs, ...recoveries, ...plans, ...stops, ...putBacks]
}

/** Returns the run whose hosts were put back from a page, by its record; undefined where that is gone, or cut off. */
function putBackOf(path: string): string | undefined {
  try {
    const { run } = JSON.parse(readFileSync(path, 'utf8')) as { run?: unknown }
    return typeof run === 'string' ? run : undefined
  } catch {
    return undefined
  }
}

/** Returns whether a journal is being written: its process is still there and has not said that it ends. */
function isWritten(path: string, isAlive: (pid: number) => boolean): boolean {
  const { entries } = readRunJournal(path)
  return (
    !entries.some(({ type }) => type === 'rollouts ended') &&
    entries.some((entry) => entry.type === 'run' && isAlive(entry.pid))
  )
}

function runOf(path: string, suffix: string): string | undefined {
  return path.endsWith(suffix) ? basename(path).slice(0, -suffix.length) : undefined
}

/** Returns the paths of the files in a folder; links and folders are left out. */
function filesIn(folder: string): string[] {
  try {
    const paths = namesIn(folder).map((name) => join(folder, name))
    return paths.filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
  } catch (error) {
    throw new LockstepError('journal-failed', `${folder} cannot be listed: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function isOld(path: string, before: number): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < before
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Returns whether a copy of a journal has all that rollouts wrote into it. What its run adds at its end decides nothing. */
function isSame({ fault, entries }: RunJournal, own: RunJournal['entries']): boolean {
  return fault === undefined && JSON.stringify(entries) === JSON.stringify(own)
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw new LockstepError(
      'journal-failed',
      `${path} cannot be removed: ${(error as Error).message}; what is left is whole, and can be pruned later`,
      { cause: error },
    )
  }
}
