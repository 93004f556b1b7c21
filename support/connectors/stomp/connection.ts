import { pause, type Clock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import type { BrokerAddress } from './broker'
import { encodeFrame, type Frame } from './frame'
import { openSession, type Session } from './session'

export interface ConnectionOptions {
  /** Tried in this order; after a loss, the next one after the lost one first. */
  brokers: readonly BrokerAddress[]
  virtualHost: string
  connectWithin: number
  heartBeat: number
  /** Sent again after every reconnect. */
  subscriptions: readonly Record<string, string>[]
  clock: Clock
  /** From 0 up to 1; spreads the reconnects of many clients. */
  random: () => number
  onMessage: (frame: Frame) => void
  onLost: (reason: Error) => void
  onRestored: () => void
}

export interface OutgoingMessage {
  headers: Record<string, string>
  body: Buffer
}

const FIRST_DELAY = 100
const LONGEST_DELAY = 5_000
/** A session that lived this long was a good one: the next loss starts with short delays again. */
const PROVEN_AFTER = 10_000

/** A connection to a pool of brokers that comes back by itself. Nothing is ever sent twice by it. */
export class StompConnection {
  private session: Session | undefined
  private failure: Error | undefined
  private readonly ended = new AbortController()
  private waiting: (() => void)[] = []
  private next = 0
  private delay = FIRST_DELAY

  constructor(private readonly options: ConnectionOptions) {}

  /** Tries each broker once. @throws LockstepError when none can be used */
  async open(signal: AbortSignal): Promise<void> {
    const reasons: Error[] = []
    for (let tried = 0; tried < this.options.brokers.length; tried += 1) {
      try {
        return this.adopt(await this.tryNext(AbortSignal.any([signal, this.ended.signal])))
      } catch (error) {
        if (signal.aborted) throw error
        reasons.push(error as Error)
      }
    }
    throw noneOf(reasons)
  }

  /**
   * Sends each message once, waiting for a broker if there is none at the moment.
   * @throws LockstepError `broker-lost` when `signal` is aborted first
   */
  async send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    const session = await this.connected(signal)
    const { version } = session
    const frames = messages.map(({ headers, body }) => encodeFrame('SEND', headers, body, version))
    try {
      await session.send(Buffer.concat(frames))
    } catch {
      // The broker may have taken some of it: the caller learns of the loss by onLost and decides by reading.
    }
  }

  async close(): Promise<void> {
    this.ended.abort(new LockstepError('broker-lost', 'the connection was closed'))
    const { session } = this
    this.session = undefined
    this.wake()
    await session?.close()
  }

  private async connected(signal: AbortSignal): Promise<Session> {
    while (this.session === undefined) {
      if (this.failure !== undefined) throw this.failure
      if (signal.aborted || this.ended.signal.aborted) {
        throw new LockstepError('broker-lost', 'the broker went away and did not come back in time')
      }
      await new Promise<void>((resolve) => {
        const resume = () => {
          signal.removeEventListener('abort', resume)
          resolve()
        }
        this.waiting.push(resume)
        signal.addEventListener('abort', resume, { once: true })
      })
    }
    return this.session
  }

  private adopt(session: Session): void {
    const { clock, subscriptions } = this.options
    const since = clock.elapsed()
    this.session = session
    for (const subscription of subscriptions) session.subscribe(subscription)
    this.wake()
    void session.over.then((reason) => {
      if (this.session !== session) return
      this.session = undefined
      if (clock.elapsed() - since > PROVEN_AFTER) this.delay = FIRST_DELAY
      this.options.onLost(reason)
      void this.reconnect()
    })
  }

  private async reconnect(): Promise<void> {
    while (!this.ended.signal.aborted) {
      try {
        await pause(this.options.clock, this.delay * (0.5 + this.options.random() / 2), this.ended.signal)
        this.delay = Math.min(this.delay * 2, LONGEST_DELAY)
        this.adopt(await this.tryNext(this.ended.signal))
        return this.options.onRestored()
      } catch (error) {
        if (error instanceof LockstepError && error.code === 'broker-refused') {
          this.failure = error
          return this.wake()
        }
      }
    }
  }

  private tryNext(signal: AbortSignal): Promise<Session> {
    const { brokers } = this.options
    const broker = brokers[this.next % brokers.length]
    if (broker === undefined) throw new LockstepError('bad-config', 'no broker is configured')
    this.next += 1
    return openSession({ ...this.options, broker }, signal)
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume()
  }
}

function noneOf(reasons: readonly Error[]): Error {
  const [first] = reasons
  if (reasons.length === 1 && first !== undefined) return first
  const refused = reasons.every(
    (reason) => reason instanceof LockstepError && reason.code === 'broker-refused',
  )
  const list = reasons.map((reason) => reason.message).join('; ')
  return new LockstepError(
    refused ? 'broker-refused' : 'broker-unreachable',
    `no broker can be used: ${list}`,
  )
}
