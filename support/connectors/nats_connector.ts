import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import type { Connector, ConnectorListener } from './connector'
import { NatsPool } from './nats/connection'
import { broadcastSubject, hostSubject, replyPrefix } from './nats/subjects'
import { frameWriter, readFrame } from './nats/transport_frame'
import type { BrokerAddress } from './stomp/broker'

export interface NatsConnectorOptions {
  brokers: readonly BrokerAddress[]
  collective: string
  identity: string
  callerid: string
  connectWithin: number
  heartBeat: number
  clock: Clock
  random: () => number
  /** Removes secrets from the broker's texts. */
  redact?: Redact
}

/** The last word of the subject of replies to a broadcast, which all hosts know. */
const TO_ALL = 'all'

/**
 * Returns a client's connection to hosts over NATS, by Choria's names. Replies are not signed. So each host that is
 * asked alone gets a subject for its reply that no other host is told: who answers there was asked, or has read what
 * was sent to that host.
 */
export function natsConnector(options: NatsConnectorOptions): Connector {
  const { collective, identity, callerid } = options
  const listeners: ConnectorListener[] = []
  const prefix = replyPrefix(collective, callerid, randomBytes(16).toString('hex'))
  const secret = randomBytes(32)
  /** The hosts that were asked alone, by the last word of the subject of their replies. */
  const asked = new Map<string, string>()
  const replySubject = (host: string) => {
    const word = createHmac('sha256', secret).update(host).digest('hex').slice(0, 32)
    asked.set(word, host)
    return `${prefix}.${word}`
  }
  const pool = new NatsPool({
    ...options,
    name: identity,
    subscriptions: [`${prefix}.*`],
    onMessage(subject, bytes) {
      const frame = readFrame(bytes)
      const word = subject.slice(prefix.length + 1)
      const claimed = 'fault' in frame ? undefined : frame.sender
      const sender = word === TO_ALL ? claimed : (asked.get(word) ?? 'a host that was not asked')
      const message = {
        body: 'fault' in frame ? Buffer.alloc(0) : frame.data,
        ...(sender === undefined ? {} : { sender }),
        ...('dropped' in frame && frame.dropped !== undefined ? { dropped: frame.dropped } : {}),
      }
      for (const listener of listeners) listener.message(message)
    },
    onLost: (reason) => listeners.forEach((listener) => listener.lost(reason)),
    onRestored: () => listeners.forEach((listener) => listener.restored()),
  })
  return {
    scanCost: EACH_ALONE,
    open: (signal) => pool.open(signal),
    async broadcast(to, { body, expectAllowed }, signal) {
      const replyTo = `${prefix}.${TO_ALL}`
      const message = { subject: broadcastSubject(to), body: frameWriter(body, identity)(replyTo), replyTo }
      await pool.send([message], signal, expectAllowed)
    },
    async direct(to, hosts, { body, expectAllowed }, signal) {
      const write = frameWriter(body, identity)
      const messages = hosts.map((host) => {
        const replyTo = replySubject(host)
        return { subject: hostSubject(to.collective, host), body: write(replyTo), replyTo }
      })
      await pool.send(messages, signal, expectAllowed)
    },
    listen: (listener) => void listeners.push(listener),
    close: () => pool.close(),
  }
}

/** The broker has an index of hosts; a broadcast to known hosts would tell all of them where to answer. */
const EACH_ALONE = -Infinity
