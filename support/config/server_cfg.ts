import { basename, dirname, join } from 'node:path'
import type { KeyObject } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import type { SiteSettings } from '../agents/providers/access/sites'
import type { CodeSettings } from '../agents/providers/puppet_code/apply_program'
import type { RepositorySettings } from '../agents/providers/git/settings'
import type { BrokerAddress } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { isChoria, readChoriaServer, withPluginFolder } from './choria_cfg'
import { DEFAULTS } from './environment'
import { readAccessSites } from './access_sites'
import { readGitRepositories } from './git_repositories'
import { readPuppetCode } from './puppet_code'
import { readConfigFile, readPrivateKey, readPublicKey } from './files'
import {
  parseSettings,
  refuseWeakAes,
  stompBrokersOf,
  type Settings,
  type ProcessContext,
} from './mcollective_cfg'

/** The settings with which a host answers, resolved: files and secrets are read. */
export interface ServerEnvironment {
  path: string
  identity: string
  connector: 'activemq' | 'rabbitmq' | 'nats'
  brokers: readonly BrokerAddress[]
  /** Empty for NATS, which has none. */
  virtualHost: string
  mainCollective: string
  collectives: readonly string[]
  security: ServerSecuritySettings
  /** Milliseconds, as is the heart beat. */
  connectWithin: number
  heartBeat: number
  /** YAML files of facts; later ones come first. */
  factFiles: readonly string[]
  classesFile: string
  /** The file for audit lines; undefined where there is no audit. */
  auditFile: string | undefined
  /** The folder of policies; undefined where every caller may do everything. */
  policies: { folder: string; allowUnconfigured: boolean; defaultPolicy: string | undefined } | undefined
  /** The folder and the file with the commands of checks. */
  nrpe: { folder: string; file: string | undefined }
  /** The registration that the host sends by itself, `every` in seconds; undefined for none. */
  registration: { every: number; splay: boolean; collective: string; tellsChecks: boolean } | undefined
  /** The folder of what the daemon keeps over restarts. */
  stateFolder: string
  agents: AgentSettings
}

/** The settings of agents. What the host has installed decides an undefined one. */
export interface AgentSettings {
  packages: 'apt' | 'dnf' | 'yum' | undefined
  /** Seconds to wait for a package database that another process locks. */
  packageLockWithin: number
  services: 'systemd' | 'sysv' | undefined
  firewall: 'iptables' | 'nftables' | undefined
  chain: string
  target: string
  puppet: { program: string; splay: number; code: readonly CodeSettings[] }
  /** The repositories that the host may fetch and deploy. */
  repositories: readonly RepositorySettings[]
  /** The sites whose users the host may let in and shut out. */
  sites: readonly SiteSettings[]
  /** The folder of external agents. */
  folder: string | undefined
  isActive(agent: string): boolean
}

export type ServerSecuritySettings =
  | { provider: 'psk'; secret: string }
  | {
      provider: 'ssl'
      serializer: 'marshal' | 'yaml'
      privateKey: KeyObject
      /** The callerid of the host's own requests. */
      callerid: string
      clientPublicKey(name: string): KeyObject | undefined
    }
  | {
      provider: 'aes_security'
      privateKey: KeyObject
      callerid: string
      clientPublicKey(name: string): KeyObject | undefined
    }
  | {
      provider: 'choria'
      /** The authorities of callers, PEM texts. */
      ca: readonly string[]
      /** The names of certificates that may ask, each a text or a `/pattern/`. */
      callers: readonly string[]
      /** The names of certificates that may ask in the name of others. */
      privileged: readonly string[]
    }

/**
 * Reads a `server.cfg` of mcollectived. Keys that only concern Ruby are passed over.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readServerCfg(path: string, context: ProcessContext): ServerEnvironment {
  const settings = withPluginFolder(
    parseSettings(path, readConfigFile(path, 'MCollective server configuration', 'MCollective')),
  )
  const mainCollective = settings.text('main_collective') ?? 'mcollective'
  const collectives = (settings.text('collectives') ?? mainCollective).split(',').map((name) => name.trim())
  if (!collectives.includes(mainCollective))
    throw settings.fault('main_collective', `one of: ${collectives.join(', ')}`)
  const identity = settings.text('identity') ?? context.hostname
  const { connector, ...road } = isChoria(settings)
    ? choriaRoad(settings, identity, collectives, context)
    : stompRoad(settings, context)
  const seconds = (key: string, standard: number) =>
    (settings.whole(`plugin.${connector}.${key}`, 0, 3_600) ?? standard / 1000) * 1000
  return {
    path,
    identity,
    connector,
    ...road,
    mainCollective,
    collectives,
    connectWithin: seconds('connect_timeout', DEFAULTS.connectWithin),
    heartBeat: seconds('heartbeat_interval', DEFAULTS.heartBeat),
    factFiles: factFiles(settings),
    classesFile: settings.text('classesfile') ?? '/opt/puppetlabs/puppet/cache/state/classes.txt',
    auditFile: auditFile(settings),
    policies: policies(settings),
    nrpe: {
      folder: settings.text('plugin.nrpe.conf_dir') ?? '/etc/nagios/nrpe.d',
      file: settings.text('plugin.nrpe.conf_file'),
    },
    registration: registration(settings, mainCollective, collectives),
    stateFolder: settings.text('plugin.lockstep.state_dir') ?? join('/var/lib/lockstep', basename(identity)),
    agents: agents(settings),
  }
}

type HostRoadSettings = Pick<ServerEnvironment, 'connector' | 'brokers' | 'virtualHost' | 'security'>

function stompRoad(settings: Settings, context: ProcessContext): HostRoadSettings {
  return {
    ...stompBrokersOf(settings, context),
    security: security(settings, context),
  }
}

function choriaRoad(
  settings: Settings,
  identity: string,
  collectives: readonly string[],
  context: ProcessContext,
): HostRoadSettings {
  if ((settings.whole('registerinterval', 0, 86_400) ?? 0) > 0)
    throw settings.fault('registerinterval', '0: a host registers itself over ActiveMQ or RabbitMQ alone')
  const names: [key: string, name: string][] = [
    ['identity', identity],
    ...collectives.map((each): [string, string] => ['collectives', each]),
  ]
  for (const [key, name] of names)
    if (!/^[\w-]+(\.[\w-]+)*$/.test(name))
      throw new LockstepError(
        'bad-config',
        `${settings.where(key)}: ${JSON.stringify(name)} is no name for NATS; expected letters, digits, - and _ with single dots between them`,
      )
  const { brokers, ...trust } = readChoriaServer(settings, identity, context)
  return { connector: 'nats', brokers, virtualHost: '', security: { provider: 'choria', ...trust } }
}

const AGENTS_FOLDER = '/etc/lockstep/agents'

function agents(settings: Settings): AgentSettings {
  const provider = <T extends string>(of: string, known: readonly T[]) =>
    settings.oneOf(`plugin.lockstep.${of}_provider`, known, undefined)
  const folder = settings.text('plugin.lockstep.agents_dir')
  if (folder !== undefined && statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw settings.fault('plugin.lockstep.agents_dir', 'a folder that is there')
  const switched = settings.matching(/^plugin\.(\w+)\.activate_agent$/)
  const inactive = new Set(
    switched.filter((agent) => settings.flag(`plugin.${agent}.activate_agent`) === false),
  )
  const spread = settings.flag('plugin.puppet.splay') ?? true
  return {
    packages: provider('package', ['apt', 'dnf', 'yum']),
    packageLockWithin: settings.whole('plugin.lockstep.package_lock_seconds', 0, 150) ?? 60,
    services: provider('service', ['systemd', 'sysv']),
    firewall: provider('firewall', ['iptables', 'nftables']),
    chain: chain(settings),
    target: settings.oneOf('plugin.iptables.target', ['drop', 'reject'], 'drop').toUpperCase(),
    puppet: {
      // Ruby's agent has the word `agent` in its command.
      program: (settings.text('plugin.puppet.command') ?? 'puppet').replace(/ +agent$/, ''),
      splay: spread ? (settings.whole('plugin.puppet.splaylimit', 0, 86_400) ?? 30) : 0,
      code: readPuppetCode(settings),
    },
    repositories: readGitRepositories(settings),
    sites: readAccessSites(settings),
    folder: folder ?? (existsSync(AGENTS_FOLDER) ? AGENTS_FOLDER : undefined),
    isActive: (agent) => !inactive.has(agent),
  }
}

function chain(settings: Settings): string {
  const written = settings.text('plugin.iptables.chain') ?? 'junk_filter'
  if (/^[\w.-]{1,28}$/.test(written)) return written
  throw settings.fault('plugin.iptables.chain', 'a name of up to 28 letters, digits, . - and _')
}

function registration(
  settings: Settings,
  main: string,
  collectives: readonly string[],
): ServerEnvironment['registration'] {
  const every = settings.whole('registerinterval', 0, 86_400) ?? 0
  if (every === 0) return undefined
  const kind = settings.oneOf('registration', ['agentlist', 'lockstep'], 'agentlist')
  const collective = settings.text('registration_collective') ?? main
  if (!collectives.includes(collective))
    throw settings.fault('registration_collective', `one of: ${collectives.join(', ')}`)
  const splay = settings.flag('registration_splay') ?? false
  return { every, splay, collective, tellsChecks: kind === 'lockstep' }
}

function factFiles(settings: Settings): string[] {
  const source = settings.text('factsource') ?? 'yaml'
  if (source !== 'yaml') throw settings.fault('factsource', 'yaml: facts come from files')
  return (settings.text('plugin.yaml') ?? '').split(':').filter(Boolean)
}

function auditFile(settings: Settings): string | undefined {
  if (settings.flag('rpcaudit') !== true) return undefined
  const provider = settings.text('rpcauditprovider') ?? 'logfile'
  if (provider.toLowerCase() !== 'logfile') throw settings.fault('rpcauditprovider', 'logfile')
  return settings.text('plugin.rpcaudit.logfile') ?? '/var/log/puppetlabs/mcollective/mcollective-audit.log'
}

function policies(settings: Settings): ServerEnvironment['policies'] {
  if (settings.flag('rpcauthorization') !== true) return undefined
  const provider = settings.text('rpcauthprovider') ?? ''
  if (provider.toLowerCase() !== 'action_policy') throw settings.fault('rpcauthprovider', 'action_policy')
  const useDefault = settings.flag('plugin.actionpolicy.enable_default') === true
  return {
    folder: join(dirname(settings.path), 'policies'),
    allowUnconfigured: settings.flag('plugin.actionpolicy.allow_unconfigured') === true,
    defaultPolicy: useDefault ? (settings.text('plugin.actionpolicy.default_name') ?? 'default') : undefined,
  }
}

function security(settings: Settings, { env }: ProcessContext): ServerSecuritySettings {
  const provider = settings.oneOf('securityprovider', ['psk', 'ssl', 'aes_security'], 'psk')
  if (provider === 'psk') {
    const secret = env['MCOLLECTIVE_PSK'] ?? settings.required('plugin.psk')
    return { provider, secret }
  }
  if (provider === 'aes_security') {
    refuseWeakAes(settings)
    return {
      provider,
      privateKey: readPrivateKey(
        settings.required('plugin.aes.server_private'),
        settings.where('plugin.aes.server_private'),
      ),
      callerid: serverCaller('plugin.aes.server_public', settings),
      clientPublicKey: readKnownClients('plugin.aes.client_cert_dir', settings),
    }
  }
  return {
    provider,
    serializer: settings.oneOf('plugin.ssl_serializer', ['marshal', 'yaml'], 'marshal'),
    privateKey: readPrivateKey(
      settings.required('plugin.ssl_server_private'),
      settings.where('plugin.ssl_server_private'),
    ),
    callerid: serverCaller('plugin.ssl_server_public', settings),
    clientPublicKey: readKnownClients('plugin.ssl_client_cert_dir', settings),
  }
}

function serverCaller(key: string, settings: Settings): string {
  return `cert=${basename(settings.text(key) ?? 'server').replace(/\.pem$/, '')}`
}

/**
 * Returns a lookup of clients' keys in the files of a folder. A name is compared with the files and never becomes part
 * of a path.
 */
function readKnownClients(key: string, settings: Settings): (name: string) => KeyObject | undefined {
  const folder = settings.required(key)
  if (!existsSync(folder)) throw settings.fault(key, 'a folder that is there')
  return (name) => {
    const file = readdirSync(folder).find((each) => each === `${name}.pem`)
    return file === undefined ? undefined : readPublicKey(join(folder, file), folder)
  }
}

/** Reads the classes that a configuration manager has left for this host, one a line; none without the file. */
export function readClasses(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter(Boolean)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new LockstepError('bad-config', `the classes ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
