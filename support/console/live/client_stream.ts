import type { Clock } from '../../system/clock'
import { formatPlace, type PartChanges, type Place } from './part_book'
import type { Watcher } from './watcher'

/** Milliseconds between two signs of life. */
export const BEAT_EVERY_MS = 15_000
/** The signs of life that a client may leave unread before it is cut. */
const MAX_UNREAD_BEATS = 4
/** The bytes that wait for a client; while there are as many, nothing is added. */
const MAX_WAITING_BYTES = 64 * 1024

export interface ClientOptions {
  watcher: Pick<Watcher, 'book' | 'isClosed' | 'listen' | 'failure'>
  clock: Clock
  signal: AbortSignal
  /** The place that the client knows; undefined for one that knows nothing. */
  from: Place | undefined
  /** Called once, when nothing more goes to the client. */
  onEnd: () => void
}

/**
 * Returns the events of a run for one client: what it does not have yet, then what changes, until the run is over. A
 * client that reads slowly gets several changes as one, so that no more than one event waits for it. One that does not
 * read at all is cut.
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
  /** The version of the page that the client has; undefined before its first event. */
  private version: number | undefined
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
    const { book, isClosed, failure } = this.options.watcher
    if (failure !== undefined) return this.cut()
    if (this.controller === undefined || !this.hasRoom) return
    const changes = this.version === undefined ? book.sincePlace(this.options.from) : book.since(this.version)
    this.version = book.version
    if (changes !== undefined) this.say(encodeChanges(changes))
    if (!isClosed) return
    this.say(`event: end\nid: ${formatPlace(book.place)}\ndata: {}\n\n`)
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
      // A script sees no comment: the event tells it that silence is not the end of the connection.
      if (this.hasRoom) this.say(': beat\nevent: beat\ndata: {}\n\n')
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

/** The events of changes, as bytes: clients that do not read share them, so that a huge page is in memory once. */
const ENCODED = new WeakMap<PartChanges, Uint8Array>()

function encodeChanges(changes: PartChanges): Uint8Array {
  const bytes = ENCODED.get(changes) ?? ENCODER.encode(formatChanges(changes))
  ENCODED.set(changes, bytes)
  return bytes
}

/** Formats changes as an event. JSON has no line break in it, not even of a host. */
function formatChanges({ place, parts, order }: PartChanges): string {
  return `event: parts\nid: ${formatPlace(place)}\ndata: ${JSON.stringify({ parts, order })}\n\n`
}
