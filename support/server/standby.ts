import { Hono } from 'hono'
import { UnreadableClaim } from '../locks/host_locks'
import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { claimPipeline, type ClaimOptions, type PipelineClaim } from './claim_pipeline'
import type { Listening } from './listen'
import { formatReply, type Reply } from './reply'

/** Milliseconds between two tries to claim the state folder, at the least; and by how many more they differ by chance. */
const TRY_EVERY_MS = 1_000
const MORE_MS = 1_000

const WAITING: Reply = {
  status: 503,
  body: {
    error:
      'another lockstep serve is the one that serves: nothing is taken or shown here; ask that one, or again in a moment',
  },
  retryAfterS: 5,
}

/** Returns what a process answers that waits for its turn: a balancer sends nothing there, and a sender tells it again. */
export function waitingRoutes(): Hono {
  const app = new Hono()
  app.all('*', () => formatReply(WAITING))
  return app
}

/** A listener whose answers can be those of another app. */
export interface Door extends Listening {
  answerBy(app: Pick<Hono, 'fetch'>): void
}

/** Opens a door that answers by `first` until it is told of another app. */
export async function openDoor(
  first: Pick<Hono, 'fetch'>,
  listenWith: (app: Pick<Hono, 'fetch'>) => Promise<Listening>,
): Promise<Door> {
  let app = first
  const listening = await listenWith({ fetch: (...request) => app.fetch(...request) })
  let closed: Promise<void> | undefined
  return {
    port: listening.port,
    answerBy(next) {
      app = next
    },
    close: () => (closed ??= listening.close()),
  }
}

/**
 * Claims the pipeline of a state folder as soon as no other process has it, and all claims tell whose they are. Resolves with undefined when the signal is
 * aborted first.
 * @throws LockstepError for what is no other process, such as a folder that cannot be written
 */
export async function claimInTurn(
  options: ClaimOptions & { clock: Clock },
  { onWait, random, signal }: { onWait: (why: string) => void; random: () => number; signal: AbortSignal },
): Promise<PipelineClaim | undefined> {
  let said: string | undefined
  while (!signal.aborted) {
    try {
      return await claimPipeline(options)
    } catch (error) {
      // A claim that is just being replaced on a shared disk, or is damaged, may be of one that serves.
      if (!(error instanceof UnreadableClaim) && !(error instanceof LockstepError && error.code === 'locked'))
        throw error
      if (said !== error.message) onWait(error.message)
      said = error.message
    }
    await pause(options.clock, TRY_EVERY_MS + random() * MORE_MS, signal).catch(() => {})
  }
  return undefined
}
