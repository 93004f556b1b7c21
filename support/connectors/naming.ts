import type { Address } from './connector'

/** One kind of broker's names for the destinations that MCollective uses. The rest of a connector is common to all. */
export interface Naming {
  /** The broker's cost per host of finding one host among n; see Connector. */
  scanCost: number
  broadcast(to: Address): string
  /** Returns the destination and the headers that single out one host. */
  directed(to: Address, host: string): { destination: string; headers: Record<string, string> }
  /**
   * Returns the destination of replies, and the subscription to make first if the broker does not make it by itself. A
   * process may have several connections: `connection` tells them apart.
   */
  replies(
    collective: string,
    client: { identity: string; pid: number; connection: string; sequence: number },
  ): ReplyRoute
  expiry(ttl: number, now: number): Record<string, string>
  /** Returns the subscriptions of a host, to which its daemon listens. */
  hostSubscriptions(collective: string, identity: string, agents: readonly string[]): Record<string, string>[]
}

export interface ReplyRoute {
  replyTo: string
  subscription?: Record<string, string>
}

/** Seconds for which messages outlive their ttl on the broker, so that clocks may differ a little. */
export const EXPIRY_MARGIN = 10
