import type { Releases } from '../rollout/ports'
import type { AskedBy } from './recording'

/** Returns what is in the history of releases. The history is read only when a feature asks. */
export function releases(asked: AskedBy): Releases {
  let known: Releases | undefined
  const onRecord = () => {
    const { releasesInHistory } = require('./recording') as typeof import('./recording')
    return (known ??= releasesInHistory(asked))
  }
  return {
    current: asked.current,
    decides: asked.decide,
    passedIn: (environment, release) => onRecord().passedIn(environment, release),
    hasArrived: (release) => onRecord().hasArrived(release),
  }
}
