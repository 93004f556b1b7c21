import type { Address } from './connector'

/** How one kind of broker names the places that MCollective uses. The rest of a connector is common to all. */
export interface Naming {
  /** See Connector. */
  scanCost: number
  broadcast(to: Address): string
  /** Destination and the headers that single out one host. */
  directed(to: Address, host: string): { destination: string; headers: Record<string, string> }
  /** Where replies go, and the subscription to make first, if the broker does not make it by itself. */
  replies(collective: string, client: { identity: string; pid: number; sequence: number }): ReplyRoute
  expiry(ttl: number, now: number): Record<string, string>
  /** The subscriptions of a host: what a daemon listens to. */
  hostSubscriptions(collective: string, identity: string, agents: readonly string[]): Record<string, string>[]
}

export interface ReplyRoute {
  replyTo: string
  subscription?: Record<string, string>
}

/** Messages outlive their ttl on the broker by this much, so that clocks may differ a little. Seconds. */
export const EXPIRY_MARGIN = 10
