import { lookForDrift } from '../composition/look_for_drift'
import { formatDrift, makeUnknownDrift, type DriftState } from '../history/drift_check'
import { showWaits } from '../reporting/console/show_waits'
import { surroundingsOf } from '../run/parameters'
import { remainsOnHosts } from '../survey/remains_on_hosts'
import { idleClock, systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactNothing } from '../system/redaction'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

interface Options {
  environment: string | undefined
  release: string | undefined
  json: boolean
}

/** The exit statuses of monitoring plugins. */
const NAGIOS = { OK: 0, CRITICAL: 2, UNKNOWN: 3 } as const

/**
 * Reports whether the state that a release has left on its hosts is still there. The exit statuses are those of
 * monitoring plugins: an unknown state is neither well nor an alarm.
 */
export async function drift({ cwd, env, options }: Call<Options>): Promise<Outcome> {
  return outcomeOf(await lookFor(options, env, cwd), options.json)
}

/** Returns the outcome of a call that cannot be understood. */
export function unknownDrift(why: string, words: readonly string[]): Outcome {
  return outcomeOf(makeUnknownDrift(why), words.includes('--json'))
}

function outcomeOf(found: DriftState, json: boolean): Outcome {
  const { state, sentence, findings } = found
  const text = json ? formatJson('lockstep/drift/1', { state, sentence, findings }) : formatDrift(found)
  return { text, exitCode: NAGIOS[state] }
}

async function lookFor(
  { environment, release }: Options,
  env: Call['env'],
  cwd: string,
): Promise<DriftState> {
  try {
    const { signal } = new AbortController()
    const paper = { stream: process.stderr, env, clock: idleClock, redact: redactNothing }
    return await showWaits(paper, (tellWait) =>
      lookForDrift({ environment, release }, surroundingsOf(env), cwd, tellWait, (where, earlier) =>
        remainsOnHosts(where, earlier, { clock: systemClock, signal, tellWait }),
      ),
    )
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return makeUnknownDrift(error.message)
  }
}
