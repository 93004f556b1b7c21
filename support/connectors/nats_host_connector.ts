import type { Clock } from '../system/clock'
import type { HostRoad } from './host_connector'
import { NatsPool } from './nats/connection'
import { broadcastSubject, hostSubject, isReplySubject } from './nats/subjects'
import { frameWriter, longestData, readFrame } from './nats/transport_frame'
import type { BrokerAddress } from './stomp/broker'
import { asHost } from './stomp/delays'

export interface NatsHostConnectorOptions {
  brokers: readonly BrokerAddress[]
  collectives: readonly string[]
  identity: string
  /** The agents whose requests the host listens for. */
  agents: readonly string[]
  connectWithin: number
  heartBeat: number
  clock: Clock
  random: () => number
  /** Called with a request and the subject of its reply. */
  onRequest: (body: Buffer, replyTo: string) => void
  onTrouble: (what: string) => void
}

/**
 * Returns a host's connection to NATS, by Choria's names. It is subscribed to every request that could be for the host,
 * for as long as it runs.
 */
export function natsHostConnector(options: NatsHostConnectorOptions): HostRoad {
  const { collectives, identity, agents, onRequest, onTrouble } = options
  const ended = new AbortController()
  const pool = new NatsPool({
    ...options,
    name: identity,
    reconnecting: asHost,
    subscriptions: collectives.flatMap((collective) => [
      ...agents.map((agent) => broadcastSubject({ collective, agent })),
      hostSubject(collective, identity),
    ]),
    onMessage(_subject, bytes) {
      const frame = readFrame(bytes)
      if ('fault' in frame) return onTrouble(`a request was not read: ${frame.fault}`)
      const { replyTo, data } = frame
      if (replyTo === undefined) return
      if (!isReplySubject(replyTo, collectives))
        return onTrouble('a request was not read: its answer would go to no subject of replies')
      onRequest(data, replyTo)
    },
    onLost: (reason) => onTrouble(reason.message),
    onRestored: () => onTrouble('the connection to the broker is back'),
  })
  return {
    open: () => pool.openAtLast(ended.signal, onTrouble),
    async close() {
      ended.abort()
      await pool.close()
    },
    maxReplyBytes() {
      const { maxPayload } = pool
      return maxPayload === undefined ? undefined : longestData(maxPayload, identity)
    },
    async reply(subject, body) {
      await pool.send([{ subject, body: frameWriter(body, identity)() }], ended.signal)
    },
  }
}
