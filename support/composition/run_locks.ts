import { hostname, userInfo } from 'node:os'
import { basename } from 'node:path'
import type { Environment } from '../config/environment'
import type { ProcessContext } from '../config/mcollective_cfg'
import type { Fleet } from '../rollout/ports'
import type { Journal } from '../rollout/model/journal_entry'
import { pause, systemClock } from '../system/clock'
import { HostLocks, lockSurroundings } from '../locks/host_locks'
import { fleetName } from './fleet_name'
import { hostLocks } from '../locks/run_locks'
import type { hostLeases, RunLocks } from '../locks/host_leases'
import type { Run } from '../run/run'

export interface Locking {
  feature: string
  /** The runs whose locks may be taken. */
  follows: readonly string[]
  fleet: Fleet
  environment: Environment
  journal: Journal
  context: ProcessContext
  /** Loads what takes leases on the hosts themselves, for an environment that wants them. */
  loadLeases: () => typeof hostLeases
}

/**
 * Returns the locks of a live rollout: on this control host, and where the environment says so by the hosts themselves.
 */
export function locksOf(run: Run, locking: Locking): RunLocks {
  const { feature, follows, environment, journal, context } = locking
  const locks = hostLocks(new HostLocks(lockSurroundings(context.env)), {
    claim: { run: run.id, feature, fleet: fleetName(environment) },
    takeReason: context.env['LOCKSTEP_TAKE_LOCK'],
    follows,
    clock: systemClock,
    journal,
    wait: (ms) => pause(systemClock, ms, run.stopping.signal),
    tellWait: run.tellWait,
  })
  return environment.hostLeases ? leasesOf(run, locks, locking) : locks
}

function leasesOf(
  run: Run,
  locks: RunLocks,
  { feature, follows, fleet, journal, context, loadLeases }: Locking,
): RunLocks {
  return loadLeases()(locks, {
    fleet,
    run: run.id,
    feature: basename(feature),
    owner: `${userInfo().username}@${hostname()}`,
    follows,
    takeReason: context.env['LOCKSTEP_TAKE_LOCK'],
    clock: systemClock,
    journal,
    wait: (ms) => pause(systemClock, ms, run.stopping.signal),
    tellWait: run.tellWait,
    onTrouble: (what) => run.note(what),
  })
}
