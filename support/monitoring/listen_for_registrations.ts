import type { Environment, StompRoad } from '../config/environment'
import { roadsOf, stompRoadsOf } from '../config/road_places'
import { activemq } from '../connectors/activemq'
import { rabbitmq } from '../connectors/rabbitmq'
import { StompConnection } from '../connectors/stomp/connection'
import { asHost } from '../connectors/stomp/delays'
import { Refusal } from '../protocol/refusal'
import { pskServer } from '../protocol/security/psk'
import type { ServerSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslServer } from '../protocol/security/ssl'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import { readRegistration, type RegisteredHost } from './registration_message'

interface Listening {
  clock: Clock
  random: () => number
  redact: Redact
  signal: AbortSignal
  onRegistered(host: RegisteredHost): void
  onTrouble(sentence: string): void
}

/**
 * Listens to the registrations of a fleet until the signal is aborted. A broker that is away is tried again; the inventory
 * is read at every interval all the same.
 */
export async function listenForRegistrations(environment: Environment, listening: Listening): Promise<void> {
  const roads = stompRoadsOf(environment)
  if (roads.length < roadsOf(environment).length)
    listening.onTrouble(
      'registrations are listened to over ActiveMQ and RabbitMQ alone; of other hosts the inventory alone says who is monitored',
    )
  await Promise.all(
    roads.map(({ name, road, collective }) => {
      const about = name === undefined ? '' : `the road ${name}: `
      const onTrouble = (sentence: string) => listening.onTrouble(`${about}${sentence}`)
      return listenOn({ ...environment, road, collective }, { ...listening, onTrouble })
    }),
  )
}

async function listenOn(environment: Environment & { road: StompRoad }, listening: Listening): Promise<void> {
  const { clock, signal, onRegistered, onTrouble } = listening
  const { collective, road } = environment
  const security = securityOf(road)
  if (security === undefined) {
    onTrouble(
      'registrations are not listened to: with aes_security each host has a key of its own, which the control host does not know; the inventory alone says who is monitored',
    )
    return
  }
  const naming = road.connector === 'activemq' ? activemq : rabbitmq
  const connection = new StompConnection({
    ...environment,
    ...road,
    ...listening,
    reconnecting: asHost,
    subscriptions: () => [{ destination: naming.broadcast({ collective, agent: 'registration' }) }],
    onMessage({ body }) {
      try {
        onRegistered(readRegistration(body, { security, collective, nowS: Math.floor(clock.now() / 1000) }))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        onTrouble(`a registration was refused: ${error.message}`)
      }
    },
    onLost: (reason) => onTrouble(reason.message),
    onRestored: () => onTrouble('the connection to the broker is back'),
  })
  try {
    await connection.openAtLast(signal, onTrouble)
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  } finally {
    await connection.close()
  }
}

/** Returns what checks the requests of hosts; undefined where the control host cannot. */
function securityOf({ security }: StompRoad): ServerSecurity | undefined {
  switch (security.provider) {
    case 'psk':
      return pskServer(security.secret)
    case 'ssl': {
      // All hosts of a fleet share one key, as Ruby's provider has it.
      const keys = { privateKey: security.privateKey, clientPublicKey: () => security.serverPublicKey }
      return sslServer(keys, security.serializer === 'yaml' ? yaml : marshal)
    }
    case 'aes_security':
      return undefined
  }
}
