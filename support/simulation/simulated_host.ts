import { accessAgent } from '../agents/access'
import { dataSources } from '../agents/data_sources'
import { gitAgent } from '../agents/git'
import { iptablesAgent } from '../agents/iptables'
import { noFile } from '../agents/providers/file_look'
import { lockAgent } from '../agents/lock'
import { nrpeAgent, type CheckResult } from '../agents/nrpe'
import { packageAgent } from '../agents/package'
import { tellingResources } from '../agents/managed_resources'
import { puppetAgent } from '../agents/puppet'
import { puppetserverAgent } from '../agents/puppetserver'
import { rpcutilAgent } from '../agents/rpcutil'
import { serviceAgent } from '../agents/service'
import { encodeMarshal } from '../protocol/marshal/encode'
import { pskServer } from '../protocol/security/psk'
import { symbolHash } from '../protocol/marshal/values'
import type { OpenedRequest, ServerSecurity } from '../protocol/security/security'
import type { Agent } from '../rpc/server/agent'
import { RpcHost } from '../rpc/server/host'
import type { Clock } from '../system/clock'
import type { Fault } from './faults'
import { pretendAccess, type SiteUsers } from './pretend_access'
import { pretendGit, type GitTags } from './pretend_git'
import { pretendPuppet, type PuppetCode } from './pretend_puppet'
import { pretendResources } from './pretend_resources'
import { pretendPuppetserver } from './pretend_puppetserver'
import { answeringBefore } from './ruby_package'
import {
  pretendChecks,
  pretendFirewall,
  pretendLease,
  pretendPackages,
  pretendServices,
  type Repository,
} from './providers'

export interface HostDescription {
  identity: string
  classes: readonly string[]
  facts: Readonly<Record<string, string>>
  packages: Readonly<Record<string, string>>
  services: Readonly<Record<string, 'running' | 'stopped'>>
  checks: Readonly<Record<string, readonly CheckResult[]>>
  /** The tag that is served from each repository; a host without any has no git agent. */
  serves?: Readonly<Record<string, string>> | undefined
  /** The users that its sites let in; a host without any has no access agent. */
  sites?: SiteUsers | undefined
  /** The code of its puppet master, as far as it concerns the host. */
  puppet?: PuppetCode | undefined
  /** The repository whose releases its puppetserver compiles; a host without one is no puppet master. */
  compiles?: string | undefined
  /** Agents that the host does not run. */
  without: readonly string[]
  fault: Fault | undefined
  /** `ruby` for a package agent that answers a change with the state before it. */
  agents?: 'ruby' | undefined
  /** Agents of a team that the host runs beside Lockstep's own. */
  ofTeam?: readonly Agent[]
}

export interface SimulatedHostOptions {
  repository: Repository
  git?: GitTags | undefined
  collective: string
  security: ServerSecurity
  clock: Clock
  /** Called with the reason when a request is refused and not answered. */
  onRefused?: (reason: string) => void
}

const VERSION = 'simulated'
const STRANGER = 'stranger.example.net'
/** Milliseconds by which a late stranger answers after the host that knows it. */
const LATER_MS = 200

/** A message from a simulated host: bytes, and the transport's claim of its sender. */
export interface OutgoingReply {
  sender: string
  body: Buffer
}

/** A host whose agents are the real ones and whose machine is pretended, with its fault, if it has one. */
export class SimulatedHost {
  readonly agents: ReadonlyMap<string, Agent>
  /** The number of times that each `agent action` was carried out: the truth that a report is compared with. */
  readonly performed = new Map<string, number>()
  /** The state of the machine at first. */
  readonly initially: readonly string[]
  private readonly host: RpcHost
  private calls = 0
  private sick = false
  private isMended = false
  private isGone = false
  private hasFallenIll = false
  /** The state of the machine: before any change, and now. */
  private readonly machine: {
    packages(): readonly string[]
    services(): readonly string[]
    releases(): readonly string[]
    access(): readonly string[]
    blocked(): readonly string[]
    puppet(): readonly string[]
  }
  private last: OpenedRequest | undefined

  constructor(
    readonly description: HostDescription,
    private readonly options: SimulatedHostOptions,
  ) {
    const { identity, classes, facts } = description
    const { clock, collective } = options
    const lies = () => this.has('lies')
    const contracts = () => [...this.agents.values()].map(({ contract }) => contract)
    const packages = pretendPackages(options.repository, { ...description.packages }, lies)
    const services = pretendServices(description.services, lies)
    const firewall = pretendFirewall(lies)
    const git = pretendGit(options.git ?? {}, description.serves ?? {}, {
      lies,
      failsAfter: () => this.has('post script fails'),
      lacks: () => this.has('lacks the tag'),
      moved: () => this.has('moved tag'),
    })
    const access = pretendAccess(description.sites ?? {}, lies)
    const puppet = pretendPuppet(description.puppet, () => clock.now(), {
      fault: () => (this.sick ? description.fault?.name : undefined),
      isMended: () => this.isMended,
    })
    const { compiles } = description
    this.machine = {
      puppet: () => puppet.really(),
      access: () => access.really(),
      packages: () => packages.really(),
      services: () => services.really(),
      releases: () => git.really(),
      blocked: () => firewall.really(),
    }
    this.initially = this.truth.state
    const own = [
      rpcutilAgent({
        identity,
        facts: () => facts,
        classes: () => classes,
        agents: contracts,
        mainCollective: collective,
        collectives: [collective],
        version: VERSION,
        config: { identity },
        data: dataSources({
          facts: () => facts,
          agents: contracts,
          version: VERSION,
          fstat: async (path) => noFile(path),
        }),
        stats: () => ({}),
        now: () => clock.now(),
      }),
      description.agents === 'ruby'
        ? answeringBefore(packageAgent(packages, packages))
        : packageAgent(packages, packages),
      serviceAgent(services),
      iptablesAgent(firewall),
      nrpeAgent(pretendChecks(description.checks)),
      tellingResources(
        puppetAgent(puppet, () => clock.now(), puppet.packed),
        pretendResources(puppet, () => this.has('puppet leaves a resource')),
      ),
      ...(compiles === undefined
        ? []
        : [puppetserverAgent(pretendPuppetserver(identity, () => git.whole(compiles)))]),
      ...(git.names.length === 0 ? [] : [gitAgent(git)]),
      ...(access.names.length === 0 ? [] : [accessAgent(access)]),
      lockAgent(pretendLease(), () => clock.now()),
      ...(description.ofTeam ?? []),
    ].filter(({ contract }) => !description.without.includes(contract.agent))
    this.agents = new Map(own.map((agent) => [agent.contract.agent, this.counted(agent)]))
    this.host = new RpcHost({
      subject: { identity, classes, facts, agents: ['discovery', ...this.agents.keys()] },
      collectives: [collective],
      security: this.security(),
      agents: this.agents,
      clock,
      onRefused: options.onRefused ?? (() => {}),
    })
  }

  /** Ends every fault of the host. */
  mend(): void {
    this.isMended = true
  }

  /** Switches the host off: it sends nothing from now on. */
  vanish(): void {
    this.isGone = true
  }

  /** Tells the host that a line begins, for which its fault may be waiting. */
  beginStep(text: string): void {
    const { fault } = this.description
    if (fault?.during !== undefined && text.includes(fault.during)) this.hasFallenIll = true
  }

  /**
   * True once the fault of the host has begun: at its line, or with a request to which it answers as the fault says.
   */
  get hasShownFault(): boolean {
    return this.hasFallenIll
  }

  /** Returns the real state, even where the host reports another. */
  get truth(): { state: readonly string[]; blocked: readonly string[] } {
    return {
      state: [
        ...this.machine.packages(),
        ...this.machine.services(),
        ...this.machine.releases(),
        ...this.machine.access(),
        ...this.machine.puppet(),
      ],
      blocked: this.machine.blocked(),
    }
  }

  /** Answers a request through `send`, or not at all, as its fault says. */
  async receive(bytes: Buffer, send: (reply: OutgoingReply) => void): Promise<void> {
    if (this.isGone) return
    this.last = undefined
    const body = await this.host.handle(bytes)
    if (body === undefined) return
    const sender = this.description.identity
    const reply = { sender, body }
    switch (this.sick ? this.description.fault?.name : undefined) {
      case 'silent':
      case 'dies at step 2':
        return
      case 'slow':
        return void this.options.clock.after(1_000, () => send(reply))
      case 'very slow':
        return void this.options.clock.after(5_000, () => send(reply))
      case 'duplicate':
        send(reply)
        return send(reply)
      case 'contradicts':
        send(reply)
        return send({ sender, body: this.forge({ answer: 'another' }) })
      case 'wrong secret':
        return send({ sender, body: this.forge({ secret: 'not the secret' }) })
      case 'garbage':
        return send({ sender, body: Buffer.from('\x04\x08not what you think') })
      case 'truncated':
        return send({ sender, body: body.subarray(0, body.length / 2) })
      case 'too deep':
        return send({
          sender,
          body: Buffer.concat([
            Buffer.from('0408', 'hex'),
            Buffer.from('5b06'.repeat(5000), 'hex'),
            Buffer.from('0'),
          ]),
        })
      case 'wrong type':
        return send({ sender, body: this.forge({ answer: 'text for a status' }) })
      case 'wrong id':
        return send({ sender, body: this.forge({ requestid: '0'.repeat(32) }) })
      case 'stale':
        return send({ sender, body: this.forge({ msgtime: 3600 }) })
      case 'ahead':
        return send({
          sender,
          body: this.forge({ msgtime: Math.floor(this.options.clock.now() / 1000) + 3600 }),
        })
      case 'stranger':
        send({ sender: STRANGER, body: this.forge({ identity: STRANGER }) })
        return send(reply)
      case 'spoofs':
        return send({ sender, body: this.forge({ identity: 'another.example.net' }) })
      case 'late stranger': {
        send(reply)
        const late = { sender: STRANGER, body: this.forge({ identity: STRANGER, answer: 'pong' }) }
        return void this.options.clock.after(LATER_MS, () => send(late))
      }
      default:
        return send(reply)
    }
  }

  private has(fault: string): boolean {
    return this.sick && this.description.fault?.name === fault
  }

  /** Returns the security, noting each request so that a forged answer can be made to fit it. */
  private security(): ServerSecurity {
    const { security } = this.options
    const { fault } = this.description
    if (fault === undefined) return security
    return {
      openRequest: (bytes) => {
        const request = security.openRequest(bytes)
        this.last = request
        const shows = fault.during === undefined ? this.calls + 1 >= fault.from : this.hasFallenIll
        const isDiscovery = request.agent === 'discovery'
        this.sick = !this.isMended && isDiscovery === (fault.name === 'late stranger') && shows
        this.hasFallenIll ||= this.sick
        return request
      },
      sealReply: (reply, callerid) => {
        if (reply.senderagent !== 'discovery') this.calls += 1
        return security.sealReply(reply, callerid)
      },
    }
  }

  private forge(lie: {
    secret?: string
    answer?: string
    requestid?: string
    msgtime?: number
    identity?: string
  }): Buffer {
    const request = this.last
    if (request === undefined) return encodeMarshal(null)
    const security = lie.secret === undefined ? this.options.security : pskServer(lie.secret)
    const answer = {
      statuscode: lie.answer === undefined ? 0 : lie.answer === 'another' ? 5 : lie.answer,
      statusmsg: 'forged',
      data: symbolHash({}),
    }
    const reply = {
      senderid: lie.identity ?? this.description.identity,
      requestid: lie.requestid ?? request.requestid,
      senderagent: request.agent,
      msgtime: lie.msgtime ?? Math.floor(this.options.clock.now() / 1000),
      message: lie.answer === 'pong' ? 'pong' : symbolHash(answer),
    }
    return security.sealReply(reply, request.callerid)
  }

  private counted(agent: Agent): Agent {
    const actions = Object.entries(agent.actions).map(([name, action]) => [
      name,
      (...call: Parameters<typeof action>) => {
        const key = `${agent.contract.agent} ${name}`
        this.performed.set(key, (this.performed.get(key) ?? 0) + 1)
        if (this.has('fails')) throw new Error('the disk is full')
        return action(...call)
      },
    ])
    return { contract: agent.contract, actions: Object.fromEntries(actions) }
  }
}
