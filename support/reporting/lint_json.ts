import type { Run } from '../run/run'

/** Returns what lint has found, for programs. A line that cannot be run is a finding without a rule. */
export function lintJsonOf({ features, state }: Pick<Run, 'features' | 'state'>): string {
  const { findings, remarks, scenarios } = features
  const faults = remarks.slice(0, remarks.length - findings.length)
  const document = {
    schema: 'lockstep/lint/1',
    exitCode: state.exitCode,
    reason: state.refused === undefined ? null : { code: state.refused.code, message: state.refused.message },
    features: [...new Set(scenarios.map(({ uri }) => uri))],
    findings: [...faults.map((fault) => ({ ...fault, rule: null, why: null, fix: null })), ...findings],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
