import * as v from 'valibot'
import type { BrokerAddress } from '../connectors/stomp/broker'
import { allowKnownKeys } from './known_keys'
import { secret, type SecretSetting } from './secrets'
import { readTlsFiles, type TlsPaths } from './tls_files'

const port = v.pipe(
  v.number('a port number'),
  v.integer('a port number'),
  v.minValue(1, 'a port from 1'),
  v.maxValue(65_535, 'a port up to 65535'),
)
const path = v.pipe(v.string(), v.minLength(1, 'a path'))

const broker = allowKnownKeys({
  host: v.pipe(v.string(), v.regex(/^[\w.:-]+$/, 'a host name or address')),
  port: v.optional(port, 61_613),
  user: v.optional(v.string()),
  password: v.optional(secret),
  tls: v.optional(allowKnownKeys({ ca: v.optional(path), cert: v.optional(path), key: v.optional(path) })),
})

/** The schemas of the keys that name a pool of brokers. */
export const CONNECTOR = v.picklist(['activemq', 'rabbitmq'], 'activemq or rabbitmq')
export const brokersSetting = v.pipe(v.array(broker), v.minLength(1, 'at least one broker'))

/** The port of NATS servers by default. */
export const NATS_PORT = 4222

const natsBroker = allowKnownKeys({
  host: v.pipe(v.string(), v.regex(/^[\w.:-]+$/, 'a host name or address')),
  port: v.optional(port),
  user: v.optional(v.string()),
  password: v.optional(secret),
})

export const natsBrokersSetting = v.pipe(v.array(natsBroker), v.minLength(1, 'at least one broker'))

/** The means of resolving what is written of brokers. */
export interface BrokerReading {
  /** Returns `path:line` of a key below `brokers`. */
  where(...keys: (string | number)[]): string
  /** Returns an absolute path. */
  at(relative: string): string
  /** Reads a secret below `brokers`. */
  read(from: SecretSetting, what: string, ...keys: (string | number)[]): string
}

/** Returns the addresses of brokers, with their passwords and certificates. @throws LockstepError `bad-config` */
export function resolveBrokers(
  written: v.InferOutput<typeof brokersSetting | typeof natsBrokersSetting>,
  { where, at, read }: BrokerReading,
): BrokerAddress[] {
  return written.map(({ host, port: number = NATS_PORT, user, password, ...more }, index): BrokerAddress => ({
    host,
    port: number,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password: read(password, `password of ${host}`, index, 'password') }),
    ...('tls' in more && more.tls !== undefined
      ? { tls: { verify: true, ...readTlsFiles(tlsPaths(more.tls, at), where(index, 'tls')) } }
      : {}),
  }))
}

/** Returns the virtual host that MCollective uses by default. */
export function defaultVirtualHost(connector: v.InferOutput<typeof CONNECTOR>): string {
  return connector === 'activemq' ? 'mcollective' : '/mcollective'
}

function tlsPaths(
  { ca, cert, key }: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined },
  at: BrokerReading['at'],
): TlsPaths {
  const of = (name: string | undefined) => (name === undefined ? undefined : at(name))
  return { ca: ca === undefined ? undefined : [at(ca)], cert: of(cert), key: of(key) }
}
