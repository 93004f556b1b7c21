import type { BrokerAddress, BrokerTls } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { readTlsFiles } from './tls_files'

export interface ProcessContext {
  env: Readonly<Record<string, string | undefined>>
  hostname: string
  uid: number
}

/** The settings of an MCollective configuration: `key = value` lines with their line numbers. */
export class Settings {
  constructor(
    readonly path: string,
    private readonly values: ReadonlyMap<string, { value: string; line: number; path?: string }>,
  ) {}

  text(key: string): string | undefined {
    return this.values.get(key)?.value
  }

  /** Returns these settings, and those of another file under other keys, which count before them. */
  with(others: Settings, keyOf: (key: string) => string): Settings {
    const added = [...others.values].map(([key, { value, line, path = others.path }]) => {
      return [keyOf(key), { value, line, path }] as const
    })
    return new Settings(this.path, new Map([...this.values, ...added]))
  }

  /** Returns the first group of every key that the pattern fits. */
  matching(pattern: RegExp): string[] {
    return [...this.values.keys()].flatMap((key) => pattern.exec(key)?.[1] ?? [])
  }

  required(key: string): string {
    const value = this.text(key)
    if (value === undefined || value === '')
      throw new LockstepError('bad-config', `${this.path}: ${key} is missing`)
    return value
  }

  where(key: string): string {
    const { line, path = this.path } = this.values.get(key) ?? {}
    return line === undefined ? path : `${path}:${line}`
  }

  fault(key: string, expected: string): LockstepError {
    const shown = /password|psk/.test(key) ? 'its value' : JSON.stringify(this.text(key))
    return new LockstepError('bad-config', `${this.where(key)}: ${key} is ${shown}; expected ${expected}`)
  }

  whole(key: string, least: number, most: number): number | undefined {
    const written = this.text(key)
    if (written === undefined) return undefined
    const value = /^\d{1,9}$/.test(written) ? Number(written) : NaN
    if (!(value >= least && value <= most)) throw this.fault(key, `a whole number from ${least} to ${most}`)
    return value
  }

  flag(key: string): boolean | undefined {
    const written = this.text(key)
    if (written === undefined) return undefined
    if (/^(1|y|yes|true)$/i.test(written)) return true
    if (/^(0|n|no|false)$/i.test(written)) return false
    throw this.fault(key, 'yes or no')
  }

  oneOf<T extends string, F extends T | undefined>(
    key: string,
    known: readonly T[],
    fallback: F,
    expected = known.join(' or '),
  ): T | F {
    const written = this.text(key)?.toLowerCase()
    if (written === undefined) return fallback
    const found = known.find((name) => name === written)
    if (found === undefined) throw this.fault(key, expected)
    return found
  }
}

/**
 * Reads settings.
 * @throws LockstepError `bad-config` naming the line that is no setting
 */
export function parseSettings(path: string, text: string): Settings {
  const values = new Map<string, { value: string; line: number }>()
  text.split('\n').forEach((raw, index) => {
    const line = raw.trimEnd()
    if (line === '' || line.startsWith('#')) return
    const [, key, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined) {
      throw new LockstepError('bad-config', `${path}:${index + 1}: expected "key = value"`)
    }
    values.set(key.trim(), { value, line: index + 1 })
  })
  return new Settings(path, values)
}

interface StompBrokers {
  connector: 'activemq' | 'rabbitmq'
  brokers: BrokerAddress[]
  virtualHost: string
}

/** Reads which brokers are spoken to over STOMP: client.cfg and server.cfg name them alike. */
export function stompBrokersOf(settings: Settings, context: ProcessContext): StompBrokers {
  const known = ['activemq', 'rabbitmq'] as const
  const connector = settings.oneOf('connector', known, 'activemq', 'activemq, rabbitmq or nats')
  refuseUnsupported(settings, connector)
  return {
    connector,
    brokers: brokersOf(settings, connector, context),
    virtualHost:
      settings.text(`plugin.${connector}.vhost`) ?? (connector === 'activemq' ? 'mcollective' : '/'),
  }
}

function refuseUnsupported(settings: Settings, connector: string): void {
  for (const key of [`plugin.${connector}.base64`, `plugin.${connector}.agents_multiplex`]) {
    if (settings.flag(key) === true) throw settings.fault(key, 'no: Lockstep does not support this')
  }
}

/** Refuses settings under which any sender could set keys, times or bodies. */
export function refuseWeakAes(settings: Settings): void {
  if (settings.flag('plugin.aes.learn_pubkeys') === true)
    throw settings.fault(
      'plugin.aes.learn_pubkeys',
      'no: put the keys of clients into plugin.aes.client_cert_dir',
    )
  if (settings.flag('plugin.aes.enforce_ttl') === false)
    throw settings.fault('plugin.aes.enforce_ttl', 'yes: the time of a request is always checked')
  settings.oneOf('plugin.aes.serializer', ['marshal'], 'marshal')
}

function brokersOf(settings: Settings, connector: string, { env }: ProcessContext): BrokerAddress[] {
  const size = settings.whole(`plugin.${connector}.pool.size`, 1, 100)
  if (size === undefined)
    throw new LockstepError('bad-config', `${settings.path}: plugin.${connector}.pool.size is missing`)
  return Array.from({ length: size }, (_, index) => {
    const prefix = `plugin.${connector}.pool.${index + 1}`
    const user = env['STOMP_USER'] ?? settings.text(`${prefix}.user`)
    const password = env['STOMP_PASSWORD'] ?? settings.text(`${prefix}.password`)
    const secure = settings.flag(`${prefix}.ssl`) ?? false
    return {
      host: settings.required(`${prefix}.host`),
      port: settings.whole(`${prefix}.port`, 1, 65_535) ?? 61_613,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
      ...(secure ? { tls: tls(settings, prefix, connector, index + 1, env) } : {}),
    }
  })
}

function tls(
  settings: Settings,
  prefix: string,
  connector: string,
  number: number,
  env: ProcessContext['env'],
): BrokerTls {
  const path = (key: string) =>
    env[`MCOLLECTIVE_${connector.toUpperCase()}_POOL${number}_SSL_${key.toUpperCase()}`] ??
    settings.text(`${prefix}.ssl.${key}`)
  const ca = settings
    .text(`${prefix}.ssl.ca`)
    ?.split(',')
    .map((each) => each.trim())
  const named = ['ca', 'cert', 'key'].map((key) => `${prefix}.ssl.${key}`)
  const where = settings.where(named.find((key) => settings.text(key) !== undefined) ?? `${prefix}.ssl`)
  return {
    ...readTlsFiles({ ca, cert: path('cert'), key: path('key') }, where),
    verify: !(settings.flag(`${prefix}.ssl.fallback`) === true && ca === undefined),
  }
}
