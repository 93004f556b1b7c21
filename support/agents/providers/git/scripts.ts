import { isAbsolute, join } from 'node:path'
import type { CommandRunner } from '../../../system/command'
import { excerpt, type Redact } from '../../../system/redaction'
import { DeployFailed } from '../../git'
import { isUnknown } from '../programs'
import type { FolderLooks } from './folder_looks'

const MAX_LINES = 20
const MAX_OUTPUT = 2_000

/**
 * Returns the path of a configured script. A path that is not absolute is one within the release, and has to stay there.
 * @throws DeployFailed for a script that is not there
 */
export async function findScript(written: string, release: string, looks: FolderLooks): Promise<string> {
  if (isAbsolute(written)) {
    if (await looks.isProgram(written)) return written
    throw new DeployFailed(`there is no program ${written}, which the configuration of this host names`)
  }
  const found = await looks.atScript(written, release)
  if (found === 'none')
    throw new DeployFailed(`the release has no ${written}, which the configuration of this host names`)
  if (found === 'leads out') throw new DeployFailed(`${written} leads out of the release`)
  if (found === 'not executable') throw new DeployFailed(`${written} of the release is not executable`)
  return join(release, written)
}

/** A script that was begun, and that may still run: its host is away. */
export class ScriptUnheard extends DeployFailed {}

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
  const ended = await run(path, [], {
    cwd: release,
    env,
    within,
    signal,
    outlives: true,
  })
  const { exitCode, output, failure } = ended
  if (failure === undefined && exitCode === 0) return
  const why = failure ?? `it ended with exit status ${exitCode}`
  const Fault = isUnknown(ended) ? ScriptUnheard : DeployFailed
  throw new Fault(`The ${called} ${path} failed: ${why}`, lastLines(redact(output)))
}

function lastLines(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-MAX_LINES).join('\n')
  return lines.length > MAX_OUTPUT
    ? [...excerpt([...lines].reverse().join(''), MAX_OUTPUT)].reverse().join('')
    : lines
}
