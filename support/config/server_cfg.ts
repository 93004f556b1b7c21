import { basename, dirname, join } from 'node:path'
import type { KeyObject } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import type { SiteSettings } from '../agents/providers/access/sites'
import type { CodeSettings } from '../agents/providers/puppet_code/apply_program'
import type { RepositorySettings } from '../agents/providers/git/settings'
import type { BrokerAddress } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { DEFAULTS } from './environment'
import { readAccessSites } from './access_sites'
import { readGitRepositories } from './git_repositories'
import { readPuppetCode } from './puppet_code'
import { readConfigFile, readPrivateKey, readPublicKey } from './files'
import {
  brokersOf,
  parseSettings,
  refuseUnsupported,
  refuseWeakAes,
  type Settings,
  type ProcessContext,
} from './mcollective_cfg'

/** The settings with which a host answers, resolved: files and secrets are read. */
export interface ServerEnvironment {
  path: string
  identity: string
  connector: 'activemq' | 'rabbitmq'
  brokers: readonly BrokerAddress[]
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

/**
 * Reads a `server.cfg` of mcollectived. Keys that only concern Ruby are passed over.
 * @throws LockstepError `bad-config` naming file and line
 */
export function readServerCfg(path: string, context: ProcessContext): ServerEnvironment {
  const settings = parseSettings(
    path,
    readConfigFile(path, 'MCollective server configuration', 'MCollective'),
  )
  const connector = settings.oneOf('connector', ['activemq', 'rabbitmq'], 'activemq')
  refuseUnsupported(settings, connector)
  const mainCollective = settings.text('main_collective') ?? 'mcollective'
  const collectives = (settings.text('collectives') ?? mainCollective).split(',').map((name) => name.trim())
  if (!collectives.includes(mainCollective))
    throw settings.fault('main_collective', `one of: ${collectives.join(', ')}`)
  const identity = settings.text('identity') ?? context.hostname
  const seconds = (key: string, standard: number) =>
    (settings.whole(`plugin.${connector}.${key}`, 0, 3_600) ?? standard / 1000) * 1000
  return {
    path,
    identity,
    connector,
    brokers: brokersOf(settings, connector, context),
    virtualHost:
      settings.text(`plugin.${connector}.vhost`) ?? (connector === 'activemq' ? 'mcollective' : '/'),
    mainCollective,
    collectives,
    security: security(settings, context),
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
