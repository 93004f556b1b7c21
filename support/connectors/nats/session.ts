import { connect, errors, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import type { Clock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import { redactorOfOthers, type Redact } from '../../system/redaction'
import type { PooledSession } from '../broker_pool'
import { brokerName, type BrokerAddress } from '../stomp/broker'
import { CLOSED, explainFailure, firstLine } from './failures'

export interface NatsSessionOptions {
  broker: BrokerAddress
  /** The name by which the broker's own log knows this connection. */
  name: string
  subscriptions: readonly string[]
  /** Milliseconds for TCP, TLS, the login and the subscriptions together. */
  connectWithin: number
  /** Milliseconds between two questions whether the broker is there; 0 for none. */
  heartBeat: number
  clock: Clock
  /** Called with each message of a subscription. */
  onMessage: (subject: string, body: Uint8Array, replyTo: string | undefined) => void
  /** Removes secrets from the broker's texts; its own password is hidden anyway. */
  redact?: Redact
}

export interface NatsMessage {
  subject: string
  body: Buffer
  replyTo?: string
}

/** One connection to one NATS server, from its subscriptions until it is lost. */
export interface NatsSession extends PooledSession {
  /** The most bytes of one message. */
  readonly maxPayload: number
  /**
   * Publishes messages in their order. Resolves once the server has taken all of them, or the session is over: with
   * what the server did not allow.
   */
  publish(messages: readonly NatsMessage[]): Promise<string[]>
}

/** Bytes that are handed to the server before it has to confirm them. */
const ROUND_BYTES = 4 * 1024 * 1024
const NEVER_MS = 2 ** 31 - 1

/**
 * Opens a session. The library's own reconnecting is off: it would publish again what it still had, after its time.
 * @throws LockstepError `broker-unreachable`, or `broker-refused` when the server said no
 */
export async function openNatsSession(
  options: NatsSessionOptions,
  signal: AbortSignal,
): Promise<NatsSession> {
  const { broker, clock, connectWithin } = options
  const own = redactorOfOthers([broker.password ?? ''])
  const failures = { name: brokerName(broker), redact: (text: string) => own(options.redact?.(text) ?? text) }
  signal.throwIfAborted()
  const isLate = new AbortController()
  const stop = clock.after(connectWithin, () => isLate.abort())
  const given = AbortSignal.any([signal, isLate.signal])
  const gaveUp = new Promise<never>((_, reject) => {
    given.addEventListener('abort', () => reject(given.reason as Error), { once: true })
  })
  const connecting = connect(connectionOptions(options))
  try {
    const connection = await Promise.race([connecting, gaveUp])
    const session = new OpenSession(connection, options, failures)
    try {
      await Promise.race([session.subscribe(), gaveUp])
    } catch (error) {
      await session.close()
      throw error
    }
    return session
  } catch (error) {
    // One that comes about after all is of no use to anybody.
    void connecting.then((late) => late.close()).catch(() => {})
    if (signal.aborted) throw signal.reason
    if (isLate.signal.aborted)
      throw new LockstepError(
        'broker-unreachable',
        `the broker ${failures.name} did not accept this connection within ${connectWithin / 1000} s`,
      )
    throw explainFailure(error, { ...failures, showsCertificate: broker.tls?.cert !== undefined })
  } finally {
    stop()
  }
}

function connectionOptions({
  broker,
  name,
  connectWithin,
  heartBeat,
}: NatsSessionOptions): NodeConnectionOptions {
  const { host, port, user, password, tls } = broker
  return {
    servers: [host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`],
    name,
    noEcho: true,
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: connectWithin * 2,
    pingInterval: heartBeat === 0 ? NEVER_MS : heartBeat,
    maxPingOut: 2,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    tls:
      tls === undefined
        ? null
        : {
            rejectUnauthorized: tls.verify,
            ...(tls.ca === undefined ? {} : { ca: tls.ca.join('\n') }),
            ...(tls.cert === undefined ? {} : { cert: tls.cert }),
            ...(tls.key === undefined ? {} : { key: tls.key }),
          },
  }
}

class OpenSession implements NatsSession {
  readonly over: Promise<Error>
  private hasEnded = false
  private why: Error | undefined
  private refused: string[] = []

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: NatsSessionOptions,
    private readonly failures: { name: string; redact: Redact },
  ) {
    void this.watch()
    this.over = connection.closed().then((error) => {
      this.hasEnded = true
      const reason = this.why ?? (error instanceof Error ? error : new Error(CLOSED))
      return explainFailure(reason, failures)
    })
  }

  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 1024 * 1024
  }

  async subscribe(): Promise<void> {
    const { onMessage, subscriptions } = this.options
    for (const subject of subscriptions)
      this.connection.subscribe(subject, {
        callback: (error, message) => {
          // Without one who listens the server answers itself, with a status and nothing else.
          if (error !== null || message.headers !== undefined) return
          try {
            onMessage(message.subject, message.data, message.reply)
          } catch (broken) {
            this.fail(broken as Error)
          }
        },
      })
    const refused = await this.confirmed()
    if (this.hasEnded) throw this.why ?? new Error(CLOSED)
    if (refused.length > 0)
      throw new LockstepError(
        'broker-refused',
        `the broker ${this.failures.name} did not allow: ${refused[0]}`,
      )
  }

  async publish(messages: readonly NatsMessage[]): Promise<string[]> {
    const refused: string[] = []
    for (let [at, bytes] = [0, 0]; at < messages.length && !this.hasEnded; bytes = 0) {
      for (; at < messages.length && bytes < ROUND_BYTES; at += 1) {
        const message = messages[at] as NatsMessage
        bytes += message.body.length
        const { replyTo: reply } = message
        this.connection.publish(message.subject, message.body, reply === undefined ? {} : { reply })
      }
      refused.push(...(await this.confirmed()))
    }
    return refused
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => {})
  }

  /** Resolves with what the server did not allow of what it was sent, once it has read all of that. */
  private async confirmed(): Promise<string[]> {
    await Promise.race([this.connection.flush().catch(() => {}), this.over])
    // What it did not allow stands before its confirmation, and is told of in a turn of its own.
    await new Promise(setImmediate)
    return this.refused.splice(0)
  }

  private fail(error: Error): void {
    this.why ??= error
    void this.close()
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'staleConnection')
        this.why ??= new Error(
          `nothing was heard of the broker for ${(this.options.heartBeat * 2) / 1000} s or more`,
        )
      if (status.type !== 'error') continue
      if (status.error instanceof errors.PermissionViolationError) {
        const { operation, subject } = status.error
        this.refused.push(
          `${operation === 'publish' ? 'publishing to' : 'subscribing to'} ${firstLine(subject)}`,
        )
      } else this.why ??= status.error
    }
  }
}
