import { join } from 'node:path'
import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { writeWhole } from '../system/whole_file'
import { FileLog } from './file_log'
import type { HistoryEntry } from './history_record'
import { checksum, type LogEntry } from './log'
import { recordIn } from './reading'
import { byEnd, HistoryStore, type RunsRead } from './store'

/** The history as a command reads it: that of this control host, and what others have shared. */
export interface KnownHistory {
  /** A sentence that says why runs of other control hosts may be missing; undefined where none can be. */
  readonly notKnown: string | undefined
  /** The reasons why own runs are not shared. */
  readonly faults: readonly string[]
  /** Returns all runs, oldest first. */
  all(): RunsRead
  read(environment: string, release: string): RunsRead
  /** Returns the releases of an environment, in the order in which they were last recorded. */
  releasesOf(environment: string): string[]
  /** Returns the paths of the text and the journal of a run. @throws LockstepError where they cannot be placed there */
  evidenceOf(run: HistoryEntry): { feature: string; journal: string }
}

/** What is told of a history that is not shared. */
export const NOTHING_SHARED = { notKnown: undefined, faults: [] } as const

/** The copy of a shared history on this control host. */
export interface SharedCopy {
  /** The id of the own state folder. */
  origin: string
  /** The folder of the copy. */
  folder: string
}

/** Returns the history of the files of this control host, with the copy of what others have shared. */
export function knownHistory(
  history: string,
  copy: SharedCopy | undefined,
  told: Pick<KnownHistory, 'notKnown' | 'faults'>,
): KnownHistory {
  const own = new HistoryStore(history)
  const evidence = own.evidenceOf.bind(own)
  if (copy === undefined)
    return {
      ...told,
      all: () => own.all(),
      read: (environment, release) => own.read(environment, release),
      releasesOf: (environment) => own.releasesOf(environment),
      evidenceOf: evidence,
    }
  return new SharedHistory(own, new FileLog(copy.folder), copy, told)
}

class SharedHistory implements KnownHistory {
  private readonly others = new Map<HistoryEntry, LogEntry>()
  private known: RunsRead | undefined
  private unreadable: string | undefined

  constructor(
    private readonly own: HistoryStore,
    private readonly log: FileLog,
    private readonly copy: SharedCopy,
    private readonly told: Pick<KnownHistory, 'notKnown' | 'faults'>,
  ) {}

  get notKnown(): string | undefined {
    this.all()
    return this.told.notKnown ?? this.unreadable
  }

  get faults(): readonly string[] {
    return this.told.faults
  }

  all(): RunsRead {
    return (this.known ??= this.gather())
  }

  read(environment: string, release: string): RunsRead {
    const { runs, damaged } = this.all()
    return {
      runs: runs.filter((run) => run.environment === environment && run.release === release),
      // A record that cannot be read may be of any release.
      damaged,
    }
  }

  releasesOf(environment: string): string[] {
    const runs = this.all().runs.filter((run) => run.environment === environment)
    return [...new Set(runs.map(({ release }) => release).reverse())].reverse()
  }

  evidenceOf(run: HistoryEntry): { feature: string; journal: string } {
    const entry = this.others.get(run)
    if (entry === undefined) return this.own.evidenceOf(run)
    const folder = join(this.copy.folder, 'evidence', entry.chain)
    const paths = {
      feature: join(folder, `${run.run}.feature`),
      journal: join(folder, `${run.run}.journal.ndjson`),
    }
    if (entry.feature !== null) this.place(paths.feature, entry.feature)
    const { journal } = entry
    const bytes =
      journal === null ? undefined : this.log.journalBytes(entry.origin, entry.run, journal.length)
    if (bytes !== undefined && checksum(bytes) === journal?.sha256) this.place(paths.journal, bytes)
    return paths
  }

  private place(path: string, content: Buffer): void {
    try {
      writeWhole(path, content)
    } catch (error) {
      throw new LockstepError(
        'journal-failed',
        `what another control host has shared cannot be written here: ${(error as Error).message}`,
        { cause: error },
      )
    }
  }

  private gather(): RunsRead {
    const own = this.own.all()
    const { runs, others, unread } = withShared(own.runs, this.log.entries(), this.copy.origin, recordOf)
    for (const [run, entry] of others) this.others.set(run, entry)
    this.unreadable = unread
    return { runs, damaged: own.damaged }
  }
}

/** The own runs with those that others have shared. */
interface WithShared {
  /** All runs, oldest first. */
  runs: HistoryEntry[]
  /** The runs of others, each with its entry. */
  others: ReadonlyMap<HistoryEntry, LogEntry>
  /** A sentence about a run that cannot be read; undefined where there is none. */
  unread: string | undefined
}

/** Returns the own runs with those of a shared log. `origin` is the id of the own state folder. */
export function withShared(
  own: readonly HistoryEntry[],
  entries: readonly LogEntry[],
  origin: string,
  read: (entry: LogEntry) => HistoryEntry | undefined,
): WithShared {
  const here = new Set(own.map(({ run }) => run))
  const last = new Map<string, LogEntry>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.origin, entry.run])
    const before = last.get(key)
    if (before === undefined || before.revision < entry.revision) last.set(key, entry)
  }
  const unread: LogEntry[] = []
  const runs = [...own]
  const others = new Map<HistoryEntry, LogEntry>()
  // A state folder that was copied to another control host, or whose id is gone, has shipped its runs twice.
  const said = new Set(own.map((run) => JSON.stringify(run)))
  for (const entry of last.values()) {
    if ((entry.origin === origin && here.has(entry.run)) || said.has(entry.record)) continue
    said.add(entry.record)
    const run = read(entry)
    if (run === undefined) unread.push(entry)
    else {
      others.set(run, entry)
      runs.push(run)
    }
  }
  const [odd] = unread
  return {
    runs: runs.sort(byEnd),
    others,
    unread:
      odd &&
      `run ${clean(odd.run, 80)} of another control host cannot be read: a newer Lockstep may have written it, so install that here`,
  }
}

/**
 * Returns the record of an entry. Undefined where it is none, and where its run has a name that no run has: runs are parts
 * of paths, and all who may append to the database may name one.
 */
export function recordOf(entry: LogEntry): HistoryEntry | undefined {
  const run = recordIn(entry.record)
  const isOfEntry = run?.run === entry.run && run.environment === entry.environment
  return isOfEntry && RUN.test(run.run) ? run : undefined
}

const RUN = /^[\w-]{1,100}$/
