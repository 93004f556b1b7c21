import type { Expected } from './plan_state'

/** The text that stands for a state that is not known. */
export const NOT_KNOWN = 'what cannot be known before'

/** The state that a change would give a resource on one host. */
export interface PlannedState {
  now: string
  /** The state afterwards: `now` for a host that needs nothing, undefined where it cannot be known before. */
  to: string | undefined
  /** The reason why the line would fail on this host. */
  fails?: string
  /** True when a line before this one may prevent the failure, in ways that cannot be planned. */
  mayBeMended?: boolean
  /** A remark that a person should know beside the change. */
  remark?: string
  /** True when it would be done although nothing would differ afterwards, as a restart is. */
  always?: boolean
  /** True when it would be done, and found nothing to change when it was done last. */
  isIdle?: boolean
}

/** Returns the state of a resource by then; a line before may have brought it to another than it has. */
export function byThen(now: string, expected: Expected): string {
  if (expected === 'as now') return now
  return expected === 'not known' ? NOT_KNOWN : expected.state
}
