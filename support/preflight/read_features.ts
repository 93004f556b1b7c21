import type { LintFinding } from '../lint/finding'
import { traitsOf } from '../run/modes'
import type { RunParameters } from '../run/parameters'
import type { ReadFeatures } from '../run/run'
import type { Remark } from '../run/run_parts'
import { LockstepError } from '../system/errors'
import { faultOfChosenPlaces, type Choice } from './chosen_places'
import { placesOf } from './places'
import type { Finding, KnownOfTeam, Preflight } from './preflight'
import type { Substitution } from './substitution'

export interface Reading {
  preflight: Preflight
  substitution: Substitution
  parameters: RunParameters
  sources: ReadonlyMap<string, string>
  /** The reason why nothing can be run with the options of the command line; undefined where it can. */
  refusedFor: string | undefined
  /** The choice of scenarios; undefined for a run that another run of the process has begun. */
  chosen: Choice | undefined
  /** The refusal of a run whose features cannot be judged, since code of a team cannot be loaded. */
  refusedBefore: LockstepError | undefined
  /** The code that a team adds, as far as it is known. */
  ofTeam: KnownOfTeam
  /** Lints the features, and describes the findings in a few words; undefined where the run does not lint. */
  lint: (() => { findings: readonly LintFinding[]; counted: string }) | undefined
}

/** Returns the features as they were read, why they cannot be run, and the lines at fault. */
export function readFeatures(reading: Reading): {
  features: ReadFeatures
  refusal: LockstepError | undefined
  faults: readonly Finding[]
} {
  const { preflight, substitution, parameters, sources, refusedFor, refusedBefore } = reading
  const scenarios = preflight.planned()
  const uris = [...new Set(scenarios.map(({ uri }) => uri))]
  const features = {
    scenarios,
    remarks: [],
    findings: [],
    faultTables: preflight.faultTables(),
    leftOut: new Map(uris.map((uri) => [uri, preflight.leftOut(uri)])),
    sources,
    substitution: { of: substitution, parameters },
  }
  const refusal =
    refusedFor === undefined
      ? (refusedBefore ?? substitution.refusal)
      : new LockstepError('bad-input', `${refusedFor}; nothing was sent`)
  if (refusal !== undefined) return { features, refusal, faults: [] }
  const faults = preflight.findings(reading.ofTeam)
  const { findings, counted } = reading.lint?.() ?? { findings: [], counted: '' }
  return {
    features: { ...features, findings, remarks: remarksOf(faults, findings) },
    refusal: refusalOf(reading, faults, findings, counted),
    faults,
  }
}

function refusalOf(
  { preflight, parameters, chosen }: Reading,
  faults: readonly Finding[],
  findings: readonly LintFinding[],
  counted: string,
): LockstepError | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (faults.length > 0 || errors.length > 0) {
    const n = faults.length
    const lines = n === 0 ? '' : `${n === 1 ? 'one line' : `${n} lines`} cannot be run`
    const reasons = [lines, counted].filter(Boolean).join(', ')
    return new LockstepError(
      'bad-feature',
      `${reasons} (${placesOf([...faults, ...errors])}); nothing was sent`,
    )
  }
  const idleChoice = chosen === undefined ? undefined : faultOfChosenPlaces(chosen, preflight.choosable)
  if (idleChoice !== undefined) return new LockstepError('bad-input', `${idleChoice}; nothing was sent`)
  if (preflight.scenarios === 0)
    return new LockstepError('bad-feature', 'no scenario was found to run; nothing was done')
  const [idle] = traitsOf(parameters).needsFeature ? preflight.idle : []
  if (idle !== undefined)
    return new LockstepError(
      'bad-feature',
      `no scenario of ${idle} would be run, by tag, name or line; leave it out, or choose others; nothing was sent`,
    )
  const { outOfOrder } = preflight
  if (traitsOf(parameters).purpose === 'findings' || outOfOrder === undefined) return undefined
  const { uri, line, message } = outOfOrder
  return new LockstepError('bad-feature', `${uri}:${line}: ${message}; nothing was sent`)
}

function remarksOf(findings: readonly Finding[], linted: readonly LintFinding[]): Remark[] {
  return [
    ...findings.map(({ uri, line, message }): Remark => ({ uri, line, severity: 'error', message })),
    ...linted.map(({ uri, line, severity, rule, message }) => ({
      uri,
      line,
      severity,
      message: `${rule}: ${message}`,
    })),
  ]
}
