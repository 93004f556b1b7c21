import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { readPipelineSetting, readSpoolSetting } from '../config/pipeline_setting'
import { readSetting } from '../config/settings'
import { readBusBroker } from '../config/bus_broker'
import { foldersIn } from '../run/folders'
import { surroundingsOf } from '../run/parameters'
import { HookTriggers } from '../server/hook_triggers'
import { partsWith } from '../server/parts'
import { serve as serveUntil } from '../server/serve'
import { serveUnit } from '../server/unit'
import { systemClock } from '../system/clock'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { redactor } from '../system/redaction'
import type { Call, Outcome } from './command'
import { takeServiceManager } from './service_manager'

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
  const triggers = new HookTriggers(settings.repositories)
  const bus = settings.bus && readBusBroker(config, settings.bus, surroundingsOf(env))
  const redact = redactor([...triggers.secrets, ...(bus?.secrets ?? [])])
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: redact } })
  for (const warning of [...settings.warnings, ...(bus?.warnings ?? [])]) log.warn(warning)
  const manager = takeServiceManager(log)
  await serveUntil({
    settings,
    triggers,
    state,
    env,
    clock: systemClock,
    log,
    redact,
    parts: partsWith(bus),
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
