import type { Build, PipelineState } from './pipeline_state'
import { lastFinished } from './tested_commit'

/** The result of the tests of a commit. `not built` says nothing of them, and never that they passed. */
export type Tested = 'passed' | 'failed' | 'running' | 'not built'

/**
 * Returns how the tests of a commit went, by the record of `lockstep serve` alone. Of several builds the last that has
 * finished counts, also while another one runs.
 */
export function testedAs(state: PipelineState, repository: string, commit: string): Tested {
  const last = lastFinishedOf(state, repository, commit)
  if (last !== undefined) return last.state === 'succeeded' ? 'passed' : 'failed'
  // The tests of an interrupted build are still to be run.
  return state.commit(repository, commit)?.build?.state === 'running' ? 'running' : 'not built'
}

/** Returns the last build of a commit that says how its tests went. */
export function lastFinishedOf(state: PipelineState, repository: string, commit: string): Build | undefined {
  const known = state.commit(repository, commit)
  return known === undefined ? undefined : lastFinished(known)
}
