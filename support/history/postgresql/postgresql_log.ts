import type { DatabaseSettings } from '../../config/history_setting'
import { systemClock, type Clock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import {
  digestOf,
  headBehind,
  type HistoryLog,
  type JournalMark,
  type LastShipped,
  type LogEntry,
  type LogHead,
  type ShippedRecord,
} from '../log'
import { nameDatabase, type Statements } from '../../postgresql/connection'
import * as sql from './schema'
import { decodeText, encodeText } from '../../postgresql/text'

/** A log of histories in PostgreSQL. Each method but `open` is one statement. */
export class PostgresqlLog implements HistoryLog {
  private constructor(
    private readonly statements: Statements,
    private readonly id: string,
  ) {}

  /**
   * Opens the log, and makes its tables where there are none.
   * @throws LockstepError `journal-failed`, also for tables of a newer version, for a replica, and for clocks that differ
   */
  static async open(
    statements: Statements,
    settings: DatabaseSettings,
    clock: Pick<Clock, 'now'> = systemClock,
  ): Promise<PostgresqlLog> {
    const refused = (why: string) => new LockstepError('journal-failed', `${nameDatabase(settings)} ${why}`)
    const began = clock.now()
    const {
      rows: [state],
    } = await statements.query<State>(sql.IS_MADE)
    const ended = clock.now()
    if (state?.copy === true)
      throw refused(
        'is a copy that follows another database, and may be behind it; name the one that is written',
      )
    const off = state === undefined ? 0 : apart(state.now, began, ended)
    if (Math.abs(off) > MAX_APART_MS)
      throw refused(
        `has a clock that is ${Math.round(Math.abs(off) / 1_000)} s ${off > 0 ? 'ahead of' : 'behind'} that of this control host: runs would have no order; let both follow the same time`,
      )
    if (state?.encoding !== 'UTF8')
      throw refused(`has the encoding ${state?.encoding ?? 'not known'}; create one with ENCODING 'UTF8'`)
    if (!state.made) await statements.query(sql.CREATE_SCHEMA)
    const {
      rows: [about],
    } = await statements.query<{ version: number; id: string }>(sql.ABOUT)
    if (about === undefined) throw refused('has no version of its history; its tables were altered')
    if (about.version !== sql.SCHEMA_VERSION)
      throw refused(
        `has version ${about.version} of the history, and this Lockstep knows ${sql.SCHEMA_VERSION}; install a newer Lockstep here`,
      )
    return new PostgresqlLog(statements, about.id)
  }

  async identity(): Promise<string> {
    return this.id
  }

  async heads(): Promise<ReadonlyMap<string, LogHead>> {
    const { rows } = await this.statements.query<Place>(sql.HEADS)
    return new Map(
      rows.map(({ environment, sequence, chain }) => [
        decodeText(environment),
        { sequence: Number(sequence), chain },
      ]),
    )
  }

  async append(record: ShippedRecord, after: LogHead): Promise<boolean> {
    const { sequence, chain } = headBehind(record, after)
    const { count } = await this.statements.query(sql.APPEND, [
      encodeText(record.environment),
      sequence,
      chain,
      encodeText(record.origin),
      encodeText(record.run),
      record.revision,
      digestOf(record),
      record.record,
      record.feature,
      record.journal?.length ?? null,
      record.journal?.sha256 ?? null,
      after.chain,
    ])
    return count === 1
  }

  async read(environment: string, after: number): Promise<readonly LogEntry[]> {
    const { rows } = await this.statements.query<EntryRow>(sql.READ, [encodeText(environment), after])
    return rows.map((row) => ({
      environment: decodeText(row.environment),
      sequence: Number(row.sequence),
      chain: row.chain,
      origin: decodeText(row.origin),
      run: decodeText(row.run),
      revision: row.revision,
      record: row.record,
      feature: row.feature,
      journal: markOf(row),
    }))
  }

  async lastOf(origin: string): Promise<ReadonlyMap<string, LastShipped>> {
    const { rows } = await this.statements.query<{ run: string } & LastShipped>(sql.LAST_OF, [
      encodeText(origin),
    ])
    return new Map(rows.map(({ run, revision, digest }) => [decodeText(run), { revision, digest }]))
  }

  async journalEnd(origin: string, run: string): Promise<number> {
    const { rows } = await this.statements.query<{ stop: string }>(sql.JOURNAL_END, keyOf(origin, run))
    return Number(rows[0]?.stop ?? 0)
  }

  async appendJournal(origin: string, run: string, start: number, bytes: Buffer): Promise<boolean> {
    if (bytes.length === 0) return false
    const { count } = await this.statements.query(sql.APPEND_JOURNAL, [...keyOf(origin, run), start, bytes])
    return count === 1
  }

  async readJournal(origin: string, run: string, start: number): Promise<Buffer | undefined> {
    const { rows } = await this.statements.query<{ bytes: Buffer }>(sql.READ_JOURNAL, [
      ...keyOf(origin, run),
      start,
    ])
    return rows[0]?.bytes
  }
}

interface State {
  made: boolean
  encoding: string
  /** True for a replica, which may be behind. */
  copy: boolean
  /** The time of the server, ms since 1970. */
  now: number
}

/** Runs are in the order of the times at which they ended. */
const MAX_APART_MS = 60_000

/** Returns how far a time is after a span, in ms; below 0 where it is before it, 0 inside. */
function apart(time: number, began: number, ended: number): number {
  return time > ended ? time - ended : Math.min(0, time - began)
}

interface Place {
  environment: string
  /** A number of 64 bits, which the driver hands over as text. */
  sequence: string
  chain: string
}

interface EntryRow extends Place {
  origin: string
  run: string
  revision: number
  record: string
  feature: Buffer | null
  journal_length: string | null
  journal_sha256: string | null
}

function markOf({ journal_length: length, journal_sha256: sha256 }: EntryRow): JournalMark | null {
  return length === null || sha256 === null ? null : { length: Number(length), sha256 }
}

function keyOf(origin: string, run: string): [string, string] {
  return [encodeText(origin), encodeText(run)]
}
