import type { Releases } from '../rollout/ports'
import type { AskedBy } from './recording'

/** Returns what is in the history of releases. The history is read only when a feature asks. */
export function releases(asked: AskedBy, read: (asked: AskedBy) => Releases): Releases {
  let known: Releases | undefined
  const history = () => (known ??= read(asked))
  return {
    current: asked.current,
    decides: asked.decide,
    catchUp: async () => history().catchUp?.(),
    passedIn: (environment, release) => history().passedIn(environment, release),
    managedBy: (release) => history().managedBy?.(release) ?? { not: 'no history is read here' },
    hasArrived: (release) => history().hasArrived(release),
  }
}
