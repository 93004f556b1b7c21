import type { ConsoleState } from '../console/pages/console_state'
import { seesRepository } from '../console/pages/pipeline_data'
import { Sight } from '../console/pages/sight'
import type { LookDesk } from '../console/looks/look_view'
import type { TagSources } from '../console/starts/start_sources'

const TAGS = 'refs/tags/'

/** Returns where the form of a start has its tags from, beside a `lockstep serve`. */
export function tagSources(
  state: ConsoleState,
  desk: LookDesk,
  takesTag: (tag: string) => boolean,
): TagSources {
  return {
    desk,
    takesTag,
    pushed(repository, may) {
      const { known } = state.pipeline()
      if (!seesRepository(repository, known, state, new Sight(may, state.environments()))) return []
      const tags = known.commits
        .filter((commit) => commit.repository === repository)
        .toSorted((a, b) => (a.seenAt < b.seenAt ? 1 : -1))
        .flatMap(({ refs }) => refs.toReversed())
        .flatMap((ref) => (ref.startsWith(TAGS) ? [ref.slice(TAGS.length)] : []))
      return [...new Set(tags)].filter(takesTag)
    },
  }
}
