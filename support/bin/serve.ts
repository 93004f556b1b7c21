import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { readSpoolSetting } from '../config/pipeline_setting'
import { readSetting } from '../config/settings'
import { lookUpAccount } from '../pipeline/build_user'
import { buildUsersOf } from '../pipeline/build_users'
import { proveSvn } from '../pipeline/prove_svn'
import { foldersIn } from '../run/folders'
import { serve as serveUntil } from '../server/serve'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import { redactor } from '../system/redaction'
import type { Call, Outcome } from './command'
import { lookAsked, lookAtMonitoring, type OnceOptions } from './monitoring'
import { proveBuilds } from './prove_builds'
import { serveParts } from './serve_parts'
import { expectSomethingToServe, readServeSettings } from './serve_settings'
import { unitOf, unitOfPages } from './serve_unit'
import { takeServiceManager } from './service_manager'

type Options = OnceOptions & { unit: boolean; standby: boolean }

const LOCKSTEP = [process.execPath, join(__dirname, 'lockstep.cjs')]

/** Takes what triggers tell until a signal ends it. Its log goes to the standard output, as services have it. */
export async function serve({ cwd, env, args, options }: Call<Options>): Promise<Outcome> {
  const { unit, standby } = options
  const config = resolve(cwd, readSetting(env, 'LOCKSTEP_CONFIG') ?? 'lockstep.yaml')
  const state = resolve(cwd, foldersIn(env).state)
  expectFile(config)
  const once = lookAsked(options)
  if (once !== undefined) return lookAtMonitoring({ cwd, env, args, options: once }, config, state)
  if (unit) return { text: await writeUnit(config, state, { env, isStandby: standby }), exitCode: 0 }
  const settings = readServeSettings(config, { env, cwd })
  const { pipeline, pages, triggers } = settings
  await proveSvn(pipeline.repositories, runCommand)
  // Nothing that it writes is for everybody; the umask says whether it is for the group.
  process.umask(process.umask() | 0o007)
  const redact = redactor(settings.secrets)
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: redact } })
  for (const warning of settings.warnings) log.warn(warning)
  // Builds are proven when it takes over; a user that is not there is no news for that moment.
  if (standby) for (const user of buildUsersOf(pipeline.repositories)) await lookUpAccount(user, runCommand)
  const { close, ...parts } = serveParts(settings, {
    lockstep: LOCKSTEP,
    config,
    state,
    cwd,
    env,
    log,
    redact,
  })
  const manager = takeServiceManager(log)
  try {
    await serveUntil({
      settings: pipeline,
      triggers,
      state,
      env,
      clock: systemClock,
      log,
      redact,
      ...parts,
      prove: () => proveBuilds(settings, { state, config, env }),
      ...(standby ? { standby: { random: Math.random } } : {}),
      // Monitoring alone is told nothing over HTTP.
      listens: settings.hasPipeline || pages !== undefined,
      signal: endOfProcess(),
      onReady: () => manager.start(),
    })
  } finally {
    await close()
    manager.stop()
  }
  return { text: '', exitCode: 0 }
}

async function writeUnit(
  config: string,
  state: string,
  { env, isStandby }: Pick<Call, 'env'> & { isStandby: boolean },
): Promise<string> {
  const place = { lockstep: LOCKSTEP, config, state, isStandby }
  const spool = readSpoolSetting(config)
  if (spool !== undefined) return unitOf(spool, place)
  expectSomethingToServe(config, { env })
  return unitOfPages(place)
}

function expectFile(config: string): void {
  if (existsSync(config)) return
  throw new LockstepError(
    'bad-config',
    `there is no configuration ${config}; say: ${formatLockstep('serve --config lockstep.yaml')}`,
  )
}

function endOfProcess(): AbortSignal {
  const end = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort())
  return end.signal
}
