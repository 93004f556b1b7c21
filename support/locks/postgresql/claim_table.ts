import * as v from 'valibot'
import type { DatabaseSettings } from '../../config/history_setting'
import { nameDatabase, withDatabase, type DatabaseUse, type Statements } from '../../postgresql/connection'
import { decodeText, encodeText } from '../../postgresql/text'
import { LockstepError } from '../../system/errors'
import type { ClaimAnswer, ClaimRequest, ClaimRow, ClaimTable, Removable } from '../claim_table'
import * as sql from './schema'

/** Milliseconds within which a call is done or given up, so that another one is made before a lease is over. */
const CALL_WITHIN_MS = 12_000
const MAX_TRIES = 6

/**
 * The claims of all control hosts in PostgreSQL. Each call has a connection of its own: what becomes of a connection says
 * nothing about a claim.
 */
export class PostgresqlClaims implements ClaimTable {
  readonly name: string

  constructor(private readonly settings: DatabaseSettings) {
    this.name = nameDatabase(settings)
  }

  async claim({ hosts, ...request }: ClaimRequest): Promise<ClaimAnswer> {
    const byKey = new Map(hosts.map((name) => [name.toLowerCase(), name]))
    const named = [...byKey].map(([host, name]) => ({ host, name }))
    return this.call(sql.TAKE, [toJson({ ...request, hosts: named })], answer)
  }

  async renew(run: string, token: string): Promise<boolean> {
    return this.call(sql.RENEW, [run, token].map(encodeText), v.boolean())
  }

  async remove(run: string, token: string): Promise<void> {
    await this.call(sql.REMOVE, [run, token].map(encodeText), v.boolean())
  }

  async discard(claim: Removable): Promise<boolean> {
    return this.call(sql.DISCARD, [toJson([claim])], v.boolean())
  }

  async list(): Promise<readonly ClaimRow[]> {
    return this.call(sql.LIST, [], v.array(row))
  }

  /** Proves that locks can be taken and given back. @throws LockstepError `lock-failed` where they cannot */
  async prove(): Promise<void> {
    if (!(await this.call(sql.PROVE, [], v.boolean())))
      throw new LockstepError('lock-failed', `${this.name} takes no locks; its tables were altered`)
  }

  /**
   * Makes the tables where there are none, and expects them to be those that this Lockstep knows.
   * @throws LockstepError `lock-failed`
   */
  private async expectTables(statements: Statements): Promise<void> {
    const refused = (why: string) => new LockstepError('lock-failed', `${this.name} ${why}`)
    const {
      rows: [state],
    } = await statements.query<{ made: boolean; encoding: string; copy: boolean }>(sql.ARE_MADE)
    if (state?.copy === true)
      throw refused('is a copy that follows another database; name the one that is written')
    if (state?.encoding !== 'UTF8')
      throw refused(`has the encoding ${state?.encoding ?? 'not known'}; create one with ENCODING 'UTF8'`)
    if (!state.made) await statements.query(sql.CREATE_LOCKS)
    const {
      rows: [about],
    } = await statements.query<{ version: number }>(sql.VERSION)
    if (about?.version !== sql.LOCKS_VERSION)
      throw refused(
        `has version ${about?.version ?? 'not known'} of the locks, and this Lockstep knows ${sql.LOCKS_VERSION}; let all control hosts have one Lockstep`,
      )
  }

  private read<T>(value: unknown, schema: v.GenericSchema<unknown, T>): T {
    const read = v.safeParse(schema, decodeAll(value))
    if (read.success) return read.output
    throw new LockstepError('lock-failed', `${this.name} answers what is no lock; its tables were altered`)
  }

  /**
   * Calls a function of the database. A call whose answer was lost is made again, and so is one that came at the same
   * time as another.
   */
  private async call<T>(
    text: string,
    values: readonly string[],
    schema: v.GenericSchema<unknown, T>,
  ): Promise<T> {
    const signal = AbortSignal.timeout(CALL_WITHIN_MS)
    for (let tries = 1; ; tries += 1) {
      let isSent = false
      try {
        return await withDatabase(this.settings, LOCKS, signal, async (statements) => {
          await this.expectTables(statements)
          isSent = true
          const { rows } = await statements.query<{ answer: unknown }>(text, values)
          return this.read(rows[0]?.answer, schema)
        })
      } catch (error) {
        const state = stateOf(error)
        const isWorthwhile = state === undefined ? isSent : TO_BE_TRIED_AGAIN.has(state)
        if (!isWorthwhile || signal.aborted || tries === MAX_TRIES) throw error
      }
    }
  }
}

const LOCKS: DatabaseUse = { what: 'the shared locks', code: 'lock-failed' }

/** Two calls that could not be put in order, a deadlock, a host that another call has just got; a server that ends. */
const TO_BE_TRIED_AGAIN = new Set(['40001', '40P01', '23505', '55P03', '57P01', '57P02', '57P03', '08006'])

/** Returns the state by which the server names an error; undefined for one of the connection. */
function stateOf(error: unknown): string | undefined {
  const { code } = Object((error as Error).cause) as { code?: unknown }
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined
}

const row = v.object({
  run: v.string(),
  token: v.string(),
  feature: v.string(),
  fleet: v.string(),
  hosts: v.array(v.string()),
  user: v.string(),
  machine: v.string(),
  pid: v.number(),
  place: v.nullable(v.string()),
  start: v.string(),
  since: v.string(),
  lapsedMs: v.number(),
})

const answer = v.object({ isLost: v.boolean(), others: v.array(row) })

/** Returns a document whose texts PostgreSQL takes. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? encodeText(each) : each))
}

function decodeAll(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'string' ? decodeText(each) : each,
  )
}
