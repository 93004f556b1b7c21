import { reasonOf } from '../rollout/model/thrown'
import { redactNothing } from '../system/redaction'
import type { FeatureText } from './feature_text'
import { FeatureTimeline } from './feature_timeline'
import type { LintFinding } from './finding'
import type { Fault, Rule } from './rule'

/** A rule that a team has written, and the file that exports it, as lockstep.yaml names it. */
export interface TeamRule {
  rule: Rule
  file: string
}

/** The name under which a rule is reported that could not be applied. No comment allows it. */
export const RULE_FAILED = 'rule-failed'

/**
 * Applies a team's rule to a feature. A rule that throws, or that does not return faults, has a failure instead of
 * findings. It gets a timeline of its own, so that what it does to it hides nothing from another rule.
 */
export function applyTeamRule(
  { rule, file }: TeamRule,
  feature: FeatureText,
): { findings: LintFinding[]; failure?: LintFinding } {
  const { id, severity, why, fix } = rule
  const { uri } = feature
  try {
    const found: unknown = rule.find(new FeatureTimeline(feature))
    if (!Array.isArray(found)) throw new Error(isPromise(found) ? IS_ASYNC : 'it returned no list of faults')
    const findings = found.map((fault: unknown) => ({
      uri,
      rule: id,
      severity,
      why,
      fix,
      ...expectFault(fault),
    }))
    return { findings }
  } catch (error) {
    const message = `the rule ${id} of ${file} could not be applied: ${reasonOf(error, redactNothing)}`
    return {
      findings: [],
      failure: { uri, line: 1, rule: RULE_FAILED, severity: 'error', message, ...ADVICE },
    }
  }
}

const IS_ASYNC = 'it returned a promise; a rule answers at once'
const ADVICE = {
  why: 'A feature that a rule has not judged is not known to be without fault.',
  fix: 'Mend the rule, or take its file out of extensions in lockstep.yaml.',
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** Returns the parts of a fault that a finding has, and no others. */
function expectFault(value: unknown): Fault {
  const { line, message, severity } = (typeof value === 'object' ? (value ?? {}) : {}) as Partial<Fault>
  if (typeof line !== 'number' || !Number.isInteger(line) || line < 1)
    throw new Error('a fault has no line; expected a whole number from 1')
  if (typeof message !== 'string' || message.trim() === '')
    throw new Error('a fault has no message; expected a sentence')
  if (severity !== undefined && severity !== 'error' && severity !== 'warning')
    throw new Error('a fault has an unknown severity; expected error or warning')
  return { line, message, ...(severity === undefined ? {} : { severity }) }
}
