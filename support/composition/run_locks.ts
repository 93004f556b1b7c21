import { hostname, userInfo } from 'node:os'
import { basename } from 'node:path'
import type { Environment } from '../config/environment'
import type { Fleet } from '../rollout/ports'
import type { Journal } from '../rollout/model/journal_entry'
import { pause, systemClock } from '../system/clock'
import { CUT_OFF } from '../history/history_record'
import { endedRuns } from '../locks/left_locks'
import { openLocks } from '../locks/open_locks'
import { fleetName } from './fleet_name'
import { hostLocks } from '../locks/run_locks'
import type { hostLeases, RunLocks } from '../locks/host_leases'
import type { RunSurroundings } from '../run/parameters'
import type { Run } from '../run/run'
import { historyPlaces } from './history_places'

export interface Locking {
  feature: string
  /** The runs whose locks may be taken. */
  follows: readonly string[]
  fleet: Fleet
  environment: Environment
  journal: Journal
  context: RunSurroundings
  /** Loads what takes leases on the hosts themselves, for an environment that wants them. */
  loadLeases: () => typeof hostLeases
}

/**
 * Returns the locks of a live rollout: on this control host, in the database that control hosts share, and where the
 * environment says so by the hosts themselves.
 */
export function locksOf(run: Run, locking: Locking): RunLocks {
  const { feature, follows, environment, journal, context } = locking
  const locks = hostLocks(openLocks(historyPlaces(context)), {
    claim: { run: run.id, feature, fleet: fleetName(environment) },
    takeReason: context.env['LOCKSTEP_TAKE_LOCK'],
    follows,
    isOver: endedRuns(context.folders.state, (reason) => reason === CUT_OFF),
    clock: systemClock,
    journal,
    wait: (ms) => pause(systemClock, ms, run.stopping.signal),
    tellWait: run.tellWait,
    note: (text) => run.note(text),
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
