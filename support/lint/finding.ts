import type { Severity } from './rule'

export interface LintFinding {
  uri: string
  line: number
  rule: string
  severity: Severity
  /** The sentence that says what is wrong. */
  message: string
  why: string
  fix: string
}
