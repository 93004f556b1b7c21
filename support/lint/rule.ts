import type { FeatureTimeline } from './feature_timeline'

/**
 * The severity of a finding. An error is a danger that is there with any behaviour of the hosts; a warning is for a
 * person to judge.
 */
export type Severity = 'error' | 'warning'

export interface Fault {
  line: number
  /** The sentence that says what is wrong on this line. */
  message: string
  /** The severity where it is not that of the rule. */
  severity?: Severity
}

export interface Rule {
  id: string
  severity: Severity
  /** The reason why the finding matters, in one sentence. */
  why: string
  /** The way to put it right, in one sentence. */
  fix: string
  /** Finds the faults of a story; pure, and takes any story. */
  find: (story: FeatureTimeline) => Fault[]
}
