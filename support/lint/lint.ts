import type { FeatureText } from './feature_text'
import { rules } from './rules'
import { silence } from './silence'
import { FeatureTimeline } from './feature_timeline'
import type { LintFinding } from './finding'

/**
 * Returns the dangers in a feature that its text alone shows. Findings come in the order of its lines, each line once
 * for a rule. Comments can allow it: `# lockstep: allow <rule> because <reason>`. Never throws.
 */
export function lint(feature: FeatureText): LintFinding[] {
  const story = new FeatureTimeline(feature)
  const found = rules.flatMap(({ id: rule, severity, why, fix, find }) =>
    find(story).map((fault) => ({ uri: feature.uri, rule, severity, why, fix, ...fault })),
  )
  const known = new Set(rules.map(({ id }) => id))
  return silence(feature, known, oncePerLine(found))
    .map((finding) => ({ ...finding, message: printable(finding.message) }))
    .sort((a, b) => a.line - b.line)
}

function oncePerLine(findings: readonly LintFinding[]): LintFinding[] {
  const first = new Map<string, LintFinding>()
  for (const finding of findings) {
    const key = `${finding.line} ${finding.rule}`
    if (!first.has(key)) first.set(key, finding)
  }
  return [...first.values()]
}

/** Replaces control characters: messages quote the feature, and are read at a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
}
