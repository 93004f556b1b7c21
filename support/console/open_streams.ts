import { pause, type Clock } from '../system/clock'

/** Milliseconds between two looks whether the sessions of open streams are still good. */
const LOOK_EVERY_MS = 2_000

interface Open {
  session: string
  /** Returns whether all that the request was admitted for is still so. */
  isGood: () => boolean
  end: AbortController
}

/**
 * The requests that are under way. They end with their session, also with one that another process ends, and once they are
 * not good any more by their own word.
 */
export class OpenStreams {
  private readonly open = new Set<Open>()
  private isLooking = false

  constructor(
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.endAll(() => true), { once: true })
  }

  /** Adds a request of a session, and returns the controller of its end. */
  add(session: string, isGood: () => boolean): Open {
    const own = { session, isGood, end: new AbortController() }
    if (this.signal.aborted) own.end.abort()
    this.open.add(own)
    return own
  }

  remove(own: Open): void {
    this.open.delete(own)
  }

  /** Ends all that is open in a session. */
  endOf(session: string): void {
    this.endAll((own) => own.session === session)
  }

  /**
   * Returns an answer whose body goes on: it is cut off when its session ends, and its request ends with it, also when the
   * browser goes away.
   */
  follow(own: Open, answer: Response): Response {
    if (answer.body === null) return answer
    const through = new TransformStream<Uint8Array, Uint8Array>()
    answer.body
      .pipeTo(through.writable, { signal: own.end.signal, preventAbort: true })
      .catch((error: unknown) => endOf(through.writable, own.end.signal.aborted, error))
      .catch(() => {})
      .finally(() => {
        this.remove(own)
        own.end.abort()
      })
    void this.look()
    return new Response(through.readable, answer)
  }

  private async look(): Promise<void> {
    if (this.isLooking) return
    this.isLooking = true
    try {
      while (this.open.size > 0 && !this.signal.aborted) {
        await pause(this.clock, LOOK_EVERY_MS, this.signal).catch(() => {})
        this.endAll((own) => !isStillGood(own))
      }
    } finally {
      this.isLooking = false
    }
  }

  private endAll(isMeant: (own: Open) => boolean): void {
    for (const own of this.open) {
      if (!isMeant(own)) continue
      this.open.delete(own)
      own.end.abort()
    }
  }
}

/** Returns whether a request may go on. One of which nothing can be known may not. */
function isStillGood({ isGood }: Open): boolean {
  try {
    return isGood()
  } catch {
    return false
  }
}

/** Ends what a browser reads. The end of a session is no fault; a browser that has not read what it has is cut off. */
async function endOf(body: WritableStream, isMeant: boolean, error: unknown): Promise<void> {
  const writer = body.getWriter()
  await (isMeant && (writer.desiredSize ?? 0) > 0 ? writer.close() : writer.abort(error))
}
