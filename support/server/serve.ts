import type { Hono } from 'hono'
import type { PipelineSettings } from '../config/pipeline_setting'
import { Receiver } from '../pipeline/receive'
import { ReportReceiver } from '../pipeline/receive_reports'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { Log } from '../system/log'
import type { Redact } from '../system/redaction'
import { claimPipeline, type PipelineClaim } from './claim_pipeline'
import type { HookTriggers } from './hook_triggers'
import { listen, type Listening } from './listen'
import { openPipeline, type OpenPipeline } from './open_pipeline'
import type { Part } from './part'
import { Refusals } from './refusals'
import { ReportSecrets } from './report_secrets'
import { routes } from './routes'
import { claimInTurn, openDoor, waitingRoutes, type Door } from './standby'

export interface ServeOptions {
  settings: PipelineSettings
  triggers: HookTriggers
  /** The folder of the state, as an absolute path. */
  state: string
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  log: Log
  redact: Redact
  parts: readonly Part[]
  /** Proves that builds can run, once no other process works with the state. A rejection ends the start. */
  prove?: () => Promise<void>
  /**
   * Present for one that waits while another process has the state folder, and takes over once that one has ended. `random`
   * returns a number from 0 up to 1: two that wait do not try at the same moment.
   */
  standby?: { random: () => number }
  /** Opens the pages, once no other process works with the state; absent where there are none. */
  openPages?: (context: { signal: AbortSignal; onFailure: (error: LockstepError) => void }) => Pages
  /** The certificate and key of the listener; absent where it speaks no TLS. */
  tls?: { cert: string; key: string } | undefined
  /** False where nothing is told over HTTP and there are no pages: no port is opened then. */
  listens?: boolean
  /** Aborted when the process is to end. */
  signal: AbortSignal
  /** Called when requests are answered: by all parts, or by one that waits. */
  onReady: (port: number) => void
}

/** The pages of `lockstep serve`. */
interface Pages {
  app: Pick<Hono, 'fetch'>
  close(): Promise<void>
}

/**
 * Serves until the signal says that it is to end: what is open is ended, the journal closed, the claim released. It holds
 * no truth of its own; all that it has told anybody is in the journal.
 * @throws LockstepError `locked`, `bad-config` or `journal-failed` at the start, and what a part fails with
 */
export async function serve(options: ServeOptions): Promise<void> {
  const end = new Ending(options.signal)
  const { standby, log } = options
  if (standby === undefined) return serveClaimed(options, await claimPipeline(claimOf(options, end)), end)
  const door = await openDoor(waitingRoutes(), (app) => listenFor(options, app))
  try {
    options.onReady(door.port)
    const onWait = (why: string) => log.info(`waiting: ${why}`)
    const claim = await claimInTurn(claimOf(options, end), { ...standby, onWait, signal: end.signal })
    if (claim !== undefined) await serveClaimed(options, claim, end, door)
  } finally {
    await door.close()
  }
}

function claimOf({ state, env, clock }: ServeOptions, end: Ending) {
  return { state, env, clock, onLost: (error: unknown) => end.fail(error) }
}

async function listenFor(
  { settings, tls, log, listens = true }: ServeOptions,
  app: Pick<Hono, 'fetch'>,
): Promise<Listening> {
  if (!listens) return { port: 0, close: async () => {} }
  return listen(app, { ...settings.listen, tls }, (what) => log.warn(what))
}

async function serveClaimed(
  options: ServeOptions,
  claim: PipelineClaim,
  end: Ending,
  door?: Door,
): Promise<void> {
  try {
    await options.prove?.()
    const pipeline = openPipeline(options.state, claim, () => options.clock.now())
    try {
      await serveOpen(options, pipeline, end, door)
    } finally {
      await pipeline.close()
    }
  } finally {
    await claim.release()
  }
}

async function serveOpen(
  options: ServeOptions,
  pipeline: OpenPipeline,
  end: Ending,
  door: Door | undefined,
): Promise<void> {
  const { settings, triggers, clock, log, redact, parts, onReady } = options
  const receiver = new Receiver(pipeline)
  const refusals = new Refusals(clock, (count, why) => log.warn({ count, why }, 'requests refused'))
  const pages = options.openPages?.({ signal: end.signal, onFailure: (error) => end.fail(error) })
  const app = routes({
    ...(pages === undefined ? {} : { pages: pages.app }),
    triggers,
    secrets: new ReportSecrets(settings.repositories),
    reports: new ReportReceiver(pipeline),
    receiver,
    state: pipeline.state,
    clock,
    redact,
    expectOwned: () => pipeline.expectOwned(),
    onRefused: (why) => refusals.add(why),
    onTaken: (told) => log.info(told, told.isNew ? 'push taken' : 'push known already'),
    onFailure: (error) => {
      if (error instanceof LockstepError) end.fail(error)
      else log.error({ err: error }, 'a request could not be answered')
    },
  })
  const listening: Listening = door ?? (await listenFor(options, app))
  door?.answerBy(app)
  const { signal } = end
  const context = { ...options, pipeline, receiver, signal }
  const running = parts.map((part) => part.run(context).catch((error: unknown) => end.fail(error)))
  log.info(
    {
      ...(options.listens === false
        ? {}
        : {
            listen: `${options.tls === undefined ? 'http' : 'https'}://${settings.listen.host}:${listening.port}`,
          }),
      repositories: settings.repositories.map(({ name }) => name),
      triggers: triggers.paths,
      parts: parts.map(({ name }) => name),
      deliveries: pipeline.state.deliveries.size,
    },
    'serving',
  )
  if (door === undefined) onReady(listening.port)
  await end.reached
  if (end.why === undefined) log.info('ending')
  else log.error({ why: end.why }, 'ending')
  await listening.close()
  await Promise.all(running)
  await pages?.close()
  refusals.stop()
  end.rethrow()
}

/** The end of a process: because it was told so, or because something failed without which it may not go on. */
class Ending {
  private readonly controller = new AbortController()
  private failure: { error: unknown } | undefined
  readonly reached: Promise<void>

  constructor(told: AbortSignal) {
    this.reached = new Promise((resolve) => {
      this.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const abort = () => this.controller.abort(told.reason)
    if (told.aborted) abort()
    else told.addEventListener('abort', abort, { once: true })
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  fail(error: unknown): void {
    this.failure ??= { error }
    this.controller.abort(error)
  }

  /** The first failure in words; undefined where there is none. */
  get why(): string | undefined {
    return this.failure && (this.failure.error as Error).message
  }

  /** @throws the first failure, if there was one */
  rethrow(): void {
    if (this.failure !== undefined) throw this.failure.error
  }
}
