import type { ProcessContext } from '../config/mcollective_cfg'
import { BothLocks } from './both_locks'
import { HostLocks } from './host_locks'
import { leaseContext } from './lease_context'
import { LeasedLocks } from './leased_locks'
import { lockContext } from './lock_context'
import type { LockStore } from './lock_store'

/** The place where a command works. */
export interface LockPlaces {
  /** The path of `lockstep.yaml`; undefined where there is none. */
  config: string | undefined
  env: ProcessContext['env']
}

/**
 * Opens the locks of rollouts: those of this control host, and where control hosts share a database, those of all.
 * @throws LockstepError `bad-config`
 */
export function openLocks({ config, env }: LockPlaces): LockStore {
  const context = lockContext(env)
  const files = new HostLocks(context)
  const claims = claimsOf(config, env)
  return claims === undefined ? files : new BothLocks(files, new LeasedLocks(claims, leaseContext(context)))
}

/** Returns the claims in the database of a configuration. Neither YAML nor a schema is loaded where there is no file. */
export function claimsOf(config: string | undefined, env: ProcessContext['env']) {
  if (config === undefined) return undefined
  const { readHistorySetting } =
    require('../config/history_setting') as typeof import('../config/history_setting')
  const database = readHistorySetting(config, { env })
  if (database === undefined) return undefined
  const { PostgresqlClaims } =
    require('./postgresql/claim_table') as typeof import('./postgresql/claim_table')
  return new PostgresqlClaims(database)
}
