import { noExtensions, type Extensions } from '../extensions/extensions'
import { readFeatures, type Reading } from '../preflight/read_features'
import { contractsWith } from '../rpc/contracts'
import type { RunSurroundings } from '../run/parameters'
import type { Run } from '../run/run'
import { callsIn } from '../system/commands'
import { LockstepError } from '../system/errors'
import { lazy } from './lazy'
import { loadTeamExtensions } from './team_extensions'

/** The options by which the features of a run are read. */
export interface RunReading extends Omit<Reading, 'lint' | 'refusedBefore' | 'ofTeam'> {
  surroundings: RunSurroundings
  cwd: string
  /** True when dangerous features are refused. */
  lints: boolean
  /** The arguments of cucumber's command line. */
  args: readonly string[]
  /** True where a command of `lockstep` has begun the run. */
  byCommand: boolean
  /** Writes lines for a person. */
  write: (text: string) => void
}

/**
 * Reads the features of a run before anything of it is run, says what is wrong with them, and refuses the run for it.
 * Returns the code of a team that takes part.
 */
export function readRun(run: Run, reading: RunReading): Extensions {
  const { preflight, substitution, lints, args, byCommand, write } = reading
  const { extensions, refusal: refusedBefore } = teamExtensions(reading)
  const lint = () => {
    const { countFindings, lintAll, writeFindings } = lazy.linting
    const findings = lintAll(preflight.heard, extensions.rules)
    writeFindings(findings, write)
    return { findings, counted: countFindings(findings) }
  }
  const { features, refusal, faults } = readFeatures({
    ...reading,
    refusedBefore,
    ofTeam: {
      balancers: [...extensions.balancers.keys()],
      contractOf: contractsWith(extensions.agents),
    },
    lint: lints ? lint : undefined,
  })
  const calls = callsIn()
  const { LOCKSTEP_VARIABLES: given = '', ...env } = calls.env
  const used = substitution.usedOf(given)
  const own = used === '' ? env : { ...env, LOCKSTEP_VARIABLES: used }
  run.beginReading(features, { ...calls, env: own, args, ...(byCommand ? { byCommand } : {}) })
  for (const { uri, line, message } of faults) write(`${uri}:${line}: ${message}\n`)
  if (refusal !== undefined) run.refuse(refusal)
  return extensions
}

function teamExtensions({ surroundings, cwd }: RunReading): {
  extensions: Extensions
  refusal?: LockstepError
} {
  try {
    return { extensions: loadTeamExtensions(surroundings, cwd) }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { extensions: noExtensions(), refusal: error }
  }
}
