import type { Environment } from '../config/environment'
import { activemq } from '../connectors/activemq'
import type { Connector } from '../connectors/connector'
import { rabbitmq } from '../connectors/rabbitmq'
import { stompConnector } from '../connectors/stomp_connector'
import { aesClient } from '../protocol/security/aes'
import { pskClient } from '../protocol/security/psk'
import type { ClientSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslClient } from '../protocol/security/ssl'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'

/** Returns the connection to the broker of an environment. It opens when it is told to. */
export function connectorOf(environment: Environment, clock: Clock, redact: Redact): Connector {
  return stompConnector({
    ...environment,
    naming: environment.connector === 'activemq' ? activemq : rabbitmq,
    pid: process.pid,
    clock,
    random: Math.random,
    redact,
  })
}

/** Returns what seals requests to the hosts of an environment, and opens their replies. */
export function securityOf({ security: settings }: Pick<Environment, 'security'>): ClientSecurity {
  if (settings.provider === 'psk') return pskClient(settings.secret, settings.callerid)
  if (settings.provider === 'aes_security') return aesClient(settings, settings.callerid)
  return sslClient(settings, settings.callerid, settings.serializer === 'yaml' ? yaml : marshal)
}

/** Returns the brokers of an environment as a person reads what is waited for. */
export function describeBrokers({ brokers }: Environment): string {
  const named = brokers.map(({ host, port }) => `${host}:${port}`).join(' or ')
  return `the broker ${named}`
}
