import { Socket } from 'node:net'
import type { Client, QueryResultRow } from 'pg'
import type { DatabaseSettings } from '../config/history_setting'
import { clean } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'

/** Milliseconds that a connection may take to be made, and a statement to be answered. */
const CONNECT_WITHIN_MS = 5_000
const STATEMENT_WITHIN_MS = 30_000
const CLOSE_WITHIN_MS = 1_000

/** The use of a database: the words that people have for it, and the code of its failures. */
export interface DatabaseUse {
  /** The thing that is kept there: `the shared history`. */
  what: string
  code: 'journal-failed' | 'lock-failed'
}

/** The statements of one connection, one after the other. */
export interface Statements {
  /** @throws LockstepError of the code of the use; its cause is the driver's error */
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Answer<Row>>
}

interface Answer<Row> {
  rows: readonly Row[]
  /** The number of rows that were written or read. */
  count: number
}

/**
 * Connects, does what is asked, and closes the connection. An aborted signal cuts the connection at once, also one whose
 * other end does not answer any more.
 * @throws LockstepError of the code of the use
 */
export async function withDatabase<T>(
  settings: DatabaseSettings,
  use: DatabaseUse,
  signal: AbortSignal,
  act: (statements: Statements) => Promise<T>,
): Promise<T> {
  const socket = new Socket()
  const client = clientFor(settings, socket)
  // A connection that breaks between two statements is found by the next one.
  client.on('error', () => socket.destroy())
  const cut = () => socket.destroy()
  signal.addEventListener('abort', cut, { once: true })
  try {
    if (signal.aborted) throw new Error('there was no time left for it')
    await client.connect()
    const query: Statements['query'] = async (text, values = []) => {
      try {
        // Values need a message of their own; several statements at once have none.
        const { rows, rowCount } = await client.query(text, values.length === 0 ? undefined : [...values])
        return { rows, count: rowCount ?? 0 }
      } catch (error) {
        throw failureOf(settings, use, error, signal)
      }
    }
    return await act({ query })
  } catch (error) {
    throw error instanceof LockstepError ? error : failureOf(settings, use, error, signal)
  } finally {
    signal.removeEventListener('abort', cut)
    await close(client, socket)
  }
}

function clientFor({ host, port, database, user, password, tls }: DatabaseSettings, socket: Socket): Client {
  // The driver is loaded only where there is a database.
  const pg = require('pg') as typeof import('pg')
  return new pg.Client({
    host,
    port,
    database,
    user,
    // No setting of the session is asked for: a pooler such as PgBouncer refuses those that it does not know.
    // An empty text would let the driver look into the environment and into the home of its user.
    password: () => password ?? '',
    ssl: tls === undefined ? false : encryptionOf(tls),
    stream: () => socket,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: STATEMENT_WITHIN_MS,
    client_encoding: 'UTF8',
    application_name: 'lockstep',
  })
}

/** The server is checked, also where the environment of the process says that none is. */
function encryptionOf({ ca, ...own }: NonNullable<DatabaseSettings['tls']>) {
  return { ...own, ca: ca === undefined ? undefined : [...ca], rejectUnauthorized: true }
}

async function close(client: Client, socket: Socket): Promise<void> {
  const late = setTimeout(() => socket.destroy(), CLOSE_WITHIN_MS)
  try {
    if (!socket.destroyed) await client.end()
  } catch {
    // The connection is gone already.
  } finally {
    clearTimeout(late)
    socket.destroy()
  }
}

function failureOf(
  settings: DatabaseSettings,
  { what, code }: DatabaseUse,
  error: unknown,
  signal: AbortSignal,
): LockstepError {
  const said = signal.aborted ? 'it did not answer in time' : reasonOf(error)
  return new LockstepError(code, `${what} in ${nameDatabase(settings)} cannot be used: ${clean(said, 300)}`, {
    cause: error,
  })
}

/** An error of several addresses of one host says nothing itself. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

/** Names a database without its user and its password. */
export function nameDatabase({ host, port, database }: DatabaseSettings): string {
  return `the database ${database} on ${host}:${port}`
}
