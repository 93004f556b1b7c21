import type { Clock } from '../../system/clock'
import type { Watcher } from './watcher'

/** Milliseconds between two signs of life. */
export const BEAT_EVERY_MS = 15_000
/** The signs of life that a client may leave unread before it is cut. */
const MAX_UNREAD_BEATS = 4
/** The bytes that wait for a client; while there are as many, nothing is added. */
const MAX_WAITING_BYTES = 64 * 1024

/** What one client is told, bit by bit. */
export interface Feed {
  /** Returns the next of what the client does not have, as whole events; undefined where it has all that is known. */
  next: () => Uint8Array | undefined
  /** Returns whether nothing more is going to come. */
  isOver: () => boolean
  /** Returns the event that says so. */
  end: () => string
  /** A sign of life. */
  beat: string
}

export interface ClientOptions {
  watcher: Pick<Watcher, 'listen' | 'failure'>
  feed: Feed
  clock: Clock
  signal: AbortSignal
  /** Called once, when nothing more goes to the client. */
  onEnd: () => void
}

/**
 * Returns the events of a run for one client: what it does not have yet, then what is new, until the run is over. Nothing is
 * added while a client has not read what waits for it. One that does not read at all is cut.
 */
export function streamTo(options: ClientOptions): ReadableStream<Uint8Array> {
  const client = new Client(options)
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => client.start(controller),
      pull: () => client.send(),
      cancel: () => client.end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }),
  )
}

class Client {
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined
  private unread = 0
  private stopListening = () => {}
  private stopBeating = () => {}
  private readonly abort = () => this.close()

  constructor(private readonly options: ClientOptions) {}

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { watcher, signal } = this.options
    this.controller = controller
    if (signal.aborted) return this.close()
    signal.addEventListener('abort', this.abort, { once: true })
    this.stopListening = watcher.listen(() => this.send())
    this.say('retry: 2000\n: live\n\n')
    this.beat()
    this.send()
  }

  /** Sends what the client does not have, where it has read what was sent before. */
  send(): void {
    const { watcher, feed } = this.options
    if (watcher.failure !== undefined) return this.cut()
    if (this.controller === undefined || !this.hasRoom) return
    // Where there is room for more behind it, the stream asks for the next one by itself.
    const news = feed.next()
    if (news !== undefined) return this.say(news)
    if (!feed.isOver()) return
    this.say(feed.end())
    this.close()
  }

  /** Ends the work for the client, whose stream is over. */
  end(): void {
    if (this.controller === undefined) return
    this.controller = undefined
    this.options.signal.removeEventListener('abort', this.abort)
    this.stopListening()
    this.stopBeating()
    this.options.onEnd()
  }

  private get hasRoom(): boolean {
    return (this.controller?.desiredSize ?? 0) > 0
  }

  private beat(): void {
    this.stopBeating = this.options.clock.after(BEAT_EVERY_MS, () => {
      this.unread = this.hasRoom ? 0 : this.unread + 1
      if (this.unread >= MAX_UNREAD_BEATS) return this.cut()
      if (this.hasRoom) this.say(this.options.feed.beat)
      this.beat()
    })
  }

  private say(text: string | Uint8Array): void {
    this.controller?.enqueue(typeof text === 'string' ? ENCODER.encode(text) : text)
  }

  private close(): void {
    const { controller } = this
    this.end()
    controller?.close()
  }

  private cut(): void {
    const { controller } = this
    this.end()
    controller?.error(new Error('the client does not read'))
  }
}

const ENCODER = new TextEncoder()
