import { join } from 'node:path'
import { findLeftHosts } from '../rollout/model/out_of_rotation'
import { readRunJournals } from '../run/journals'
import type { LockStore } from './lock_store'
import { openLocks, type LockPlaces } from './open_locks'

/**
 * Removes the locks of those of `runs` that are over. Their processes are gone, and by the whole journals of `folder`
 * nothing of theirs is out of rotation any more. Any other lock stays.
 * @throws LockstepError when locks cannot be read
 */
export async function discardLocksOf(
  runs: Iterable<string>,
  folder: string,
  places: LockPlaces,
): Promise<void> {
  const records = readRunJournals(join(folder, 'live')).journals
  const open = new Set(findLeftHosts(records).map(({ run }) => run))
  const known = new Set(records.filter(({ fault }) => fault === undefined).map(({ run }) => run))
  const locks = openLocks(places)
  const over = new Set([...runs].filter((run) => known.has(run) && !open.has(run)))
  for (const { run, state } of await locks.list())
    if (over.has(run) && state !== 'alive') await locks.discard(run)
}

/**
 * Removes the locks of runs that have ended by their own whole journals in `folder`, and have left nothing out of rotation:
 * where the database was away at their end, they could not give them back. Any other lock stays.
 * @throws LockstepError when locks cannot be read
 */
export async function discardLocksOfEnded(
  folder: string,
  isCutOff: (reason: string) => boolean,
  locks: Pick<LockStore, 'list' | 'discard'>,
): Promise<void> {
  const isOver = endedRuns(folder, isCutOff)
  for (const { run, state } of await locks.list())
    if (state !== 'alive' && isOver(run)) await locks.discard(run)
}

/** Returns the runs of `folder` that have left journals. */
export function runsIn(folder: string): string[] {
  return readRunJournals(join(folder, 'live')).journals.map(({ run }) => run)
}

/**
 * Returns what says of a run that it has ended, by its own whole journal in `folder`, and has left no host out of rotation.
 * `isCutOff` is the reason of an end that the process did not wait for.
 */
export function endedRuns(folder: string, isCutOff: (reason: string) => boolean): (run: string) => boolean {
  return (run) => {
    const records = readRunJournals(join(folder, 'live')).journals
    const journal = records.find((each) => each.run === run)
    const end = journal?.entries.find((entry) => entry.type === 'rollouts ended')
    if (journal?.fault !== undefined || end?.type !== 'rollouts ended' || isCutOff(end.reason)) return false
    return !findLeftHosts(records).some((host) => host.run === run)
  }
}
