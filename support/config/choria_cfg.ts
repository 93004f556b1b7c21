import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BrokerAddress } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { callerWarnings, readChoriaFiles, type ChoriaPaths } from './choria_files'
import { NATS_PORT } from './brokers_setting'
import type { NatsRoad } from './environment'
import { readConfigFile } from './files'
import { parseSettings, Settings, type ProcessContext } from './mcollective_cfg'

/** Returns whether a configuration is one of Choria: by its connector, or else by its security or its brokers. */
export function isChoria(settings: Settings): boolean {
  const connector = settings.text('connector')?.toLowerCase()
  if (connector !== undefined) return connector === 'nats' || connector === 'choria'
  return (
    settings.text('securityprovider')?.toLowerCase() === 'choria' ||
    settings.text('plugin.choria.middleware_hosts') !== undefined
  )
}

/**
 * Returns settings together with those of `plugin.d/choria.cfg` beside them, as MCollective reads them: its keys stand
 * there without `plugin.choria.`.
 * @throws LockstepError `bad-config`
 */
export function withPluginFolder(settings: Settings): Settings {
  const path = join(dirname(settings.path), 'plugin.d', 'choria.cfg')
  if (!existsSync(path)) return settings
  const own = parseSettings(path, readConfigFile(path, 'configuration of Choria', 'MCollective'))
  return settings.with(own, (key) => `plugin.choria.${key}`)
}

/**
 * Reads the road of a `client.cfg` of Choria.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readChoriaClient(
  settings: Settings,
  identity: string,
  context: ProcessContext,
): { road: NatsRoad; warnings: string[] } {
  const { uid, env } = context
  const own = uid === 0 ? identity : `${env['USER'] ?? env['LOGNAME'] ?? uid}.mcollective`
  const { security, tls, name, warnings } = readFiles(settings, own, context)
  return {
    road: { connector: 'nats', brokers: natsBrokersOf(settings, tls), security },
    warnings: [...warnings, ...callerWarnings(name)],
  }
}

/** A host's side of Choria: its road, and whose requests it takes. */
export interface ChoriaServer {
  brokers: readonly BrokerAddress[]
  ca: readonly string[]
  callers: readonly string[]
  privileged: readonly string[]
}

/** Reads the road of a `server.cfg` of Choria. @throws LockstepError `bad-config` naming file and line */
export function readChoriaServer(
  settings: Settings,
  identity: string,
  context: ProcessContext,
): ChoriaServer {
  const { tls } = readFiles(settings, identity, context)
  const list = (key: string, standard: string) =>
    (settings.text(`plugin.choria.security.${key}`) ?? standard)
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)
      .map(asPattern)
  return {
    brokers: natsBrokersOf(settings, tls),
    ca: tls.ca ?? [],
    callers: list('certname_whitelist', '\\.mcollective$'),
    privileged: list('privileged_users', '\\.privileged\\.mcollective$'),
  }
}

/** Returns a pattern between slashes. Choria takes what stands between slashes, and what has a sign of a pattern, as one. */
function asPattern(written: string): string {
  return /^\/.*\/$/.test(written) || /^[\w.-]+$/.test(written) ? written : `/${written}/`
}

function natsBrokersOf(settings: Settings, tls: NonNullable<BrokerAddress['tls']>): BrokerAddress[] {
  const key = 'plugin.choria.middleware_hosts'
  const written = settings.text(key)
  if (written === undefined || written.trim() === '')
    throw new LockstepError(
      'bad-config',
      `${settings.path}: ${key} is missing; Lockstep does not look for SRV records: write the brokers, such as nats1.example.net:4222`,
    )
  if (/\bwss?:\/\//.test(written)) throw settings.fault(key, 'names and ports, without WebSocket')
  const user = settings.text('plugin.nats.user')
  const password = settings.text('plugin.nats.pass')
  return written.split(',').map((each) => {
    const [, host, port = String(NATS_PORT)] =
      /^(?:nats:\/\/)?([\w.-]+|\[[\da-fA-F:]+\])(?::(\d{1,5}))?$/.exec(each.trim()) ?? []
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw settings.fault(key, 'names and ports, such as nats1.example.net:4222,nats2.example.net:4222')
    return {
      host: host.replace(/^\[|\]$/g, ''),
      port: Number(port),
      tls,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    }
  })
}

function readFiles(settings: Settings, name: string, context: ProcessContext) {
  refuseOthers(settings)
  const provider = settings.oneOf('plugin.security.provider', ['puppet', 'file'], 'puppet')
  const named = ['certificate', 'key', 'ca'].map((key) => `plugin.security.file.${key}`)
  if (provider === 'puppet') {
    const where = settings.where('plugin.security.provider')
    return readChoriaFiles(puppetPaths(settings, context.env['MCOLLECTIVE_CERTNAME'] ?? name, context), where)
  }
  const [certificate = '', key = '', ca = ''] = named.map((each) => settings.required(each))
  return readChoriaFiles({ certificate, key, ca }, settings.where('plugin.security.file.certificate'))
}

/** Returns where Puppet keeps the files of a certificate. */
function puppetPaths(settings: Settings, name: string, { env, uid }: ProcessContext): ChoriaPaths {
  const folder =
    settings.text('plugin.choria.ssldir') ??
    (uid === 0 ? '/etc/puppetlabs/puppet/ssl' : join(env['HOME'] ?? '/', '.puppetlabs/etc/puppet/ssl'))
  return {
    certificate: join(folder, 'certs', `${name}.pem`),
    key: join(folder, 'private_keys', `${name}.pem`),
    ca: join(folder, 'certs', 'ca.pem'),
  }
}

/** Refuses what Lockstep does not do, and what would be another security than the one that is written. */
function refuseOthers(settings: Settings): void {
  settings.oneOf('securityprovider', ['choria'], 'choria')
  if (
    settings.flag('plugin.choria.use_srv') === true &&
    settings.text('plugin.choria.middleware_hosts') === undefined
  )
    throw settings.fault('plugin.choria.use_srv', 'no, and the brokers in plugin.choria.middleware_hosts')
  if (settings.text('plugin.choria.federation.collectives') !== undefined)
    throw settings.fault(
      'plugin.choria.federation.collectives',
      'none: Lockstep does not speak by way of a federation',
    )
  for (const key of [
    'plugin.choria.security.request_signer.url',
    'plugin.choria.security.request_signer.token_file',
  ])
    if (settings.text(key) !== undefined)
      throw settings.fault(key, 'none: Lockstep signs requests by its own key')
}
