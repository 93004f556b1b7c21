import { lint } from '../../lint/lint'
import { type LintFinding } from '../../lint/finding'
import { RULE_FAILED, type TeamRule } from '../../lint/team_rule'
import { formatCount } from './counted'
import { featureTexts, type Heard } from '../../preflight/feature_texts'
import { LineWriter } from './line_writer'

const WIDTH = 80

/** Lints all features that were read, by the rules of a team too. */
export function lintAll(heard: Heard, teamRules: readonly TeamRule[]): LintFinding[] {
  return featureTexts(heard).flatMap((feature) => lint(feature, teamRules))
}

/** Writes the findings for a person: where, what, why it matters, and what to do about it. */
export function writeFindings(findings: readonly LintFinding[], write: (text: string) => void): void {
  const writer = new LineWriter(write, () => WIDTH)
  for (const { uri, line, rule, severity, message, why, fix } of findings) {
    const kind = severity === 'warning' ? 'warning, ' : ''
    writer.wrapped(`${uri}:${line}: ${rule}: ${kind}${message}`, 4, plain)
    writer.wrapped(`    ${why}`, 4, plain)
    writer.wrapped(`    ${fix}`, 4, plain)
    if (!rule.startsWith('allow-') && rule !== RULE_FAILED)
      writer.wrapped(`    Or allow it: # lockstep: allow ${rule} because …`, 4, plain)
  }
}

/** Returns the count of findings, such as `2 errors`, `1 warning`, `2 errors and 1 warning`; empty without findings. */
export function countFindings(findings: readonly Pick<LintFinding, 'severity'>[]): string {
  return (['error', 'warning'] as const)
    .map((kind) => ({ kind, n: findings.filter(({ severity }) => severity === kind).length }))
    .filter(({ n }) => n > 0)
    .map(({ kind, n }) => formatCount(n, kind))
    .join(' and ')
}

function plain(text: string): string {
  return text
}
