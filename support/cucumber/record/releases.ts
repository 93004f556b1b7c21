import type { Releases } from '../../rollout/ports'

export interface AskedBy {
  environment: string
  feature: string
  /** What the run itself calls its release. */
  current: string | undefined
  /** Whether the record decides anything: not in a rehearsal. */
  decide: boolean
}

/** The same as on record, which is read only when a feature asks. */
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
