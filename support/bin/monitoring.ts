import { liveEnvironment } from '../composition/environments'
import { loadTeamExtensions } from '../composition/team_extensions'
import { MonitoringNews } from '../composition/tell_monitoring'
import { secretsOf, type Environment } from '../config/environment'
import { readMonitoringSetting, type MonitoringSettings } from '../config/monitoring_setting'
import { listenForRegistrations } from '../monitoring/listen_for_registrations'
import { openMonitoring } from '../monitoring/open_monitoring'
import { tellLook } from '../monitoring/tell_look'
import { surroundingsOf, type RunSurroundings } from '../run/parameters'
import { monitoringPart } from '../server/monitoring_part'
import type { Part } from '../server/part'
import { systemClock } from '../system/clock'
import { runCommand } from '../system/command'
import { LockstepError } from '../system/errors'
import type { Log } from '../system/log'
import { redactor, type Redact } from '../system/redaction'
import type { Call, Outcome } from './command'
import { formatJson } from './json'

/** The options of `lockstep serve` that are about one look at monitoring. */
export interface OnceOptions {
  monitoring: boolean
  noop: boolean
  removed: string | undefined
  json: boolean
}

interface LookAsked {
  noop: boolean
  confirmed: number | undefined
  json: boolean
}

/** Milliseconds that the end of the process waits for its notifications. */
const FLUSH_MS = 5_000

/**
 * Returns the one look that options ask for; undefined where they ask for none.
 * @throws LockstepError `bad-input` for options that do not go together
 */
export function lookAsked({ monitoring, noop, removed, json }: OnceOptions): LookAsked | undefined {
  if (!monitoring) {
    const [alone] = [noop && '--noop', removed !== undefined && '--removed', json && '--json'].filter(Boolean)
    if (alone === undefined) return undefined
    throw new LockstepError(
      'bad-input',
      `${String(alone)} goes with --monitoring; say: lockstep serve --monitoring ${String(alone)}`,
    )
  }
  if (removed !== undefined && !/^[1-9]\d{0,5}$/.test(removed))
    throw new LockstepError(
      'bad-input',
      `--removed is ${JSON.stringify(removed)}; expected the number of hosts that have left, such as 5`,
    )
  return { noop, confirmed: removed === undefined ? undefined : Number(removed), json }
}

/** Compares monitoring with the inventory once, and brings it in step unless only the changes are asked for. */
export async function lookAtMonitoring(
  { cwd, env, options }: Call<LookAsked>,
  config: string,
  state: string,
): Promise<Outcome> {
  const settings = readMonitoringSetting(config, { env })
  if (settings === undefined)
    throw new LockstepError(
      'bad-config',
      `${config} has no monitoring; expected monitoring: { prometheus: { file: … } }, as docs/monitoring.md has it`,
    )
  const environment = watchedEnvironment(settings, surroundingsOf(env), cwd)
  const redact = redactor([...settings.secrets, ...secretsOf(environment)])
  const means = { state, run: runCommand, clock: systemClock, redact }
  const { look, unknown } = await openMonitoring(settings, environment, means).look(
    options,
    new AbortController().signal,
  )
  const told = tellLook(look, unknown, options.noop)
  const sentences = told.map(({ sentence }) => redact(sentence))
  const isInStep =
    look.fault === undefined &&
    look.targets.every(({ fault, refused }) => fault === undefined && refused.length === 0)
  const exitCode = isInStep ? 0 : 1
  if (options.json) {
    const targets = look.targets.map((each) => ({ ...each, fault: each.fault ?? null }))
    const fault = look.fault ?? null
    const { noop } = options
    const text = formatJson('lockstep/monitoring/1', {
      exitCode,
      noop,
      targets,
      fault,
      notInInventory: unknown,
      sentences,
    })
    return { text: redact(text), exitCode }
  }
  const all = sentences.length === 0 ? ['monitoring is in step with the inventory'] : sentences
  return { text: all.map((sentence) => `${sentence}\n`).join(''), exitCode }
}

/** Returns the environment whose hosts are monitored. @throws LockstepError `bad-config` */
export function watchedEnvironment(
  { environment }: MonitoringSettings,
  context: RunSurroundings,
  cwd: string,
): Environment {
  return liveEnvironment(environment === undefined ? {} : { environment }, context, cwd)
}

interface MonitoringContext {
  state: string
  cwd: string
  context: RunSurroundings
  redact: Redact
  log: Log
}

/** Returns the part of `lockstep serve` that keeps monitoring in step, and what ends its notifications. */
export function monitoringIn(
  settings: MonitoringSettings,
  environment: Environment,
  { state, cwd, context, redact, log }: MonitoringContext,
): { part: Part; close(): Promise<void> } {
  const clock = systemClock
  const { channels } = loadTeamExtensions(context, cwd)
  const news = new MonitoringNews(environment, clock, Math.random, channels)
  const part = monitoringPart({
    monitoring: openMonitoring(settings, environment, { state, run: runCommand, clock, redact }),
    everyMs: settings.everyMs,
    listen: (onRegistered, onTrouble, signal) =>
      listenForRegistrations(environment, {
        clock,
        random: Math.random,
        redact,
        signal,
        onRegistered,
        onTrouble,
      }),
    notify: (told) => news.tell(told),
  })
  return {
    part,
    async close() {
      for (const note of await news.close(FLUSH_MS)) log.warn(redact(note))
    },
  }
}
