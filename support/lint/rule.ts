import type { Story } from './story'

/** An error is a danger that is there whatever the hosts do; a warning is for somebody to judge. */
export type Severity = 'error' | 'warning'

export interface Fault {
  line: number
  /** What is wrong on this line. */
  message: string
  /** Where it is not that of the rule. */
  severity?: Severity
}

export interface Rule {
  id: string
  severity: Severity
  /** Why it matters, in one sentence. */
  why: string
  /** How to put it right, in one sentence. */
  fix: string
  /** Pure; takes any story. */
  find: (story: Story) => Fault[]
}
