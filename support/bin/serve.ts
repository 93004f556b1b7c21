import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { liveEnvironment } from '../composition/environments'
import { readPipelineSetting, readSpoolSetting } from '../config/pipeline_setting'
import { readSetting } from '../config/settings'
import { foldersIn } from '../run/folders'
import { secretsOf } from '../config/environment'
import { surroundingsOf } from '../run/parameters'
import { fetchParts } from '../server/fetches'
import { HookTriggers } from '../server/hook_triggers'
import { PARTS } from '../server/parts'
import { serve as serveUntil } from '../server/serve'
import { serveUnit } from '../server/unit'
import type { FetchOrder } from '../pipeline/fetcher'
import { fetchOnHosts, takesTag } from '../survey/fetch_on_hosts'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { redactor } from '../system/redaction'
import { ServiceManager } from '../system/service_manager'
import type { Call, Outcome } from './command'

/** Takes what triggers tell until a signal ends it. Its log goes to the standard output, as services have it. */
export async function serve({ cwd, env, options: { unit } }: Call<{ unit: boolean }>): Promise<Outcome> {
  const config = resolve(cwd, readSetting(env, 'LOCKSTEP_CONFIG') ?? 'lockstep.yaml')
  const state = resolve(cwd, foldersIn(env).state)
  if (!existsSync(config))
    throw new LockstepError(
      'bad-config',
      `there is no configuration ${config}; say: ${formatLockstep('serve --config lockstep.yaml')}`,
    )
  const spool = readSpoolSetting(config)
  if (unit && spool !== undefined) return { text: unitOf(config, state, spool.path), exitCode: 0 }
  const settings = readPipelineSetting(config, { env })
  if (settings === undefined)
    throw new LockstepError(
      'bad-config',
      `${config} has no pipeline; expected pipeline: { repositories: … }, as docs/pipeline.md has it`,
    )
  // Nothing that it writes is for everybody; the umask says whether it is for the group.
  process.umask(process.umask() | 0o007)
  const notified = ServiceManager.takenFrom(process.env)
  const triggers = new HookTriggers(settings.repositories)
  const surroundings = surroundingsOf(env)
  const environmentOf = (environment: string) => liveEnvironment({ environment }, surroundings, cwd)
  // An environment that is not right is a mistake of the start, and not of the first green build.
  const environments = settings.repositories.flatMap(({ fetches = [] }) =>
    fetches.map(({ environment }) => environmentOf(environment)),
  )
  const redact = redactor([...triggers.secrets, ...environments.flatMap(secretsOf)])
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: redact } })
  for (const warning of settings.warnings) log.warn(warning)
  const fleets = {
    takesTag,
    fetch: (order: FetchOrder, signal: AbortSignal) =>
      fetchOnHosts(order, { environmentOf, clock: systemClock }, signal),
  }
  const manager = new ServiceManager({
    ...notified,
    run: runCommand,
    clock: systemClock,
    pid: process.pid,
    onTrouble: (what) => log.warn(what),
  })
  await serveUntil({
    settings,
    triggers,
    state,
    env,
    clock: systemClock,
    log,
    redact,
    parts: [...PARTS, ...fetchParts(settings, fleets)],
    signal: endOfProcess(),
    onReady: () => manager.start(),
  }).finally(() => manager.stop())
  return { text: '', exitCode: 0 }
}

function endOfProcess(): AbortSignal {
  const end = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort())
  return end.signal
}

function unitOf(config: string, state: string, spool: string): string {
  const program = join(__dirname, 'lockstep.cjs')
  return serveUnit({
    command: [process.execPath, program, 'serve', '--config', config, '--state', state],
    writes: [state, spool],
  })
}
