import { LockstepError } from '../system/errors'
import type { Change } from './changes'
import { UNRELEASED, type HistoryEntry } from './history_record'

/** Returns whether a run may have changed hosts. */
export function isForReal({ mode, outcome }: HistoryEntry): boolean {
  return mode === 'live' && outcome !== 'refused'
}

/** Returns the changes of a run that have outlived it. One without an answer may have been made. */
export function lastingChanges({ changes }: Pick<HistoryEntry, 'changes'>): Change[] {
  return changes.filter(({ temporary, request }) => !temporary && request !== null)
}

/** Returns the package that a change is about; undefined for any other resource. */
export function packageOf({ resource }: Change): string | undefined {
  return /^package (\S+)$/.exec(resource)?.[1]
}

/** Names the release of a run, or its feature where it has none. */
export function nameRelease({ release, feature }: HistoryEntry): string {
  return release === UNRELEASED ? `${feature}, which has no release` : `release ${release}`
}

/** Returns the error of a rollback that cannot be written, since the history does not know enough. */
export function refuseRollback(why: string): LockstepError {
  return new LockstepError('gate-closed', `${why}; nothing was written`)
}
