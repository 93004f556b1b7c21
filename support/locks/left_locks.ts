import { join } from 'node:path'
import type { ProcessContext } from '../config/mcollective_cfg'
import { findLeftHosts } from '../rollout/model/out_of_rotation'
import { readRunJournals } from '../run/journals'
import { HostLocks, lockSurroundings } from './host_locks'

/**
 * Removes the locks of those of `runs` that are over. Their processes are gone, and by the whole journals of `folder`
 * nothing of theirs is out of rotation any more. Any other lock stays.
 * @throws LockstepError when locks cannot be read
 */
export async function discardLocksOf(
  runs: Iterable<string>,
  folder: string,
  env: ProcessContext['env'],
): Promise<void> {
  const records = readRunJournals(join(folder, 'live')).journals
  const open = new Set(findLeftHosts(records).map(({ run }) => run))
  const known = new Set(records.filter(({ fault }) => fault === undefined).map(({ run }) => run))
  const locks = new HostLocks(lockSurroundings(env))
  for (const run of new Set(runs)) if (known.has(run) && !open.has(run)) await locks.discard(run)
}

/** Returns the runs of `folder` that have left journals. */
export function runsIn(folder: string): string[] {
  return readRunJournals(join(folder, 'live')).journals.map(({ run }) => run)
}
