import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { Redact } from '../system/redaction'
import type { Naming } from './naming'
import type { BrokerAddress } from './stomp/broker'
import { openSession } from './stomp/session'

export interface PublishOptions {
  naming: Naming
  brokers: readonly BrokerAddress[]
  virtualHost: string
  identity: string
  connectWithin: number
  /** Seconds for which the broker may keep the message. */
  ttl: number
  clock: Clock
  /** Removes secrets from the broker's texts. */
  redact?: Redact
}

/**
 * Publishes JSON to a topic, on a connection of its own: a broker that does not allow it ends that one, and no other.
 * Resolves once a broker of the pool has confirmed it.
 * @throws LockstepError when none has
 */
export async function publishOnce(
  options: PublishOptions,
  destination: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<void> {
  let reason: unknown = new LockstepError('bad-config', 'no broker is configured')
  for (const broker of options.brokers) {
    try {
      return await publishTo(broker, options, destination, body, signal)
    } catch (error) {
      reason = error
    }
  }
  throw reason
}

async function publishTo(
  broker: BrokerAddress,
  options: PublishOptions,
  destination: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const session = await openSession({ ...options, broker, heartBeat: 0, onMessage: () => {} }, signal)
  const { naming, identity, ttl, clock } = options
  const headers = {
    destination,
    'content-type': 'application/json',
    mc_sender: identity,
    ...naming.expiry(ttl, clock.now()),
  }
  const giveUp = () => void session.close()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const lost = await Promise.race([session.publish(headers, body).then(() => undefined), session.over])
    if (lost !== undefined) throw lost
  } finally {
    signal.removeEventListener('abort', giveUp)
    await session.close()
  }
}
