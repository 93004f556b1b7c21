import { openSigningKey } from '../bus/signing_key'
import type { RunnerSettings } from '../config/runner_setting'
import { idOfKey } from '../config/signing_keys'
import type { BuildSurroundings } from '../pipeline/build'
import type { Clock } from '../system/clock'
import type { CommandRunner } from '../system/command'
import { LockstepError } from '../system/errors'
import type { Log } from '../system/log'
import type { Redact } from '../system/redaction'
import { sayOnce } from '../system/say_once'
import { BuildsHere } from './builds_here'
import { OrderLines } from './order_lines'
import { ReportFolder } from './report_store'
import { ReportLine } from './report_line'
import { runOrders } from './run_orders'

export interface RunnerOptions {
  settings: RunnerSettings
  /** The names of the repositories whose orders it takes; they are configured. */
  repositories: readonly string[]
  /** The folder of the state, as an absolute path, that no other process uses. */
  state: string
  clock: Clock
  run: CommandRunner
  env: BuildSurroundings['env']
  log: Log
  redact: Redact
  /** Hears of messages that were dropped. */
  onRefused(why: string): void
  /** Called when it listens, as far as there is a broker. */
  onReady(): void
  signal: AbortSignal
}

/**
 * Runs the tests of commits for a `lockstep serve` elsewhere, until the signal is aborted. An order that is under way then is
 * given back.
 * @throws LockstepError `bad-config` where its key or the user of its builds cannot be used
 */
export async function runRunner(options: RunnerOptions): Promise<void> {
  const { settings, repositories, state, clock, log, redact, onReady, signal } = options
  const key = openSigningKey(state)
  const serveKey = idOfKey(settings.serveKey)
  if (serveKey === key.id)
    throw new LockstepError(
      'bad-config',
      `runner.serve_key is the key of this runner itself, below ${state}; expected that of lockstep serve: lockstep pipeline --public-key says it there`,
    )
  const store = new ReportFolder(state, () => clock.now())
  const trouble = sayOnce((sentence) => log.warn(redact(sentence)))
  const builds = new BuildsHere({ ...options, ...settings, ended: () => store.builds, onTrouble: trouble })
  await builds.beginAfterOthers()
  const wire = { ...settings, clock, random: Math.random, redact, onTrouble: trouble }
  const reports = new ReportLine({ ...wire, key })
  const believed = new Map([[serveKey, { name: 'lockstep serve', key: settings.serveKey }]])
  const orders = new OrderLines({
    ...wire,
    repositories,
    believed,
    onRefused: options.onRefused,
    tellDropped: (claimed, until) => reports.publish({ event: 'dropped', ...claimed }, until).catch(() => {}),
  })
  log.info({ key: key.publicKey, serveKey, repositories }, 'listening for orders')
  onReady()
  void reports.open(signal)
  try {
    await runOrders(
      {
        orders,
        reports,
        store,
        build: (order, until) => builds.build(order, until),
        clock,
        onTaken: ({ build, repository, commit, ref }) =>
          log.info({ build, repository, commit, ref }, 'order taken'),
        onEnded: ({ build, repository, commit, result, why, seconds }) =>
          log.info(
            { build, repository, commit, result, why: why === null ? null : redact(why), seconds },
            'build ended',
          ),
        onTrouble: trouble,
      },
      signal,
    )
  } finally {
    await reports.close()
  }
}
