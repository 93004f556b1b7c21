import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Scratch } from '../scratch'
import type { RealBroker } from './brokers'
import { LOCKSTEP } from './program'
import { PASSWORD, PSK, USER } from './settings'
import { start, untilReady, type Running } from './processes'

const RUBY = join(__dirname, 'ruby')
const NODE_AGENTS = join(__dirname, 'node_agents')
/** Ruby's daemon would wait for up to half a minute before it looks for its broker again. */
const RECONNECT_WITHIN_S = 1

export interface HostState {
  packages: Record<string, string>
  repository: Record<string, string[]>
  blocked: string[]
  services: Record<string, string>
  checks: Record<string, number>
  /** Packages that apt refuses to change. */
  onHold?: string[]
  /** True when nothing can be fetched. */
  repositoryAway?: boolean
  /** The URL that is requested after a package was changed, as its own script restarts its service. */
  restart?: string
  /** True when every change of a package is answered well, and nothing is changed. */
  lies?: boolean
  /** Seconds that an update of a package takes. */
  slow?: number
}

export interface RealHost {
  identity: string
  state(): HostState
  /** Returns the state, byte for byte. */
  stateBytes(): string
  /** Changes the host behind its daemon's back. */
  change(work: (state: HostState) => void): void
  /** Returns the orders that its agents have carried out, one after the other. */
  orders(): string[]
  forgetOrders(): void
  running: Running
}

type RubyHost = Pick<OwnHost, 'classes' | 'country' | 'first'>

interface OwnHost {
  classes?: string
  country?: string
  /** The index of the broker that comes first in its pool. */
  first?: number
  /** Lines that are added to the host's server.cfg. */
  cfg?: string
  policies?: Readonly<Record<string, string>>
  /** Variables that its daemon has beside those of this process. */
  env?: Readonly<Record<string, string>>
}

export type Security = 'psk' | 'ssl' | 'aes_security'

/** Makes the keys of the providers that have some: one pair that servers share, one for each client. */
function sslKeys(scratch: Scratch): string {
  const folder = join(scratch.path, 'ssl')
  mkdirSync(join(folder, 'clients'), { recursive: true })
  for (const who of ['server', 'operator']) {
    execFileSync('openssl', ['genrsa', '-out', join(folder, `${who}-private.pem`), '2048'], { stdio: 'pipe' })
    const out =
      who === 'operator' ? join(folder, 'clients', 'operator.pem') : join(folder, 'server-public.pem')
    execFileSync('openssl', ['rsa', '-in', join(folder, `${who}-private.pem`), '-pubout', '-out', out], {
      stdio: 'pipe',
    })
  }
  // Servers that register ask as clients do.
  copyFileSync(join(folder, 'server-public.pem'), join(folder, 'clients', 'server-public.pem'))
  return folder
}

export class RealFleet {
  readonly hosts: RealHost[] = []
  private readonly ours: Running[] = []
  readonly clientCfg: string
  private readonly ssl: string | undefined
  private readonly brokers: readonly [RealBroker, ...RealBroker[]]
  private readonly broker: RealBroker

  /** Hosts have all `brokers` in their pools. */
  constructor(
    private readonly scratch: Scratch,
    brokers: RealBroker | readonly [RealBroker, ...RealBroker[]],
    private readonly security: Security,
  ) {
    this.brokers = 'kind' in brokers ? [brokers] : brokers
    this.broker = this.brokers[0]
    this.ssl = security === 'psk' ? undefined : sslKeys(scratch)
    this.clientCfg = scratch.write(
      `client-${this.broker.kind}-${security}.cfg`,
      this.settings('client', 'control.example.net'),
    )
  }

  /** Adds a real `mcollectived` with the class roles::dev_server, the country de, and mywebapp at 4.2.6-2.el5. */
  async add(identity: string, more: RubyHost = {}): Promise<RealHost> {
    const host = this.launch(identity, more)
    await untilReady(
      `mcollectived of ${identity}`,
      host.running,
      async () =>
        this.mco(['rpc', 'rpcutil', 'ping', '-I', identity, '--no-progress'], 2).includes('Timestamp'),
      120_000,
    )
    return host
  }

  /** Starts a real `mcollectived` without waiting for it. */
  launch(identity: string, more: RubyHost = {}): RealHost {
    const folder = `${this.broker.kind}-${this.security}-${identity}`
    const classes = this.scratch.write(`${folder}/classes.txt`, `${more.classes ?? 'roles::dev_server'}\n`)
    const facts = this.scratch.write(
      `${folder}/facts.yaml`,
      `---\ncountry: ${more.country ?? 'de'}\ncores: "4"\n`,
    )
    const state = this.scratch.write(`${folder}/state.json`, JSON.stringify(NEW_HOST))
    const log = `${this.scratch.path}/${folder}/mcollectived.log`
    const reconnects = `plugin.${this.broker.kind}.max_reconnect_delay = ${RECONNECT_WITHIN_S}\n`
    const config = this.serverCfg(folder, identity, facts, classes, more.first, reconnects)
    const running = start(
      'ruby',
      ['-r', join(RUBY, 'ruby31.rb'), '-I', RUBY, '/usr/sbin/mcollectived', '--config', config],
      log,
      {
        LOCKSTEP_HOST_STATE: state,
      },
    )
    const host = { identity, running, ...stateAt(state) }
    this.hosts.push(host)
    return host
  }

  /**
   * Adds Lockstep's own daemon with agents for packages and the packet filter of a test host, whose state is that of a
   * new one.
   */
  async addOursWithState(identity: string, first: number): Promise<RealHost> {
    const folder = `${this.broker.kind}-${this.security}-${identity}`
    const state = this.scratch.write(`${folder}/state.json`, JSON.stringify(NEW_HOST))
    const agents = ['package', 'iptables'].map((agent) => `plugin.${agent}.activate_agent = yes\n`)
    const cfg = `plugin.lockstep.agents_dir = ${NODE_AGENTS}\n${agents.join('')}`
    const { running } = await this.addOurs(identity, { first, cfg, env: { LOCKSTEP_HOST_STATE: state } })
    const host = { identity, running, ...stateAt(state) }
    this.hosts.push(host)
    return host
  }

  /** Adds Lockstep's own daemon with the same configuration as `mcollectived`; `more` is added to its server.cfg. */
  async addOurs(identity: string, more: OwnHost = {}): Promise<{ running: Running; folder: string }> {
    const running = this.launchOurs(identity, LOCKSTEP, more)
    await untilReady(
      `the daemon of ${identity}`,
      running,
      async () => readFileSync(running.log, 'utf8').includes('listening'),
      120_000,
    )
    return { running, folder: dirname(running.log) }
  }

  /** Starts a host's daemon by a program of Lockstep without waiting for it. */
  launchOurs(identity: string, program: string, more: OwnHost = {}): Running {
    const folder = `${this.broker.kind}-${this.security}-${identity}`
    const classes = this.scratch.write(`${folder}/classes.txt`, `${more.classes ?? 'roles::dev_server'}\n`)
    const facts = this.scratch.write(
      `${folder}/facts.yaml`,
      `---\ncountry: ${more.country ?? 'de'}\ncores: "4"\n`,
    )
    for (const [name, text] of Object.entries(more.policies ?? {}))
      this.scratch.write(`${folder}/policies/${name}.policy`, text)
    // This machine's own packages, services and packet filter are not for tests.
    const off = ['package', 'service', 'iptables', 'puppet', 'puppetserver'].map(
      (agent) => `plugin.${agent}.activate_agent = no\n`,
    )
    const state = `plugin.lockstep.state_dir = ${join(this.scratch.path, folder, 'state')}\n`
    const own = `${state}${off.join('')}${more.cfg ?? ''}`
    const config = this.serverCfg(folder, identity, facts, classes, more.first, own)
    const log = join(this.scratch.path, folder, 'daemon.log')
    const running = start(process.execPath, [program, 'agent', '--config', config], log, more.env)
    this.ours.push(running)
    return running
  }

  /** Runs Ruby's own client. */
  mco(args: readonly string[], timeout = 10): string {
    const { all, env } = this.mcoCall(args, timeout)
    return spawnSync('ruby', all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env }).stdout ?? ''
  }

  /** Runs Ruby's own client beside others: it waits for as long as hosts may answer, whoever they are. */
  async mcoBeside(args: readonly string[], timeout = 10): Promise<string> {
    const { all, env } = this.mcoCall(args, timeout)
    return (await execa('ruby', all, { reject: false, stdin: 'ignore', env, stripFinalNewline: false }))
      .stdout
  }

  private mcoCall(args: readonly string[], timeout: number) {
    const own = ['-r', join(RUBY, 'ruby31.rb'), '-I', RUBY]
    return {
      all: [...own, '/usr/bin/mco', ...args, '-c', this.clientCfg, '--timeout', String(timeout)],
      env: { ...process.env, LOCKSTEP_HOST_STATE: '/dev/null' },
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.ours.map((running) => running.stop()))
    await Promise.all(this.hosts.map(({ running }) => running.stop('SIGKILL')))
  }

  private serverCfg(
    folder: string,
    identity: string,
    facts: string,
    classes: string,
    first = 0,
    more = '',
  ): string {
    return this.scratch.write(
      `${folder}/server.cfg`,
      `${this.settings('server', identity, first)}daemonize = 0\nlogger_type = console\nloglevel = info\nfactsource = yaml\nplugin.yaml = ${facts}\nclassesfile = ${classes}\n${more}`,
    )
  }

  private settings(side: 'client' | 'server', identity: string, first = 0): string {
    const { kind, virtualHost } = this.broker
    const pool = `plugin.${kind}.pool`
    const brokers = [...this.brokers.slice(first), ...this.brokers.slice(0, first)]
    const places = brokers.map(
      ({ port }, index) => `${pool}.${index + 1}.host = 127.0.0.1
${pool}.${index + 1}.port = ${port}
${pool}.${index + 1}.user = ${USER}
${pool}.${index + 1}.password = ${PASSWORD}
`,
    )
    return `main_collective = mcollective
collectives = mcollective
libdir = ${RUBY}
identity = ${identity}
direct_addressing = 1
loglevel = warn
logger_type = console
connector = ${kind}
plugin.${kind}.vhost = ${virtualHost}
${pool}.size = ${brokers.length}
${places.join('')}securityprovider = ${this.security}
${this.ssl === undefined ? `plugin.psk = ${PSK}\n` : keySettings(this.security, this.ssl, side)}`
  }
}

/** The state in which a host begins. */
export const NEW_HOST: HostState = {
  packages: { mywebapp: '4.2.6-2.el5' },
  repository: { mywebapp: ['4.2.6-2.el5', '4.2.6-3.el5'] },
  blocked: [],
  services: { mywebapp: 'running' },
  checks: { check_http: 0, check_load: 1 },
}

/** Returns what reads and changes the state of a host in a file. */
export function stateAt(path: string): Omit<RealHost, 'identity' | 'running'> {
  const read = () => JSON.parse(readFileSync(path, 'utf8')) as HostState
  return {
    state: read,
    stateBytes: () => readFileSync(path, 'utf8'),
    orders() {
      const file = `${path}.orders`
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
    },
    forgetOrders: () => rmSync(`${path}.orders`, { force: true }),
    change(work) {
      const changed = read()
      work(changed)
      writeFileSync(`${path}.new`, JSON.stringify(changed))
      renameSync(`${path}.new`, path)
    },
  }
}

function keySettings(security: Security, folder: string, side: 'client' | 'server'): string {
  const client = `client_private = ${folder}/operator-private.pem
client_public = ${folder}/clients/operator.pem
`
  const server = `server_private = ${folder}/server-private.pem
client_cert_dir = ${folder}/clients
`
  const settings = `server_public = ${folder}/server-public.pem\n${side === 'client' ? client : server}`
  return settings
    .replace(/^/gm, security === 'ssl' ? 'plugin.ssl_' : 'plugin.aes.')
    .replace(/plugin\.\S*$/, '')
}
