import type { Clock } from '../system/clock'
import type { Address } from './connector'
import type { Naming } from './naming'
import type { BrokerAddress } from './stomp/broker'
import { StompConnection } from './stomp/connection'
import { asHost } from './stomp/delays'

export interface HostConnectorOptions {
  naming: Naming
  brokers: readonly BrokerAddress[]
  virtualHost: string
  collectives: readonly string[]
  identity: string
  /** The agents whose requests the host listens for. */
  agents: readonly string[]
  connectWithin: number
  heartBeat: number
  clock: Clock
  random: () => number
  /** Called with a request and the destination of its reply. */
  onRequest: (body: Buffer, replyTo: string) => void
  onTrouble: (what: string) => void
}

/** A host's side of a road: it hears requests, and answers them. */
export interface HostRoad {
  /** Resolves when it listens. It tries for as long as it takes. */
  open(): Promise<void>
  close(): Promise<void>
  /** Sends a reply once, when there is a broker. Rejects when this was closed before that. */
  reply(destination: string, body: Buffer): Promise<void>
  /** Returns the most bytes of a reply that the broker takes; undefined where it does not say. */
  maxReplyBytes?(): number | undefined
  /** Sends a request of the host's own to an agent, wherever that runs. `ttl` in seconds. */
  broadcast?(to: Address, ttl: number, body: Buffer): Promise<void>
}

/**
 * A host's connection to MCollective. It is subscribed to every request that could be for the host, for as long as it
 * runs.
 */
export class HostConnector implements HostRoad {
  private readonly ended = new AbortController()
  private readonly connection: StompConnection

  constructor(private readonly options: HostConnectorOptions) {
    const { naming, collectives, identity, agents } = options
    this.connection = new StompConnection({
      ...options,
      reconnecting: asHost,
      subscriptions: () =>
        collectives.flatMap((collective) => naming.hostSubscriptions(collective, identity, agents)),
      onMessage: ({ headers, body, dropped }) => {
        const replyTo = headers['reply-to']
        if (dropped !== undefined) return options.onTrouble(`a request of ${dropped} bytes was not read`)
        if (replyTo === undefined) return
        options.onRequest(body, replyTo)
      },
      onLost: (reason) => options.onTrouble(reason.message),
      onRestored: () => options.onTrouble('the connection to the broker is back'),
    })
  }

  open(): Promise<void> {
    return this.connection.openAtLast(this.ended.signal, this.options.onTrouble)
  }

  async close(): Promise<void> {
    this.ended.abort()
    await this.connection.close()
  }

  broadcast(to: Address, ttl: number, body: Buffer): Promise<void> {
    const { naming, identity, clock } = this.options
    const headers = {
      destination: naming.broadcast(to),
      mc_sender: identity,
      ...naming.expiry(ttl, clock.now()),
    }
    return this.connection.send([{ headers, body }], this.ended.signal)
  }

  reply(destination: string, body: Buffer): Promise<void> {
    const headers = { destination, mc_sender: this.options.identity }
    return this.connection.send([{ headers, body }], this.ended.signal)
  }
}
