import type { FeatureText } from './feature_text'
import { rules } from './rules'
import { applyTeamRule, type TeamRule } from './team_rule'
import { silence } from './silence'
import { FeatureTimeline } from './feature_timeline'
import type { LintFinding } from './finding'

/**
 * Returns the dangers in a feature that its text alone shows. Findings come in the order of its lines, each line once
 * for a rule. Comments can allow it: `# lockstep: allow <rule> because <reason>`. Rules of a team come after those of
 * Lockstep; one that fails is an error that no comment can allow. Never throws.
 */
export function lint(feature: FeatureText, teamRules: readonly TeamRule[] = []): LintFinding[] {
  const story = new FeatureTimeline(feature)
  const found = rules.flatMap(({ id: rule, severity, why, fix, find }) =>
    find(story).map((fault) => ({ uri: feature.uri, rule, severity, why, fix, ...fault })),
  )
  const applied = teamRules.map((each) => applyTeamRule(each, feature))
  const ofTeam = applied.flatMap(({ findings }) => findings)
  const broken = applied.flatMap(({ failure }) => failure ?? [])
  const known = new Set([...rules, ...teamRules.map(({ rule }) => rule)].map(({ id }) => id))
  return [...silence(feature, known, oncePerLine([...found, ...ofTeam])), ...broken]
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
