import { readFeatures, type Reading } from '../preflight/read_features'
import type { Run } from '../run/run'
import { callsIn } from '../system/commands'
import { lazy } from './lazy'

/** The options by which the features of a run are read. */
export interface RunReading extends Omit<Reading, 'lint'> {
  /** True when dangerous features are refused. */
  lints: boolean
  /** The arguments of cucumber's command line. */
  args: readonly string[]
  /** Writes lines for a person. */
  write: (text: string) => void
}

/** Reads the features of a run before anything of it is run, says what is wrong with them, and refuses the run for it. */
export function readRun(run: Run, reading: RunReading): void {
  const { preflight, substitution, lints, args, write } = reading
  const lint = () => {
    const { countFindings, lintAll, writeFindings } = lazy.linting
    const findings = lintAll(preflight.heard)
    writeFindings(findings, write)
    return { findings, counted: countFindings(findings) }
  }
  const { features, refusal, faults } = readFeatures({ ...reading, lint: lints ? lint : undefined })
  const calls = callsIn()
  const { LOCKSTEP_VARIABLES: given = '', ...env } = calls.env
  const used = substitution.usedOf(given)
  const own = used === '' ? env : { ...env, LOCKSTEP_VARIABLES: used }
  run.beginReading(features, { ...calls, env: own, args })
  for (const { uri, line, message } of faults) write(`${uri}:${line}: ${message}\n`)
  if (refusal !== undefined) run.refuse(refusal)
}
