import { join } from 'node:path'
import type { ProcessContext } from '../config/mcollective_cfg'
import type { Errand } from './errand'

/** The folders of a run; each path is relative to where the run is started. */
export interface Folders {
  /** The state that outlives runs: journals, logs and the history. Reports may be deleted at any time, this folder may not. */
  state: string
  /** The history of changes, by environment and release. Runs that a run begins read this folder too. */
  history: string
  /** The reports of a run, which no run needs later. */
  reports: string
}

/**
 * Returns the folders that an environment names. `LOCKSTEP_STATE` keeps the state where a CI system does not clean up;
 * runs that a run or `lockstep serve` begins leave their reports elsewhere.
 */
export function foldersIn(env: ProcessContext['env'], errand?: Errand): Folders {
  const state = env['LOCKSTEP_STATE'] || '.lockstep'
  return {
    state,
    history: join(state, 'history'),
    reports: errand?.reports ?? (env['LOCKSTEP_REPORTS'] || 'reports'),
  }
}
