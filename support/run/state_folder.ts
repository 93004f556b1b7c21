import { join } from 'node:path'

/**
 * The folder of what outlives a run: journals, logs and the history. Reports may be deleted at any time, this folder
 * may not. `LOCKSTEP_STATE` keeps it where a CI system does not clean up. The path is relative to where a run is
 * started.
 */
export const STATE = process.env['LOCKSTEP_STATE'] || '.lockstep'

/** The folder of what runs have changed, by environment and release. Runs that a run begins read this folder too. */
export const HISTORY = join(STATE, 'history')
