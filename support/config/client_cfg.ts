import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isChoria, readChoriaClient, withPluginFolder } from './choria_cfg'
import {
  DEFAULTS,
  NO_VARIABLES,
  type Environment,
  type SecuritySettings,
  type SingleRoad,
  type StompRoad,
} from './environment'
import { calleridOf, isReadableByAll, readConfigFile, readPrivateKey, readPublicKey } from './files'
import {
  parseSettings,
  refuseWeakAes,
  stompBrokersOf,
  type Settings,
  type ProcessContext,
} from './mcollective_cfg'

/** Returns the first configuration that `mco` would read, in its order; MCOLLECTIVE_CONFIG comes before all places. */
export function findClientCfg({ env }: ProcessContext): string | undefined {
  const named = env['MCOLLECTIVE_CONFIG']
  if (named !== undefined && named !== '') return named
  const home = env['HOME']
  const places = [
    ...(home === undefined ? [] : [join(home, '.mcollective')]),
    '/etc/puppetlabs/mcollective/client.cfg',
    '/etc/mcollective/client.cfg',
  ]
  return places.find((path) => existsSync(path))
}

/**
 * Reads an environment from a `client.cfg` of mco. Keys that only concern mco itself are passed over.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readClientCfg(path: string, context: ProcessContext): Environment & { road: SingleRoad } {
  const settings = withPluginFolder(
    parseSettings(path, readConfigFile(path, 'MCollective client configuration', 'MCollective')),
  )
  const identity = settings.text('identity') ?? context.hostname
  const { road, warnings } = isChoria(settings)
    ? readChoriaClient(settings, identity, context)
    : { road: stompRoad(settings, identity, context), warnings: [] }
  const { connector } = road
  return {
    name: path,
    road,
    collective:
      settings.text('main_collective') ??
      settings.text('collectives')?.split(',')[0]?.trim() ??
      'mcollective',
    identity,
    ttl: settings.whole('ttl', 1, 86_400) ?? DEFAULTS.ttl,
    discoveryWindow: DEFAULTS.discoveryWindow,
    connectWithin:
      (settings.whole(`plugin.${connector}.connect_timeout`, 1, 600) ?? DEFAULTS.connectWithin / 1000) * 1000,
    heartBeat:
      (settings.whole(`plugin.${connector}.heartbeat_interval`, 0, 3600) ?? DEFAULTS.heartBeat / 1000) * 1000,
    lookEvery: DEFAULTS.lookEvery,
    timeouts: {},
    haproxy: [],
    balancers: [],
    prometheus: undefined,
    notifications: [],
    inventory: [],
    environments: undefined,
    safeMode: false,
    hostLeases: settings.flag('plugin.lockstep.host_leases') ?? false,
    ...NO_VARIABLES,
    warnings:
      settings.text('plugin.psk') !== undefined && isReadableByAll(path)
        ? [`${path} holds a secret and everybody can read it`, ...warnings]
        : warnings,
  }
}

function stompRoad(settings: Settings, identity: string, context: ProcessContext): StompRoad {
  return {
    ...stompBrokersOf(settings, context),
    security: security(settings, identity, context),
    directAddressing: settings.flag('direct_addressing') ?? true,
    ...(settings.flag('plugin.rabbitmq.use_reply_exchange') === true ? { replyExchange: true } : {}),
  }
}

function security(settings: Settings, identity: string, context: ProcessContext): SecuritySettings {
  const provider = settings.oneOf('securityprovider', ['psk', 'ssl', 'aes_security'], 'psk')
  if (provider === 'psk') {
    const secret = context.env['MCOLLECTIVE_PSK'] ?? settings.required('plugin.psk')
    return { provider, secret, callerid: pskCaller(settings, identity, context) }
  }
  if (provider === 'aes_security') return aes(settings, context)
  const publicPath = context.env['MCOLLECTIVE_SSL_PUBLIC'] ?? settings.required('plugin.ssl_client_public')
  const privatePath = context.env['MCOLLECTIVE_SSL_PRIVATE'] ?? settings.required('plugin.ssl_client_private')
  const serverPath = settings.required('plugin.ssl_server_public')
  return {
    provider,
    serializer: settings.oneOf('plugin.ssl_serializer', ['marshal', 'yaml'], 'marshal'),
    callerid: `cert=${basename(publicPath).replace(/\.pem$/, '')}`,
    privateKey: readPrivateKey(privatePath, settings.where('plugin.ssl_client_private')),
    serverPublicKey: readPublicKey(serverPath, settings.where('plugin.ssl_server_public')),
  }
}

function aes(settings: Settings, { env }: ProcessContext): SecuritySettings {
  refuseWeakAes(settings)
  const publicPath = env['MCOLLECTIVE_AES_PUBLIC'] ?? settings.required('plugin.aes.client_public')
  const privatePath = env['MCOLLECTIVE_AES_PRIVATE'] ?? settings.required('plugin.aes.client_private')
  return {
    provider: 'aes_security',
    callerid: calleridOf(publicPath, settings.where('plugin.aes.client_public')),
    privateKey: readPrivateKey(privatePath, settings.where('plugin.aes.client_private')),
  }
}

function pskCaller(settings: Settings, identity: string, context: ProcessContext): string {
  const type = settings.oneOf('plugin.psk.callertype', ['uid', 'gid', 'user', 'group', 'identity'], 'uid')
  if (type === 'identity') return `identity=${identity}`
  if (type === 'user') return `user=${context.env['USER'] ?? context.env['LOGNAME'] ?? context.uid}`
  if (type === 'uid') return `uid=${context.uid}`
  throw settings.fault('plugin.psk.callertype', 'uid, user or identity')
}
