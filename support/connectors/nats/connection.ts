import { LockstepError } from '../../system/errors'
import { BrokerPool, type BrokerPoolOptions } from '../broker_pool'
import type { BrokerAddress } from '../stomp/broker'
import { openNatsSession, type NatsMessage, type NatsSession, type NatsSessionOptions } from './session'

export type NatsConnectionOptions = Omit<NatsSessionOptions, 'broker'> &
  Omit<BrokerPoolOptions<BrokerAddress, NatsSession>, 'open' | 'isFinal'>

/** A connection to a pool of NATS servers that comes back by itself. It never sends a message twice. */
export class NatsPool {
  private readonly pool: BrokerPool<BrokerAddress, NatsSession>
  /** The most bytes of a message that the last server takes; undefined before the first. */
  maxPayload: number | undefined

  constructor(options: NatsConnectionOptions) {
    this.pool = new BrokerPool({
      ...options,
      open: async (broker, signal) => {
        const session = await openNatsSession({ ...options, broker }, signal)
        if (this.pool.ended.aborted) {
          await session.close()
          throw this.pool.ended.reason
        }
        this.maxPayload = session.maxPayload
        return session
      },
    })
  }

  open(signal: AbortSignal): Promise<void> {
    return this.pool.open(signal)
  }

  openAtLast(signal: AbortSignal, onTrouble: (what: string) => void): Promise<void> {
    return this.pool.openAtLast(signal, onTrouble)
  }

  /**
   * Sends each message once, waiting for a broker if there is none at the moment. Nothing goes out when `expectAllowed`
   * throws, which is asked once a broker is there. Resolves once the server has taken them, or is lost.
   * @throws LockstepError `broker-lost` when `signal` is aborted first, `broker-refused` when the server takes none
   */
  async send(
    messages: readonly NatsMessage[],
    signal: AbortSignal,
    expectAllowed: () => void = () => {},
  ): Promise<void> {
    const session = await this.pool.connected(signal)
    expectFits(messages, session.maxPayload)
    expectAllowed()
    const refused = await session.publish(messages)
    // Where only some were refused, their hosts stay silent, and the others are heard.
    if (messages.length > 0 && refused.length >= messages.length)
      throw new LockstepError('broker-refused', `the broker did not allow ${refused[0]}; no host was asked`)
  }

  close(): Promise<void> {
    return this.pool.close()
  }
}

function expectFits(messages: readonly NatsMessage[], maxPayload: number): void {
  const long = messages.find(({ body }) => body.length > maxPayload)
  if (long === undefined) return
  throw new LockstepError(
    'bad-input',
    `a message of ${long.body.length} bytes is too long for the broker, which takes ${maxPayload}; raise its max_payload, or send less`,
  )
}
