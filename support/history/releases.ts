import type { Releases } from '../rollout/ports'
import type { AskedBy } from './recording'

/** Returns what is on record of releases. The record is read only when a feature asks. */
export function releases(asked: AskedBy): Releases {
  let known: Releases | undefined
  const onRecord = () => {
    const { releasesOnRecord } = require('./recording') as typeof import('./recording')
    return (known ??= releasesOnRecord(asked))
  }
  return {
    current: asked.current,
    decide: asked.decide,
    passedIn: (environment, release) => onRecord().passedIn(environment, release),
    hasArrived: (release) => onRecord().hasArrived(release),
  }
}
