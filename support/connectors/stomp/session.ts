import net from 'node:net'
import tls from 'node:tls'
import { connect, type Client } from 'stompit'
import type { Clock } from '../../system/clock'
import { startDeadline } from '../../system/deadline'
import { LockstepError } from '../../system/errors'
import { excerpt, redactorOfOthers, type Redact } from '../../system/redaction'
import { brokerName, type BrokerAddress } from './broker'
import { FrameError, type Frame, type StompVersion } from './frame'
import { Gate } from './gate'
import { missingExchange } from './missing_exchange'

export interface SessionOptions {
  broker: BrokerAddress
  /** STOMP's `host` header: the broker's virtual host. */
  virtualHost: string
  /** Milliseconds for TCP, TLS and the CONNECTED frame together. */
  connectWithin: number
  /** Milliseconds of the heart beat, offered in both directions; 0 for none. */
  heartBeat: number
  clock: Clock
  onMessage: (frame: Frame) => void
  /** Removes secrets from the broker's texts; its own password is hidden anyway. */
  redact?: Redact
}

/** One connection to one broker, from CONNECTED until it is lost. */
export interface Session {
  readonly version: StompVersion
  /** Resolves with the reason once the session is over, whichever side ended it. */
  readonly over: Promise<Error>
  /** Subscribes; resolves once the broker has confirmed it, and never if the session ends first. */
  subscribe(headers: Record<string, string>): Promise<void>
  /** Sends one message; resolves once the broker has confirmed it, and never if the session ends first. */
  publish(headers: Record<string, string>, body: Buffer): Promise<void>
  /** Sends whole frames; resolves once the system has taken them. The broker may not have received them by then. */
  send(frames: Buffer): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a session.
 * @throws LockstepError `broker-unreachable`, or `broker-refused` when it answered with an ERROR frame
 */
export function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  return new Opening(options, signal).result
}

const CLOSE_WITHIN = 2_000

class Opening {
  readonly result: Promise<Session>
  private readonly name: string
  private readonly redact: Redact
  private settled = false
  private endWith!: (reason: Error) => void
  private readonly over = new Promise<Error>((resolve) => (this.endWith = resolve))
  private fail!: (error: Error) => void
  private gate: Gate | undefined
  private client: Client | undefined
  private reached: 'nothing' | 'tcp' = 'nothing'
  private refusal: LockstepError | undefined
  private lastHeard: number
  private stopWatching = () => {}

  constructor(
    private readonly options: SessionOptions,
    signal: AbortSignal,
  ) {
    this.name = brokerName(options.broker)
    const { redact, broker } = options
    const own = redactorOfOthers([broker.password ?? ''])
    this.redact = (text) => own(redact?.(text) ?? text)
    this.lastHeard = options.clock.elapsed()
    this.result = new Promise<Session>((resolve, reject) => {
      const tooLate = () => this.fail(this.tooSlow())
      const stop = startDeadline(options.clock, options.connectWithin, () => -Infinity, tooLate)
      const abort = () => this.fail(signal.reason as Error)
      const settle = () => {
        this.settled = true
        stop()
        signal.removeEventListener('abort', abort)
      }
      this.fail = (error) => {
        this.stopWatching()
        this.endWith(error)
        if (!this.settled) {
          settle()
          reject(error)
        }
        this.gate?.destroy()
      }
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) return abort()
      this.client = this.connect(() => {
        settle()
        resolve(this.session())
      })
    })
  }

  private connect(connected: () => void): Client {
    const { broker, virtualHost, heartBeat, connectWithin } = this.options
    const connectHeaders: Record<string, string> = {
      host: virtualHost,
      'heart-beat': `${heartBeat},${heartBeat}`,
    }
    if (broker.user !== undefined) connectHeaders['login'] = broker.user
    if (broker.password !== undefined) connectHeaders['passcode'] = broker.password
    const client = connect(
      {
        host: broker.host,
        connect: (_options, ready) => this.dial(ready),
        connectHeaders,
        timeout: connectWithin * 2,
      },
      (error) => {
        if (error === null) connected()
        else this.fail(this.unreachable(error))
      },
    )
    client.on('error', (error: Error) => this.fail(this.unreachable(error)))
    client.on('end', () => this.fail(this.unreachable(new Error('the broker closed the connection'))))
    return client
  }

  private dial(ready: () => void): Gate {
    const { host, port, tls: secure } = this.options.broker
    const connected = () => {
      this.reached = 'tcp'
      socket.setNoDelay(true)
      ready()
    }
    const socket =
      secure === undefined
        ? net.connect({ host, port }, connected)
        : tls.connect(
            {
              host,
              port,
              rejectUnauthorized: secure.verify,
              ...(net.isIP(host) === 0 ? { servername: host } : {}),
              ...(secure.ca === undefined ? {} : { ca: secure.ca }),
              ...(secure.cert === undefined ? {} : { cert: secure.cert }),
              ...(secure.key === undefined ? {} : { key: secure.key }),
            },
            connected,
          )
    socket.on('data', () => (this.lastHeard = this.options.clock.elapsed()))
    this.gate = new Gate(socket, (frame) => this.onFrame(frame))
    return this.gate
  }

  private onFrame(frame: Frame): void {
    if (frame.command === 'MESSAGE') return this.options.onMessage(frame)
    if (frame.command === 'CONNECTED') return this.watch(frame.headers['heart-beat'])
    this.refusal = missingExchange(this.name, this.whatItSays(frame)) ?? this.refused(frame)
    this.fail(this.refusal)
  }

  /** Ends the session when the broker has been silent for two and a half of its heart-beats. */
  private watch(serverHeartBeat: string | undefined): void {
    const offered = Number(/^(\d{1,9})\s*,/.exec(serverHeartBeat ?? '')?.[1] ?? 0)
    if (offered === 0 || this.options.heartBeat === 0) return
    const interval = Math.max(offered, this.options.heartBeat)
    const { clock } = this.options
    let planned = clock.elapsed() + interval / 2
    const look = () => {
      const now = clock.elapsed()
      // A timer that fires late means that this process was busy, and that the broker's bytes are still unread.
      const late = now - planned > interval / 4
      if (!late && now - this.lastHeard > interval * 2.5) {
        return this.fail(
          this.unreachable(
            new Error(`nothing was heard of the broker for ${Math.round(now - this.lastHeard)} ms`),
          ),
        )
      }
      planned = now + interval / 2
      this.stopWatching = clock.after(interval / 2, look)
    }
    this.stopWatching = clock.after(interval / 2, look)
  }

  private session(): Session {
    const gate = this.gate as Gate
    const client = this.client as Client
    let subscriptions = 0
    return {
      version: gate.version,
      over: this.over,
      subscribe: (headers) =>
        new Promise((resolve) => {
          subscriptions += 1
          client
            .sendFrame('SUBSCRIBE', { id: String(subscriptions), ...headers }, { onReceipt: resolve })
            .end()
        }),
      publish: (headers, body) =>
        new Promise((resolve) => {
          const fields = { 'content-length': String(body.length), ...headers }
          client.sendFrame('SEND', fields, { onReceipt: resolve }).end(body)
        }),
      send: (frames) => gate.send(frames),
      close: () =>
        new Promise((resolve) => {
          // A broker that confirms nothing does not confirm an end either.
          const stop = this.options.clock.after(CLOSE_WITHIN, () => this.fail(this.notEnded()))
          void this.over.then(() => {
            stop()
            resolve()
          })
          client.disconnect(() => gate.destroy())
        }),
    }
  }

  private notEnded(): LockstepError {
    return new LockstepError(
      'broker-lost',
      `the broker ${this.name} did not confirm the end within ${CLOSE_WITHIN / 1000} s`,
    )
  }

  private tooSlow(): LockstepError {
    const seconds = this.options.connectWithin / 1000
    const missing =
      this.reached === 'tcp'
        ? 'accepted the connection but sent no CONNECTED frame'
        : 'did not accept a connection'
    return new LockstepError('broker-unreachable', `the broker ${this.name} ${missing} within ${seconds} s`)
  }

  private refused(frame: Frame): LockstepError {
    const said =
      frame.headers['message'] ?? (frame.body.toString('utf8', 0, MAX_READ).trim() || 'no reason given')
    return new LockstepError(
      'broker-refused',
      `the broker ${this.name} refused this connection: ${firstLine(this.redact(said))}`,
    )
  }

  private unreachable(error: Error): Error {
    if (this.refusal !== undefined) return this.refusal
    if (error instanceof LockstepError) return error
    const why =
      error instanceof FrameError
        ? `it does not speak STOMP as agreed: it sent ${error.message}`
        : describe(error, this.redact)
    return new LockstepError(
      'broker-unreachable',
      `the broker ${this.name} cannot be used: ${this.redact(why)}`,
      { cause: error },
    )
  }

  private whatItSays({ body, headers }: Frame): string {
    return this.redact(`${body.toString('utf8', 0, MAX_READ)} ${headers['message'] ?? ''}`)
  }
}

/** Bytes of an ERROR frame's body that are read at most. */
const MAX_READ = 4_096

function describe(error: Error & { code?: string }, redact: Redact): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved'
    case 'EMFILE':
      return 'this process has no file descriptors left; raise `ulimit -n`'
    default:
      return firstLine(redact(error.message)) || error.name
  }
}

function firstLine(text: string): string {
  return excerpt((text.split('\n')[0] ?? '').replace(/\p{Cc}/gu, ' '), 200)
}
