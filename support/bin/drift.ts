import { lookForDrift } from '../composition/look_for_drift'
import { formatDrift, makeUnknownDrift, type DriftState } from '../history/drift_check'
import { surroundingsOf } from '../run/parameters'
import { LockstepError } from '../system/errors'
import { parseOptions } from './arguments'

const OPTIONS = {
  environment: { type: 'string' },
  release: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** The exit statuses of monitoring plugins. */
const NAGIOS = { OK: 0, CRITICAL: 2, UNKNOWN: 3 } as const

/**
 * Reports whether the state that a release has left on its hosts is still there. The exit statuses are those of
 * monitoring plugins: an unknown state is neither well nor an alarm.
 */
export async function drift(
  cwd: string,
  args: readonly string[],
): Promise<{ text: string; exitCode: number }> {
  const found = await lookFor(cwd, args)
  const { state, sentence, findings } = found
  const text = args.includes('--json')
    ? `${JSON.stringify({ state, sentence, findings }, null, 2)}\n`
    : formatDrift(found)
  return { text, exitCode: NAGIOS[state] }
}

async function lookFor(cwd: string, args: readonly string[]): Promise<DriftState> {
  try {
    const { environment, release } = parseOptions(args, OPTIONS)
    return await lookForDrift({ environment, release }, surroundingsOf(process.env), cwd)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return makeUnknownDrift(error.message)
  }
}
