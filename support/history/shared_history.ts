import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { DatabaseSettings } from '../config/history_setting'
import { LockstepError } from '../system/errors'
import { formatLockstep, PLACES } from '../system/commands'
import { writePieces } from '../system/whole_file'
import { FileLog } from './file_log'
import { findSetBack, followLog } from './follow'
import type { SharedCopy } from './known_history'
import { localRecords } from './local_records'
import { readOrPlaceId } from '../system/placed_file'
import { nameDatabase, withDatabase, type DatabaseUse } from '../postgresql/connection'
import { PostgresqlLog } from './postgresql/postgresql_log'
import { howToMend } from './recording'
import { shipRecords, type Shipped } from './ship'
import { HistoryStore } from './store'

/** The places of a history that is shared. */
export interface SharedPlaces {
  /** The folder of the own history. */
  history: string
  /** The folder of what belongs to sharing: the copy, and the id of the own state. */
  shared: string
  database: DatabaseSettings
}

const HISTORY: DatabaseUse = { what: 'the shared history', code: 'journal-failed' }

/** The amount that a call does: `ship` brings the own runs, `both` reads those of others too, `import` takes the database as it is. */
export type Sharing = 'ship' | 'both' | 'import'

/**
 * Ships the runs of this control host that the database does not have, and copies those of others.
 * @throws LockstepError `journal-failed` where the database is away, or is not the one that it was
 */
export async function share(
  { history, shared, database }: SharedPlaces,
  sharing: Sharing,
  signal: AbortSignal,
): Promise<Shipped> {
  return withDatabase(database, HISTORY, signal, async (statements) => {
    const log = await PostgresqlLog.open(statements, database)
    const origin = originIn(shared)
    const copy = await openCopy(shared, database, log, sharing)
    const { records, damaged } = localRecords(new HistoryStore(history), origin, shared)
    const shipped = await shipRecords(log, origin, records)
    if (sharing !== 'ship') await followLog(log, copy)
    // Those who read the history tell of damaged records themselves.
    const unread = (sharing === 'both' ? [] : damaged).map(
      (path) => `${path} is no history that can be read, and is not shared; ${howToMend(path)}`,
    )
    return { ...shipped, faults: [...shipped.faults, ...unread] }
  })
}

/** Returns the copy of a shared history that is on this control host. Undefined where nothing was copied yet. */
export function copyOf({
  shared,
  database,
}: Pick<SharedPlaces, 'shared' | 'database'>): SharedCopy | undefined {
  const id = readKnown(shared)[addressOf(database)]
  return id === undefined ? undefined : { origin: originIn(shared), folder: folderOf(shared, id) }
}

/**
 * Opens the copy of a database. One that is not the database of before, or was set back, has lost what others shipped:
 * only a person can say that it is right all the same.
 */
async function openCopy(
  shared: string,
  database: DatabaseSettings,
  log: PostgresqlLog,
  sharing: Sharing,
): Promise<FileLog> {
  const id = await log.identity()
  const known = readKnown(shared)
  const before = known[addressOf(database)]
  const accept = `look why, then take it as it is: ${formatLockstep('history --import', PLACES)}`
  // A new address of a database that is known is no news; a database that is not known may lack what others did.
  const isKnown = before === undefined ? Object.values(known).includes(id) : before === id
  if (!isKnown && Object.keys(known).length > 0 && sharing !== 'import')
    throw new LockstepError(
      'journal-failed',
      `${nameDatabase(database)} is not the one that this control host has shared with before; ${accept}`,
    )
  const copy = new FileLog(folderOf(shared, id))
  const error = await findSetBack(log, copy)
  if (error !== undefined) {
    if (sharing !== 'import')
      throw new LockstepError('journal-failed', `${error.message}; ${accept}`, { cause: error })
    setAside(folderOf(shared, id))
  }
  if (before !== id)
    writePieces(join(shared, KNOWN), [JSON.stringify({ ...known, [addressOf(database)]: id })])
  return new FileLog(folderOf(shared, id))
}

/** Keeps the copy of a history that its database does not have any more. */
function setAside(folder: string): void {
  let number = 1
  while (existsSync(`${folder}.set-aside-${number}`)) number += 1
  renameSync(folder, `${folder}.set-aside-${number}`)
}

const KNOWN = 'databases.json'
const known = v.record(v.string(), v.pipe(v.string(), v.uuid()))

function readKnown(shared: string): Readonly<Record<string, string>> {
  const path = join(shared, KNOWN)
  if (!existsSync(path)) return {}
  try {
    return v.parse(known, JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new LockstepError(
      'journal-failed',
      `${path} does not name databases; move it away, and run ${formatLockstep('history --import', PLACES)}`,
      { cause: error },
    )
  }
}

function addressOf({ host, port, database }: DatabaseSettings): string {
  return `${host}:${port}/${database}`
}

function folderOf(shared: string, id: string): string {
  return join(shared, id)
}

function originIn(shared: string): string {
  return readOrPlaceId(join(shared, 'origin'))
}
