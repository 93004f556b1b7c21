import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { asClient, type Reconnecting } from './stomp/delays'

/** A connection to one broker. */
export interface PooledSession {
  /** Resolves with the reason once the session is over, whichever side ended it. */
  readonly over: Promise<Error>
  close(): Promise<void>
}

export interface BrokerPoolOptions<Broker, Session> {
  /** The brokers in the order of the tries; after a loss, the one after the lost one comes first. */
  brokers: readonly Broker[]
  /** Opens a session that is ready for work. */
  open(broker: Broker, signal: AbortSignal): Promise<Session>
  /** Returns whether no other try can be better. */
  isFinal?(reason: Error): boolean
  clock: Clock
  /** The way of reconnecting; a client's by default. */
  reconnecting?: Reconnecting
  /** Returns a number from 0 up to 1, which spreads the reconnects of many clients. */
  random: () => number
  onLost: (reason: Error) => void
  onRestored: () => void
}

/** Milliseconds after which a session counts as a good one: the next loss starts with short delays again. */
const PROVEN_AFTER = 10_000

/** The session with one broker of a pool, which comes back by itself. */
export class BrokerPool<Broker, Session extends PooledSession> {
  private session: Session | undefined
  private failure: Error | undefined
  private readonly ending = new AbortController()
  private waiting: (() => void)[] = []
  private next = 0
  private failures = 0
  private readonly reconnecting: Reconnecting

  constructor(private readonly options: BrokerPoolOptions<Broker, Session>) {
    this.reconnecting = options.reconnecting ?? asClient
  }

  /** Aborted when the pool is closed. */
  get ended(): AbortSignal {
    return this.ending.signal
  }

  /**
   * Tries each broker once.
   * @throws LockstepError when none can be used
   */
  async open(signal: AbortSignal): Promise<void> {
    const reasons: Error[] = []
    for (let tried = 0; tried < this.options.brokers.length; tried += 1) {
      try {
        return this.adopt(await this.tryNext(AbortSignal.any([signal, this.ended])))
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
    const isOver = () => signal.aborted || this.ended.aborted
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
   * Resolves with a session, waiting for a broker if there is none at the moment.
   * @throws LockstepError `broker-lost` when `signal` is aborted first
   */
  async connected(signal: AbortSignal): Promise<Session> {
    while (this.session === undefined) {
      if (this.failure !== undefined) throw this.failure
      if (signal.aborted || this.ended.aborted) {
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

  /** Ends a session of which no more use can be made: the next try has another one. */
  async giveUp(session: Session): Promise<void> {
    if (this.session === session) await session.close()
  }

  async close(): Promise<void> {
    this.ending.abort(new LockstepError('broker-lost', 'the connection was closed'))
    const { session } = this
    this.session = undefined
    this.wake()
    await session?.close()
  }

  private adopt(session: Session): void {
    const { clock, isFinal = () => false } = this.options
    if (this.ended.aborted) {
      void session.close()
      throw this.ended.reason
    }
    const since = clock.elapsed()
    this.session = session
    this.wake()
    void session.over.then((reason) => {
      if (this.session !== session) return
      this.session = undefined
      if (clock.elapsed() - since > PROVEN_AFTER) this.failures = 0
      const endsHere = isFinal(reason) && this.reconnecting.whenRefused === 'give up'
      if (endsHere) this.failure = reason
      this.options.onLost(reason)
      if (!endsHere) void this.reconnect()
    })
  }

  private async reconnect(): Promise<void> {
    const { clock, random, brokers } = this.options
    const { reconnecting } = this
    const atOnce = reconnecting.tries === 'whole pool' ? brokers.length : 1
    for (let [tried, refusals] = [0, 0]; !this.ended.aborted; tried += 1) {
      try {
        if (tried % atOnce === 0) {
          const delay = reconnecting.delays(this.failures, random())
          this.failures += 1
          await pause(clock, delay, this.ended)
        }
        this.adopt(await this.tryNext(this.ended))
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

  private async tryNext(signal: AbortSignal): Promise<Session> {
    const { brokers, open } = this.options
    const broker = brokers[this.next % brokers.length]
    if (broker === undefined) throw new LockstepError('bad-config', 'no broker is configured')
    this.next += 1
    return open(broker, signal)
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
