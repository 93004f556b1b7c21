import { randomBytes } from 'node:crypto'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import type { Connector, ConnectorListener } from './connector'
import type { Naming, ReplyRoute } from './naming'
import type { BrokerAddress } from './stomp/broker'
import { StompConnection } from './stomp/connection'

export interface StompConnectorOptions {
  naming: Naming
  brokers: readonly BrokerAddress[]
  virtualHost: string
  collective: string
  identity: string
  pid: number
  connectWithin: number
  heartBeat: number
  clock: Clock
  random: () => number
  /** Removes secrets from the broker's texts. */
  redact?: Redact
}

/** Returns a client's connection to MCollective over any broker whose naming is known. */
export function stompConnector(options: StompConnectorOptions): Connector {
  const { naming, clock, collective, identity } = options
  const listeners: ConnectorListener[] = []
  const own = randomBytes(4).toString('hex')
  const replies = new ReplyRoutes((sequence) =>
    naming.replies(collective, { identity, pid: options.pid, connection: own, sequence }),
  )
  const connection = new StompConnection({
    ...options,
    subscriptions: () => replies.next(),
    onMessage(frame) {
      const sender = frame.headers['mc_sender']
      const message = {
        body: frame.body,
        ...(sender === undefined ? {} : { sender }),
        ...(frame.dropped === undefined ? {} : { dropped: frame.dropped }),
      }
      for (const listener of listeners) listener.message(message)
    },
    onLost: (reason) => listeners.forEach((listener) => listener.lost(reason)),
    onRestored: () => listeners.forEach((listener) => listener.restored()),
  })
  const common = (ttl: number) => ({
    ...naming.expiry(ttl, clock.now()),
    'reply-to': replies.replyTo,
    mc_sender: identity,
  })
  return {
    scanCost: naming.scanCost,
    hostsMayBeAway: options.brokers.length > 1,
    open: (signal) => connection.open(signal),
    broadcast(to, { body, ttl, expectAllowed }, signal) {
      const headers = { destination: naming.broadcast(to), ...common(ttl) }
      return connection.send([{ headers, body }], signal, expectAllowed)
    },
    direct(to, hosts, { body, ttl, expectAllowed }, signal) {
      const shared = common(ttl)
      const messages = hosts.map((host) => {
        const { destination, headers } = naming.directed(to, host)
        return { headers: { destination, ...headers, ...shared }, body }
      })
      return connection.send(messages, signal, expectAllowed)
    },
    listen: (listener) => void listeners.push(listener),
    close: () => connection.close(),
  }
}

/** The number of sessions whose replies are accepted; replies to requests of earlier sessions still count. */
const SESSIONS = 3

/**
 * The routes of replies, another one for each session. A broker may not know yet that the session before is dead. It
 * would go on handing that one messages of a destination that both have subscribed to.
 */
class ReplyRoutes {
  private routes: ReplyRoute[] = []
  private sequence = 0

  constructor(private readonly route: (sequence: number) => ReplyRoute) {}

  get replyTo(): string {
    return this.routes[0]?.replyTo ?? ''
  }

  /** Returns the subscriptions of a new session. */
  next(): Record<string, string>[] {
    this.sequence += 1
    this.routes = [this.route(this.sequence), ...this.routes].slice(0, SESSIONS)
    return this.routes.flatMap(({ subscription }) => (subscription === undefined ? [] : [subscription]))
  }
}
