import { join } from 'node:path'
import type { DatabaseSettings } from '../config/history_setting'
import type { ProcessContext } from '../config/mcollective_cfg'
import type { Folders } from '../run/folders'
import { LockstepError } from '../system/errors'
import { FollowedHistory } from './followed_history'
import { CUT_OFF } from './history_record'
import { knownHistory, NOTHING_SHARED, type KnownHistory } from './known_history'
import type { Sharing } from './shared_history'
import type { Shipped } from './ship'

/** The most milliseconds that a command waits for the database. */
const READ_WITHIN_MS = 60_000

/** The place where a command works. */
export interface HistoryPlaces {
  /** The path of `lockstep.yaml`; undefined where there is none. */
  config: string | undefined
  env: ProcessContext['env']
  folders: Pick<Folders, 'state' | 'history'>
}

/**
 * Opens the history for reading. Where it is shared, the own runs are shipped first, and those of others are copied.
 * While the database is away, the history says so, and has what this control host knows.
 * @throws LockstepError `bad-config`
 */
export async function openHistory(places: HistoryPlaces, signal?: AbortSignal): Promise<KnownHistory> {
  const database = databaseOf(places)
  const { history } = places.folders
  if (database === undefined) return knownHistory(history, undefined, NOTHING_SHARED)
  const { faults, away } = await shareHistory(places, database, 'both', READ_WITHIN_MS, signal)
  const notKnown =
    away && `${away}; of other control hosts, only the runs that were read before are known here`
  const copy = sharing().copyOf({ shared: sharedIn(places), database })
  return knownHistory(history, copy, { notKnown, faults })
}

/**
 * Returns the history for one who reads it again and again, and asks no database: the copy is brought up to date by others.
 * @throws LockstepError `bad-config`
 */
export function followHistory(places: HistoryPlaces): FollowedHistory {
  const database = databaseOf(places)
  const shared = sharedIn(places)
  return new FollowedHistory(places.folders.history, () =>
    database === undefined ? undefined : sharing().copyOf({ shared, database }),
  )
}

/** Ships the own runs within a time. Returns why that was not possible; undefined where all is there, or nothing is shared. */
export async function shipHistory(places: HistoryPlaces, withinMs: number): Promise<string | undefined> {
  const database = databaseOf(places)
  if (database === undefined) return undefined
  const { faults, away } = await shareHistory(places, database, 'ship', withinMs)
  return away ?? faults[0]
}

/**
 * Brings all local runs into the database, and takes the database as it is. Undefined where nothing is shared.
 * @throws LockstepError
 */
export async function importHistory(places: HistoryPlaces): Promise<Shipped | undefined> {
  const database = databaseOf(places)
  if (database === undefined) return undefined
  const shared = { history: places.folders.history, shared: sharedIn(places), database }
  const shipped = await sharing().share(shared, 'import', new AbortController().signal)
  await giveBackLocks(places)
  return shipped
}

async function shareHistory(
  places: HistoryPlaces,
  database: DatabaseSettings,
  how: Sharing,
  withinMs: number,
  signal?: AbortSignal,
): Promise<{ faults: readonly string[]; away: string | undefined }> {
  const late = AbortSignal.timeout(withinMs)
  const until = signal === undefined ? late : AbortSignal.any([late, signal])
  const shared = { history: places.folders.history, shared: sharedIn(places), database }
  try {
    const { faults } = await sharing().share(shared, how, until)
    await giveBackLocks(places)
    return { faults, away: undefined }
  } catch (error) {
    // The disk is not the program's fault either.
    if (error instanceof LockstepError || 'syscall' in Object(error))
      return { faults: [], away: (error as Error).message }
    throw error
  }
}

/** Gives back the locks of own runs that ended while the database was away. Where that fails, a later look does it. */
async function giveBackLocks({ config, env, folders }: HistoryPlaces): Promise<void> {
  const { openLocks } = require('../locks/open_locks') as typeof import('../locks/open_locks')
  const { discardLocksOfEnded } = require('../locks/left_locks') as typeof import('../locks/left_locks')
  const isCutOff = (reason: string) => reason === CUT_OFF
  await discardLocksOfEnded(folders.state, isCutOff, openLocks({ config, env })).catch(() => {})
}

/** Reads where the history is shared. Neither YAML nor a schema is loaded where there is no file. */
function databaseOf({ config, env }: HistoryPlaces): DatabaseSettings | undefined {
  if (config === undefined) return undefined
  const { readHistorySetting } =
    require('../config/history_setting') as typeof import('../config/history_setting')
  return readHistorySetting(config, { env })
}

function sharing() {
  return require('./shared_history') as typeof import('./shared_history')
}

function sharedIn({ folders }: HistoryPlaces): string {
  return join(folders.state, 'shared')
}
