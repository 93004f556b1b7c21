import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { LockstepError } from '../system/errors'
import type { Change } from './changes'
import { driftOf } from './drift'
import { recordIn } from './reading'
import { UNRELEASED, type HistoryEntry } from './history_record'
import { type Drift } from '../run/run_parts'
import { makeFolder } from '../system/folders'
import { jsonPieces } from '../system/json_pieces'
import { writePieces } from '../system/whole_file'

/** The files that are kept beside a run's record, so that the fleet can be compared with it later. */
export interface Evidence {
  /** The text that was run; undefined where it is gone. */
  feature: Buffer | undefined
  /** The path of the run's journal. */
  journal: string
}

/** The runs of a release, oldest first, and the paths of records that cannot be read. */
export interface RunsRead {
  runs: HistoryEntry[]
  damaged: string[]
}

const SUFFIX = '.json'

/**
 * The record of what changed. `<environment>/<release>/runs` has a file for each run, which no other run writes. The
 * files of hosts, releases and tickets are made from those.
 */
export class HistoryStore {
  /** The records that were read already, by their paths, each with the mark of its file: `lockstep history --write` writes one anew. */
  private readonly known = new Map<string, { mark: string; record: HistoryEntry }>()

  constructor(private readonly root: string) {}

  /**
   * Writes the record of a run. Returns it as it was written, drift among it.
   * @throws Error when it cannot be written
   */
  write(record: Omit<HistoryEntry, 'drift'>, { feature, journal }: Evidence): HistoryEntry {
    const { environment, release, run } = record
    const whole = { ...record, drift: this.driftOf(record) }
    const runs = this.at(environment, release, 'runs')
    makeFolder(runs)
    if (feature !== undefined) writeText(join(runs, `${run}.feature`), feature)
    copyFileSync(journal, join(runs, `${run}.journal.ndjson`))
    writeJson(join(runs, `${run}${SUFFIX}`), whole)
    this.remember(join(runs, `${run}${SUFFIX}`), whole)
    this.writeTickets(whole)
    // Runs of no release have no end: they are in the history by their own files alone.
    if (release !== UNRELEASED) this.bringUpToDate(whole)
    return whole
  }

  /** Returns all runs of a release that can be read, oldest first. */
  runsOf(environment: string, release: string): HistoryEntry[] {
    return this.read(environment, release).runs
  }

  read(environment: string, release: string): RunsRead {
    return this.readRuns(this.at(environment, release, 'runs'))
  }

  /** Returns all runs in the history. */
  all(): RunsRead {
    return gather(foldersIn(this.root).flatMap((name) => this.readReleases(join(this.root, name))))
  }

  /** Returns the releases in the history, in the order in which they were last recorded. */
  releasesOf(environment: string): string[] {
    const { runs } = gather(this.readReleases(this.at(environment)))
    return [...new Set(runs.map(({ release }) => release).reverse())].reverse()
  }

  /** Returns the paths of a recorded run: of its record, of its text and of its journal. */
  evidenceOf({ environment, release, run }: Pick<HistoryEntry, 'environment' | 'release' | 'run'>): {
    record: string
    feature: string
    journal: string
  } {
    const path = join(this.at(environment, release, 'runs'), run)
    return { record: `${path}${SUFFIX}`, feature: `${path}.feature`, journal: `${path}.journal.ndjson` }
  }

  /**
   * Returns the drift of a run. All other releases are read only where there seems to be some: one of them may have
   * caused it.
   */
  private driftOf(record: Omit<HistoryEntry, 'drift'>): Drift[] {
    const { environment, release } = record
    if (release === UNRELEASED) return []
    if (driftOf(record, this.runsOf(environment, release)).length === 0) return []
    return driftOf(record, gather(this.readReleases(this.at(environment))).runs)
  }

  /**
   * Writes the files of a release until no other run was recorded meanwhile. The last writer has read all of them,
   * since each looks once more after it has written.
   */
  private bringUpToDate(record: HistoryEntry): void {
    const folder = this.at(record.environment, record.release, 'runs')
    const known = () => recordsIn(folder).sort().join('\n')
    for (let read = ''; read !== known();) {
      read = known()
      const { runs } = this.readRuns(folder)
      this.writeHosts(record, runs)
      this.writeIndex(record, runs)
    }
  }

  private writeIndex({ environment, release }: HistoryEntry, all: readonly HistoryEntry[]): void {
    const runs = all.map(({ changes, ...run }) => ({
      ...run,
      changed: [...new Set(changes.filter(({ temporary }) => !temporary).map(({ host }) => host))].sort(),
    }))
    const tickets = [...new Set(runs.flatMap((run) => run.tickets))].sort()
    writeJson(this.at(environment, release, 'index.json'), { environment, release, tickets, runs })
  }

  /** Writes a file for each host that this run has changed, with what every run did to it. */
  private writeHosts(
    { environment, release, mode, changes }: HistoryEntry,
    all: readonly HistoryEntry[],
  ): void {
    const byHost = new Map<string, object[]>(changes.map(({ host }) => [host, []]))
    for (const { run, began, by, tickets, feature, outcome, changes: told, ...rest } of all) {
      if (rest.mode !== mode) continue
      for (const [host, own] of groupByHost(told))
        byHost.get(host)?.push({ run, at: began, by, tickets, feature, outcome, changes: own })
    }
    makeFolder(this.at(environment, release, mode))
    for (const [host, runs] of byHost)
      writeJson(this.at(environment, release, mode, `${safe(host)}.json`), {
        host,
        environment,
        release,
        mode,
        runs,
      })
  }

  /** Writes a link from each ticket to the run that was made for it; each run's record names its tickets. */
  private writeTickets(record: HistoryEntry): void {
    const { environment, release, run, mode, feature, began, outcome } = record
    for (const ticket of record.tickets) {
      const folder = join(this.root, 'tickets', safe(ticket))
      makeFolder(folder)
      const link = { ticket, environment, release, run, mode, feature, began, outcome }
      writeJson(join(folder, `${run}.json`), link)
    }
  }

  private readReleases(environment: string): RunsRead[] {
    return foldersIn(environment).map((name) => this.readRuns(join(environment, name, 'runs')))
  }

  private readRuns(folder: string): RunsRead {
    return gather(
      recordsIn(folder).map((name) => {
        const path = join(folder, name)
        const mark = markOf(path)
        const known = this.known.get(path)
        if (known !== undefined && known.mark === mark) return { runs: [known.record], damaged: [] }
        const record = recordIn(readText(path))
        if (record === undefined) return { runs: [], damaged: [path] }
        this.known.set(path, { mark, record })
        return { runs: [record], damaged: [] }
      }),
    )
  }

  private remember(path: string, record: HistoryEntry): void {
    this.known.set(path, { mark: markOf(path), record })
  }

  private at(environment: string, ...rest: string[]): string {
    const [release, ...more] = rest
    return join(this.root, safe(environment), ...(release === undefined ? [] : [safe(release)]), ...more)
  }
}

/** Makes a name fit for a part of a path. The checksum of an altered one distinguishes it from others. */
export function safe(name: string): string {
  const plain = name.replace(/[^\w.+-]+/g, '_').slice(0, 120)
  if (plain === name && !/^\.*$/.test(name)) return name
  return `${plain}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

function gather(parts: readonly RunsRead[]): RunsRead {
  return {
    runs: parts.flatMap(({ runs }) => runs).sort(byEnd),
    damaged: parts.flatMap(({ damaged }) => damaged),
  }
}

/** Returns a text that differs when a file was written anew. */
function markOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`
}

function recordsIn(folder: string): string[] {
  return entriesIn(folder).flatMap(({ name }) => (name.endsWith(SUFFIX) ? [name] : []))
}

/** Compares two runs by their end. Parts of one run end at the same moment, and began one after the other. */
export function byEnd(a: HistoryEntry, b: HistoryEntry): number {
  return compare(a.ended, b.ended) || compare(a.began, b.began) || compare(a.run, b.run)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function groupByHost(changes: readonly Change[]): Map<string, Omit<Change, 'host'>[]> {
  const byHost = new Map<string, Omit<Change, 'host'>[]>()
  for (const { host, ...change } of changes) {
    const own = byHost.get(host) ?? []
    byHost.set(host, own)
    own.push(change)
  }
  return byHost
}

function foldersIn(folder: string): string[] {
  return entriesIn(folder).flatMap((entry) => (entry.isFile() ? [] : [entry.name]))
}

/**
 * Returns the entries of a folder; none when it is not there.
 * @throws LockstepError `journal-failed` when it cannot be listed
 */
function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new LockstepError(
      'journal-failed',
      `the history in ${folder} cannot be listed: ${(error as Error).message}; nothing can be said of its releases`,
      { cause: error },
    )
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function writeText(path: string, text: string | Buffer): void {
  writePieces(path, [text], unfinished(path))
}

function writeJson(path: string, value: object): void {
  writePieces(path, jsonPieces(value), unfinished(path))
}

/** Returns the path of an unfinished file. Another process may write the same file now. */
function unfinished(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.new`
}
