import { CHECKS } from '../doctor/checks'
import { examine, judgeFindings } from '../doctor/examine'
import { findingsDocument, formatFindings } from '../doctor/format_findings'
import { Subject } from '../doctor/subject'
import { isColoured, isLively } from '../reporting/console/colour'
import { surroundingsOf } from '../run/parameters'
import { systemClock } from '../system/clock'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

/**
 * Prints whether all that a rollout depends on is as it should be, and what mends it. The exit status is 1 where
 * something is not.
 */
export async function doctor({ cwd, env, options: { json } }: Call<{ json: boolean }>): Promise<Outcome> {
  const over = new AbortController()
  const subject = new Subject(cwd, surroundingsOf(env), systemClock, over.signal)
  try {
    const findings = await examine(CHECKS, subject, { clock: systemClock, redact: () => subject.redact() })
    const exitCode = judgeFindings(findings)
    const text = json
      ? formatJson('lockstep/doctor/1', findingsDocument(findings, exitCode))
      : formatFindings(findings, isColoured(isLively(process.stdout, env), env))
    return { text, exitCode }
  } finally {
    over.abort()
  }
}
