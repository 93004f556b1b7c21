import { describeEvent } from '../pipeline/format_event'
import type { RecordedPipelineEvent } from '../pipeline/events'
import type { PipelineState } from '../pipeline/pipeline_state'
import { lastFinished } from '../pipeline/tested_commit'

/** The state of a commit’s tests, in the words that servers of git share. */
export interface CommitStatus {
  repository: string
  commit: string
  state: 'pending' | 'succeeded' | 'failed'
  /** One sentence on one line. */
  description: string
}

/**
 * Returns the status that an event gives to its commit; undefined for an event that gives none. A build that was
 * interrupted gives none: its commit still waits. `state` may be later than the event.
 */
export function statusOf(event: RecordedPipelineEvent, state: PipelineState): CommitStatus | undefined {
  switch (event.type) {
    case 'commit seen': {
      if (!event.isToBuild) return undefined
      const { repository, commit } = event
      // A push of another ref with a commit that was tested leaves its result as it is.
      const known = state.commit(repository, commit)
      if (known !== undefined && lastFinished(known) !== undefined) return undefined
      return { repository, commit, state: 'pending', description: 'its tests are to be run' }
    }
    case 'build asked for': {
      const { repository, commit } = event
      return { repository, commit, state: 'pending', description: 'its tests are to be run again' }
    }
    case 'build ended': {
      const known = state.commitOf(event.build)
      if (known === undefined || event.result === 'interrupted') return undefined
      const { repository, commit, build, earlier } = known
      // The state knows each build by its first end; a later word about it counts nowhere.
      const own = [build, ...earlier].find((each) => each?.build === event.build)
      if (own?.state !== event.result) return undefined
      return { repository, commit, state: event.result, description: describeEvent(event, state) }
    }
    default:
      return undefined
  }
}
