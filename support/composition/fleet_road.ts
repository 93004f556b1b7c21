import type { Environment, NatsRoad, SecuritySettings, SingleRoad, StompRoad } from '../config/environment'
import { activemq } from '../connectors/activemq'
import type { Connector } from '../connectors/connector'
import type { Naming } from '../connectors/naming'
import { rabbitmq, rabbitmqWithReplyExchange } from '../connectors/rabbitmq'
import { stompConnector } from '../connectors/stomp_connector'
import { aesClient } from '../protocol/security/aes'
import { pskClient } from '../protocol/security/psk'
import type { ClientSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslClient } from '../protocol/security/ssl'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import { lazy } from './lazy'
import { readWrittenRoads } from './written_roads'

/** A way to the hosts of a fleet: what carries requests and replies, and what seals and opens them. */
export interface FleetRoad {
  connector: Connector
  security: ClientSecurity
}

/** Returns the road to the hosts of an environment. Its connection opens when it is told to. */
export function fleetRoad(environment: Environment, clock: Clock, redact: Redact): FleetRoad {
  const { road } = environment
  if (road.connector !== 'mixed') return singleRoad({ ...environment, road }, clock, redact)
  const members = road.roads.map(({ name, ...own }) => {
    const { collective, identity } = own
    return { name, collective, identity, ...singleRoad({ ...environment, ...own }, clock, redact) }
  })
  return lazy.mixed.mixedRoad(members, {
    clock,
    findWithinMs: environment.discoveryWindow,
    writtenRoads: (signal) => readWrittenRoads(environment, road, signal, redact),
  })
}

/** Returns the road of an environment as a person reads what is waited for. */
export function describeRoad({ road }: Pick<Environment, 'road'>): string {
  if (road.connector !== 'mixed') return describeSingle(road)
  return road.roads.map((each) => `${describeSingle(each.road)} (${each.name})`).join(' and ')
}

function singleRoad(
  environment: Environment & { road: SingleRoad },
  clock: Clock,
  redact: Redact,
): FleetRoad {
  const { road } = environment
  if (road.connector === 'nats') return natsRoad(environment, road, clock, redact)
  return { connector: stompTo(environment, road, clock, redact), security: securityOf(road.security) }
}

function describeSingle({ brokers }: SingleRoad): string {
  const named = brokers.map(({ host, port }) => `${host}:${port}`).join(' or ')
  return `the broker ${named}`
}

function natsRoad(environment: Environment, road: NatsRoad, clock: Clock, redact: Redact): FleetRoad {
  const { callerid } = road.security
  const { natsConnector, choriaClient } = lazy.nats
  return {
    connector: natsConnector({ ...environment, ...road, callerid, clock, random: Math.random, redact }),
    security: choriaClient(road.security, callerid),
  }
}

function stompTo(environment: Environment, road: StompRoad, clock: Clock, redact: Redact): Connector {
  const connector = stompConnector({
    ...environment,
    ...road,
    naming: namingOf(road),
    pid: process.pid,
    clock,
    random: Math.random,
    redact,
  })
  return road.directAddressing ? connector : { ...connector, scanCost: Infinity }
}

function namingOf({ connector, replyExchange }: StompRoad): Naming {
  if (connector === 'activemq') return activemq
  return replyExchange === true ? rabbitmqWithReplyExchange : rabbitmq
}

function securityOf(settings: SecuritySettings): ClientSecurity {
  if (settings.provider === 'psk') return pskClient(settings.secret, settings.callerid)
  if (settings.provider === 'aes_security') return aesClient(settings, settings.callerid)
  return sslClient(settings, settings.callerid, settings.serializer === 'yaml' ? yaml : marshal)
}
