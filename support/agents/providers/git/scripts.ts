import { realpathSync } from 'node:fs'
import { isAbsolute, join, sep } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import { isExecutable } from '../../../system/programs'
import { excerpt, type Redact } from '../../../system/redaction'
import { DeployFailed } from '../../git'

const MAX_LINES = 20
const MAX_OUTPUT = 2_000

/**
 * Returns the path of a configured script. A path that is not absolute is one within the release, and has to stay there.
 * @throws DeployFailed for a script that is not there
 */
export function findScript(written: string, release: string): string {
  if (isAbsolute(written)) {
    if (isExecutable(written)) return written
    throw new DeployFailed(`there is no program ${written}, which the configuration of this host names`)
  }
  const path = join(release, written)
  let real: string
  try {
    real = realpathSync(path)
  } catch {
    throw new DeployFailed(`the release has no ${written}, which the configuration of this host names`)
  }
  if (!real.startsWith(realpathSync(release) + sep))
    throw new DeployFailed(`${written} leads out of the release`)
  if (!isExecutable(path)) throw new DeployFailed(`${written} of the release is not executable`)
  return path
}

export interface ScriptRun {
  /** The name of the script in sentences: `pre script`. */
  called: string
  path: string
  release: string
  /** The variables of the script. Each value has passed its contract. */
  env: Readonly<Record<string, string>>
  within: number
  signal: AbortSignal
}

/**
 * Runs a script in the release, without arguments. A script goes on when the daemon is killed, and the next daemon waits
 * for its end.
 * @throws DeployFailed with the script's last lines
 */
export async function runScript(run: CommandRunner, redact: Redact, script: ScriptRun): Promise<void> {
  const { called, path, release, env, within, signal } = script
  const { exitCode, output, failure } = await run(path, [], {
    cwd: release,
    env,
    within,
    signal,
    outlives: true,
  })
  if (failure === undefined && exitCode === 0) return
  const why = failure ?? `it ended with exit status ${exitCode}`
  throw new DeployFailed(`The ${called} ${path} failed: ${why}`, lastLines(redact(output)))
}

function lastLines(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-MAX_LINES).join('\n')
  return lines.length > MAX_OUTPUT
    ? [...excerpt([...lines].reverse().join(''), MAX_OUTPUT)].reverse().join('')
    : lines
}
