import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import pino from 'pino'
import { readRunnerSetting, type RunnerSettings } from '../config/runner_setting'
import { readSetting } from '../config/settings'
import { lookUpAccount } from '../pipeline/build_user'
import { BUILD_CAPABILITIES, proveBuildUser } from '../pipeline/prove_build_user'
import { foldersIn } from '../run/folders'
import { runRunner } from '../runner/runner'
import { claimPipeline } from '../server/claim_pipeline'
import { Refusals } from '../server/refusals'
import { RUNNER_VARIABLES_FILE, runnerUnit } from '../server/unit'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import { formatLockstep } from '../system/commands'
import { EXIT, LockstepError } from '../system/errors'
import { outliveOutputs } from '../system/output'
import { redactor } from '../system/redaction'
import type { Call, Outcome } from './command'
import { takeServiceManager } from './service_manager'

const PROGRAM = 'lockstep ci --listen'

/** Takes orders of builds off their queues until a signal ends it. Its log goes to the standard output. */
export async function listen({
  cwd,
  env,
  args,
  options: { unit },
}: Call<{ listen: boolean; unit: boolean }>): Promise<Outcome> {
  outliveOutputs(process.stdout, process.stderr, () => (process.exitCode ||= EXIT.failed))
  const config = resolve(cwd, readSetting(env, 'LOCKSTEP_CONFIG') ?? 'lockstep.yaml')
  const state = resolve(cwd, foldersIn(env).state)
  const settings = existsSync(config) ? readRunnerSetting(config, { env }) : undefined
  if (settings === undefined)
    throw new LockstepError(
      'bad-config',
      `${existsSync(config) ? `${config} has no runner` : `there is no configuration ${config}`}; expected runner: { connector: …, brokers: …, serve_key: …, repositories: … }, as docs/runners.md has it; ${formatLockstep('ci --listen --config lockstep.yaml')} names the file`,
    )
  const repositories = expectRepositories(args, settings, config)
  if (unit) return { text: await unitOf({ config, state, repositories: args, settings }), exitCode: 0 }
  // Nothing that it writes is for everybody.
  process.umask(process.umask() | 0o007)
  const redact = redactor(settings.secrets)
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: redact } })
  for (const warning of settings.warnings) log.warn(warning)
  const end = endOfProcess()
  let lost: unknown
  const claim = await claimPipeline({
    state,
    env,
    clock: systemClock,
    what: PROGRAM,
    onLost: (error) => {
      lost ??= error
      end.abort()
    },
  })
  const refusals = new Refusals(systemClock, (count, why) => log.warn({ count, why }, 'messages dropped'))
  const manager = takeServiceManager(log)
  try {
    await prove(settings, { state, config, env })
    await runRunner({
      settings,
      repositories,
      state,
      clock: systemClock,
      run: runCommand,
      env: process.env,
      log,
      redact,
      onRefused: (why) => refusals.add(redact(why)),
      onReady: () => manager.start(),
      signal: end.signal,
    })
  } finally {
    refusals.stop()
    manager.stop()
    await claim.release()
  }
  if (lost !== undefined) throw lost
  return { text: '', exitCode: 0 }
}

/** Returns the repositories that are named; all that are configured where none is. */
function expectRepositories(named: readonly string[], settings: RunnerSettings, config: string): string[] {
  const known = settings.repositories.map(({ name }) => name)
  const odd = named.find((name) => !known.includes(name))
  if (odd !== undefined || known.length === 0)
    throw new LockstepError(
      'bad-config',
      `${config}: runner.repositories has no ${odd ?? 'repository'}; there are: ${known.join(', ') || 'none'}`,
    )
  return named.length === 0 ? known : [...new Set(named)]
}

async function prove(
  { user, secretFiles }: RunnerSettings,
  { state, config, env }: { state: string; config: string } & Pick<Call, 'env'>,
): Promise<void> {
  if (user === undefined) return
  const programs = [process.execPath, ...(env['PATH'] ?? '').split(':').filter(isAbsolute)]
  const secrets = [...secretFiles, join(homedir(), '.netrc'), RUNNER_VARIABLES_FILE]
  const own = process.geteuid?.() ?? -1
  const guarded = { state, secrets, others: [config, __dirname, ...programs] }
  await proveBuildUser(user, guarded, { run: runCommand, clock: systemClock, own, program: PROGRAM })
}

function endOfProcess(): AbortController {
  const end = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort())
  return end
}

async function unitOf({
  config,
  state,
  repositories,
  settings: { user },
}: {
  config: string
  state: string
  repositories: readonly string[]
  settings: RunnerSettings
}): Promise<string> {
  const account = user === undefined ? undefined : await lookUpAccount(user, runCommand)
  const program = join(__dirname, 'lockstep.cjs')
  return runnerUnit({
    command: [process.execPath, program, 'ci', '--listen', ...repositories].concat([
      '--config',
      config,
      '--state',
      state,
    ]),
    writes: [state, ...(account === undefined ? [] : [account.home])],
    capabilities: account === undefined ? [] : BUILD_CAPABILITIES,
  })
}
