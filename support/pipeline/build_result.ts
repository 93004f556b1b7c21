import type { PipelineState } from './pipeline_state'

/** What can be said of the tests of a commit. `not built` says nothing of them, and never that they passed. */
export type Tested = 'passed' | 'failed' | 'running' | 'not built'

/** Returns how the tests of a commit went, by the record of `lockstep serve` alone. */
export function testedAs(state: PipelineState, repository: string, commit: string): Tested {
  switch (state.commit(repository, commit)?.build?.state) {
    case 'succeeded':
      return 'passed'
    case 'failed':
      return 'failed'
    case 'running':
      return 'running'
    // The tests of an interrupted build are still to be run.
    case 'interrupted':
    case undefined:
      return 'not built'
  }
}
