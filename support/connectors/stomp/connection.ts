import { pause, type Clock } from '../../system/clock'
import { startDeadline } from '../../system/deadline'
import { LockstepError } from '../../system/errors'
import type { Redact } from '../../system/redaction'
import { brokerName, type BrokerAddress } from './broker'
import { asClient, type Reconnecting } from './delays'
import { encodeFrame, type Frame } from './frame'
import { MissingExchange } from './missing_exchange'
import { openSession, type Session } from './session'

export interface ConnectionOptions {
  /** The brokers in the order of the tries; after a loss, the one after the lost one comes first. */
  brokers: readonly BrokerAddress[]
  virtualHost: string
  connectWithin: number
  heartBeat: number
  /** Returns the subscriptions of each new session. */
  subscriptions: () => readonly Record<string, string>[]
  clock: Clock
  /** The way of reconnecting; a client's by default. */
  reconnecting?: Reconnecting
  /** Returns a number from 0 up to 1, which spreads the reconnects of many clients. */
  random: () => number
  onMessage: (frame: Frame) => void
  onLost: (reason: Error) => void
  onRestored: () => void
  /** Removes secrets from the broker's texts. */
  redact?: Redact
}

export interface OutgoingMessage {
  headers: Record<string, string>
  body: Buffer
}

/** Milliseconds after which a session counts as a good one: the next loss starts with short delays again. */
const PROVEN_AFTER = 10_000

/** Milliseconds for a broker to confirm a message; it may have to write it to a busy disk. */
const CONFIRM_WITHIN_MS = 60_000

/** A connection to a pool of brokers that comes back by itself. It never sends a message twice. */
export class StompConnection {
  private session: Session | undefined
  private failure: Error | undefined
  private readonly ended = new AbortController()
  private waiting: (() => void)[] = []
  /** Those who wait for a broker to confirm their messages. */
  private readonly unconfirmed = new Set<(lost: Error) => void>()
  private next = 0
  private failures = 0
  private readonly reconnecting: Reconnecting
  /** The session that each message came over, which alone takes its acknowledgement. */
  private readonly origins = new WeakMap<Frame, { session?: Session }>()

  constructor(private readonly options: ConnectionOptions) {
    this.reconnecting = options.reconnecting ?? asClient
  }

  /**
   * Tries each broker once.
   * @throws LockstepError when none can be used
   */
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
   * Tries until a broker can be used, for as long as it takes, and resolves then, or when `signal` is aborted or this is
   * closed. Its pauses grow longer, so that many clients do not come at once.
   */
  async openAtLast(signal: AbortSignal, onTrouble: (what: string) => void): Promise<void> {
    const { clock, random } = this.options
    const isOver = () => signal.aborted || this.ended.signal.aborted
    for (let failures = 0; !isOver(); failures += 1) {
      try {
        return await this.open(signal)
      } catch (error) {
        if (isOver()) return
        onTrouble((error as Error).message)
        await pause(clock, this.reconnecting.delays(failures, random()), signal).catch(() => {})
      }
    }
  }

  /**
   * Sends each message once, waiting for a broker if there is none at the moment. Nothing goes out when `expectAllowed`
   * throws, which is asked once a broker is there.
   * @throws LockstepError `broker-lost` when `signal` is aborted first
   */
  async send(
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
    expectAllowed: () => void = () => {},
  ): Promise<void> {
    const session = await this.connected(signal)
    expectAllowed()
    const { version } = session
    const frames = messages.map(({ headers, body }) => encodeFrame('SEND', headers, body, version))
    try {
      await session.send(Buffer.concat(frames))
    } catch {
      // The broker may have taken some of the messages: the caller learns of the loss by onLost and decides by reading.
    }
  }

  /**
   * Sends messages, waiting for a broker if there is none at the moment. Resolves once a broker has confirmed all of them.
   * @throws LockstepError when the session ended first, or `signal` was aborted: the broker may have taken some then
   */
  async publish(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    const session = await this.connected(signal)
    const lost = await this.confirm(session, messages, signal)
    if (lost === undefined) return
    // A session that confirms nothing is of no use: the next try has another one.
    if (this.session === session) await session.close()
    throw lost
  }

  /**
   * Acknowledges a message of a subscription with `ack`. Returns false where its session is over: the broker gives the
   * message to somebody again.
   */
  async acknowledge(frame: Frame): Promise<boolean> {
    const session = this.origins.get(frame)?.session
    if (session === undefined) return false
    try {
      await session.send(encodeFrame('ACK', acknowledgementOf(frame), undefined, session.version))
      return true
    } catch {
      return false
    }
  }

  /** Resolves with the reason why messages were not confirmed; undefined when they were. */
  private confirm(
    session: Session,
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<Error | undefined> {
    const { clock } = this.options
    return new Promise((resolve) => {
      const settle = (lost?: Error) => {
        stop()
        this.unconfirmed.delete(settle)
        signal.removeEventListener('abort', abort)
        resolve(lost)
      }
      const abort = () => settle(new LockstepError('broker-lost', 'a message was given up before its end'))
      const stop = startDeadline(clock, CONFIRM_WITHIN_MS, neverHeard, () =>
        settle(
          new LockstepError(
            'broker-unreachable',
            `the broker did not confirm a message within ${CONFIRM_WITHIN_MS / 1000} s`,
          ),
        ),
      )
      this.unconfirmed.add(settle)
      signal.addEventListener('abort', abort, { once: true })
      const confirmed = messages.map(({ headers, body }) => session.publish(headers, body))
      void Promise.all(confirmed).then(() => settle())
    })
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
    const { clock } = this.options
    if (this.ended.signal.aborted) {
      void session.close()
      throw this.ended.signal.reason
    }
    const since = clock.elapsed()
    this.session = session
    this.wake()
    void session.over.then((reason) => {
      if (this.session !== session) return
      this.session = undefined
      for (const settle of this.unconfirmed) settle(reason)
      if (clock.elapsed() - since > PROVEN_AFTER) this.failures = 0
      const isFinal = reason instanceof MissingExchange && this.reconnecting.whenRefused === 'give up'
      if (isFinal) this.failure = reason
      this.options.onLost(reason)
      if (!isFinal) void this.reconnect()
    })
  }

  private async reconnect(): Promise<void> {
    const { clock, random, brokers } = this.options
    const { reconnecting } = this
    const atOnce = reconnecting.tries === 'whole pool' ? brokers.length : 1
    for (let [tried, refusals] = [0, 0]; !this.ended.signal.aborted; tried += 1) {
      try {
        if (tried % atOnce === 0) {
          const delay = reconnecting.delays(this.failures, random())
          this.failures += 1
          await pause(clock, delay, this.ended.signal)
        }
        this.adopt(await this.tryNext(this.ended.signal))
        return this.options.onRestored()
      } catch (error) {
        const refused = error instanceof LockstepError && error.code === 'broker-refused'
        refusals = refused ? refusals + 1 : 0
        if (refused && reconnecting.whenRefused === 'give up' && refusals >= brokers.length) {
          this.failure = error
          return this.wake()
        }
      }
    }
  }

  /**
   * Opens a session with the next broker of the pool. It has confirmed all subscriptions, so no reply can come before
   * them.
   */
  private async tryNext(signal: AbortSignal): Promise<Session> {
    const { brokers } = this.options
    const broker = brokers[this.next % brokers.length]
    if (broker === undefined) throw new LockstepError('bad-config', 'no broker is configured')
    this.next += 1
    const origin: { session?: Session } = {}
    const onMessage = (frame: Frame) => {
      this.origins.set(frame, origin)
      this.options.onMessage(frame)
    }
    const session = await openSession({ ...this.options, broker, onMessage }, signal)
    origin.session = session
    // A session that outlived the end of this would get messages, and keep them from others.
    const end = () => void session.close()
    this.ended.signal.addEventListener('abort', end, { once: true })
    try {
      this.ended.signal.throwIfAborted()
      const confirmed = this.options.subscriptions().map((headers) => session.subscribe(headers))
      await within(this.options.clock, this.options.connectWithin, Promise.all(confirmed), session, broker)
      this.ended.signal.throwIfAborted()
      return session
    } catch (error) {
      await session.close()
      throw this.ended.signal.aborted ? this.ended.signal.reason : error
    } finally {
      this.ended.signal.removeEventListener('abort', end)
    }
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume()
  }
}

/** Returns the headers of an acknowledgement. STOMP 1.2 has a header for it; before, a message had an id alone. */
function acknowledgementOf({ headers }: Frame): Record<string, string> {
  const { ack, 'message-id': id = '', subscription = '' } = headers
  return ack === undefined ? { 'message-id': id, subscription } : { id: ack }
}

/** Returns a time before any other: a broker's other messages do not postpone the deadline. */
const neverHeard = () => -Infinity

async function within(
  clock: Clock,
  ms: number,
  work: Promise<unknown>,
  session: Session,
  broker: BrokerAddress,
): Promise<void> {
  let stop = () => {}
  const tooLate = new Promise<Error>((resolve) => {
    stop = startDeadline(clock, ms, neverHeard, () =>
      resolve(
        new LockstepError(
          'broker-unreachable',
          `the broker ${brokerName(broker)} did not confirm a subscription`,
        ),
      ),
    )
  })
  const failure = await Promise.race([work.then(() => undefined), tooLate, session.over])
  stop()
  if (failure !== undefined) throw failure
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
