import type { Clock } from '../../system/clock'
import { startDeadline } from '../../system/deadline'
import { LockstepError } from '../../system/errors'
import type { Redact } from '../../system/redaction'
import { brokerName, type BrokerAddress } from './broker'
import { BrokerPool } from '../broker_pool'
import type { Reconnecting } from './delays'
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

/** Milliseconds for a broker to confirm a message; it may have to write it to a busy disk. */
const CONFIRM_WITHIN_MS = 60_000

/** A connection to a pool of brokers that comes back by itself. It never sends a message twice. */
export class StompConnection {
  private readonly pool: BrokerPool<BrokerAddress, Session>
  /** Those who wait for a broker to confirm their messages. */
  private readonly unconfirmed = new Set<(lost: Error) => void>()
  /** The session that each message came over, which alone takes its acknowledgement. */
  private readonly origins = new WeakMap<Frame, { session?: Session }>()

  constructor(private readonly options: ConnectionOptions) {
    this.pool = new BrokerPool({
      ...options,
      open: (broker, signal) => this.openWith(broker, signal),
      isFinal: (reason) => reason instanceof MissingExchange,
      onLost: (reason) => {
        for (const settle of this.unconfirmed) settle(reason)
        options.onLost(reason)
      },
    })
  }

  /**
   * Tries each broker once.
   * @throws LockstepError when none can be used
   */
  open(signal: AbortSignal): Promise<void> {
    return this.pool.open(signal)
  }

  /** Tries until a broker can be used, and resolves then, or when `signal` is aborted or this is closed. */
  openAtLast(signal: AbortSignal, onTrouble: (what: string) => void): Promise<void> {
    return this.pool.openAtLast(signal, onTrouble)
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
    const session = await this.pool.connected(signal)
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
    const session = await this.pool.connected(signal)
    const lost = await this.confirm(session, messages, signal)
    if (lost === undefined) return
    // A session that confirms nothing is of no use.
    await this.pool.giveUp(session)
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

  close(): Promise<void> {
    return this.pool.close()
  }

  /**
   * Opens a session. The broker has confirmed all subscriptions, so no reply can come before
   * them.
   */
  private async openWith(broker: BrokerAddress, signal: AbortSignal): Promise<Session> {
    const { ended } = this.pool
    const origin: { session?: Session } = {}
    const onMessage = (frame: Frame) => {
      this.origins.set(frame, origin)
      this.options.onMessage(frame)
    }
    const session = await openSession({ ...this.options, broker, onMessage }, signal)
    origin.session = session
    // A session that outlived the end of this would get messages, and keep them from others.
    const end = () => void session.close()
    ended.addEventListener('abort', end, { once: true })
    try {
      ended.throwIfAborted()
      const confirmed = this.options.subscriptions().map((headers) => session.subscribe(headers))
      await within(this.options.clock, this.options.connectWithin, Promise.all(confirmed), session, broker)
      ended.throwIfAborted()
      return session
    } catch (error) {
      await session.close()
      throw ended.aborted ? ended.reason : error
    } finally {
      ended.removeEventListener('abort', end)
    }
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
