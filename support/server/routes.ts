import { Hono } from 'hono'
import type { PipelineState } from '../pipeline/pipeline_state'
import type { Receiver } from '../pipeline/receive'
import type { ReportReceiver } from '../pipeline/receive_reports'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { Redact } from '../system/redaction'
import { Bodies } from './bodies'
import { fateOf } from './fate'
import type { HookTriggers } from './hook_triggers'
import { formatReply, type Reply } from './reply'
import type { ReportSecrets } from './report_secrets'
import { NOT_PROVEN, takeHook } from './take_hook'
import { looksLikeReport, takeReport } from './take_report'
import { isWebTeller, looksProven } from './tellers/tellers'

export interface RouteOptions {
  triggers: HookTriggers
  /** The secrets of other CIs, and what takes their reports. */
  secrets: ReportSecrets
  reports: Pick<ReportReceiver, 'receive'>
  receiver: Pick<Receiver, 'receive'>
  state: PipelineState
  clock: Pick<Clock, 'now'>
  redact: Redact
  bodies?: Bodies
  /** @throws LockstepError when another process has taken over */
  expectOwned: () => void
  /** Answers all other paths; absent where there are no pages. */
  pages?: Pick<Hono, 'fetch'>
  /** Called for each request that is refused. */
  onRefused: (why: string) => void
  /** Called for each telling that was taken, or was known. */
  onTaken: (told: { repository: string; teller: string; delivery: string; isNew: boolean }) => void
  /** Called when a push could not be taken: nothing may go on without the journal. */
  onFailure: (error: unknown) => void
}

/** The paths of `lockstep serve`. */
export function routes(options: RouteOptions): Hono {
  const { triggers, secrets, reports, receiver, state, clock, redact, expectOwned } = options
  const { onRefused, onTaken, onFailure } = options
  const bodies = options.bodies ?? new Bodies()
  const app = new Hono()

  app.post('/hooks/:repository/:kind', async (context) => {
    const { repository, kind } = context.req.param()
    const header = (name: string) => context.req.header(name)
    if (!isWebTeller(kind)) return formatReply(NOT_FOUND)
    const refuse = (reply: Reply) => {
      onRefused(`${reply.status} for a hook of the kind ${kind}`)
      return formatReply(reply)
    }
    if (!looksProven(kind, header)) return refuse(NOT_PROVEN)
    return bodies.with(context.req.raw, async (body) => {
      const hook = { repository, kind, header, now: clock.now() }
      const reply = await takeHook(hook, body, triggers, receiver)
      if (reply.status >= 400) return refuse(reply)
      const { delivery, isNew } = reply.body as { delivery?: string; isNew?: boolean }
      if (delivery !== undefined && isNew !== undefined)
        onTaken({ repository, teller: kind, delivery, isNew })
      return formatReply(reply)
    })
  })

  app.post('/ci/:repository', async (context) => {
    const { repository } = context.req.param()
    const header = (name: string) => context.req.header(name)
    const refuse = (reply: Reply) => {
      onRefused(`${reply.status} for a report of a CI`)
      return formatReply(reply)
    }
    if (!looksLikeReport(header)) return refuse(NOT_PROVEN)
    return bodies.with(context.req.raw, async (body) => {
      const reply = await takeReport({ repository, header, now: clock.now() }, body, secrets, reports)
      return reply.status >= 400 ? refuse(reply) : formatReply(reply)
    })
  })

  app.get('/deliveries/:id', (context) => {
    const fate = fateOf(state, context.req.param('id'), redact)
    return formatReply(fate === undefined ? NOT_FOUND : { status: 200, body: fate })
  })

  // One that was taken over from learns it from the balancer, before a push is sent to it.
  app.get('/healthz', () => {
    expectOwned()
    return formatReply({ status: 200, body: { ok: true } })
  })

  app.notFound(({ req, env }) => {
    if (options.pages === undefined || OWN_PATHS.test(req.path)) return formatReply(NOT_FOUND)
    // Pages of one that was taken over from would tell how it was before that.
    expectOwned()
    return options.pages.fetch(req.raw, env as object)
  })
  app.onError((error) => {
    onFailure(error)
    if (!(error instanceof LockstepError)) return formatReply(FAILED)
    return formatReply(error.code === 'lock-failed' ? TAKEN_OVER : NOT_TAKEN)
  })
  return app
}

/** The paths that are for programs, and never pages. */
const OWN_PATHS = /^\/(?:hooks|ci|deliveries|healthz)(?:\/|$)/

const NOT_FOUND: Reply = { status: 404, body: { error: 'there is nothing at this path' } }
const NOT_TAKEN: Reply = {
  status: 503,
  body: { error: 'nothing is taken, as it could not be written to disk; tell it again' },
  retryAfterS: 60,
}
const TAKEN_OVER: Reply = {
  status: 503,
  body: {
    error:
      'this lockstep serve has lost its claim, and does and shows nothing any more; ask again in a moment',
  },
  retryAfterS: 5,
}
const FAILED: Reply = {
  status: 500,
  body: { error: 'nothing is taken; the log of lockstep serve says why' },
}
