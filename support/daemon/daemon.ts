import { dataSources } from '../agents/data_sources'
import { rpcutilAgent } from '../agents/rpcutil'
import { FactFiles } from '../config/facts'
import { readClasses, type ServerEnvironment } from '../config/server_cfg'
import { activemq } from '../connectors/activemq'
import { HostConnector } from '../connectors/host_connector'
import { rabbitmq } from '../connectors/rabbitmq'
import { pskServer } from '../protocol/security/psk'
import type { ServerSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslServer } from '../protocol/security/ssl'
import { contracts as knownContracts } from '../rpc/contracts'
import type { Agent } from '../rpc/server/agent'
import { RpcHost } from '../rpc/server/host'
import type { Clock } from '../system/clock'
import { runCommand } from '../system/command'
import type { Log } from '../system/log'
import { hostAgents } from './agents'
import { gatekeeper } from './gatekeeper'

export interface DaemonOptions {
  environment: ServerEnvironment
  version: string
  clock: Clock
  random: () => number
  log: Log
}

/** A host of a fleet: what mcollectived is, with its configuration and on its wire. */
export class Daemon {
  private readonly connector: HostConnector
  private readonly counts = { total: 0, replies: 0, refused: 0 }
  private readonly began: number

  /** Which agents a host has depends on what is installed there; that is looked up once. */
  static async on(options: DaemonOptions): Promise<Daemon> {
    const { environment, clock, log } = options
    const onTrouble = (what: string) => log.warn(what)
    return new Daemon(options, await hostAgents({ environment, clock, run: runCommand, onTrouble }))
  }

  private constructor(
    private readonly options: DaemonOptions,
    others: readonly Agent[],
  ) {
    const { environment, clock, log } = options
    this.began = Math.floor(clock.now() / 1000)
    const facts = new FactFiles(environment.factFiles, (what) => log.warn(what))
    const agents = new Map<string, Agent>()
    const names = () => ['discovery', ...agents.keys()]
    const contracts = () => [
      knownContracts.discovery,
      ...[...agents.values()].map(({ contract }) => contract),
    ]
    const data = dataSources({ facts: () => facts.facts(), agents: contracts, version: options.version })
    const subject = {
      identity: environment.identity,
      get facts() {
        return facts.facts()
      },
      get classes() {
        return readClasses(environment.classesFile)
      },
      get agents() {
        return names()
      },
    }
    const own = [
      rpcutilAgent({
        identity: environment.identity,
        facts: () => subject.facts,
        classes: () => subject.classes,
        agents: contracts,
        mainCollective: environment.mainCollective,
        collectives: environment.collectives,
        version: options.version,
        config: {
          identity: environment.identity,
          main_collective: environment.mainCollective,
          collectives: [...environment.collectives],
          connector: environment.connector,
          configfile: environment.path,
          classesfile: environment.classesFile,
        },
        data,
        stats: () => this.stats(),
        now: () => clock.now(),
      }),
      ...others,
    ]
    for (const agent of own) agents.set(agent.contract.agent, agent)
    const host = new RpcHost({
      subject,
      collectives: environment.collectives,
      security: securityOf(environment),
      agents,
      clock,
      data: (name, argument, field) => data.lookup(name, argument)?.[field],
      mayRun: gatekeeper({ environment, subject, clock, log }),
      onRefused: (reason) => {
        this.counts.refused += 1
        log.warn({ reason }, 'a request was refused')
      },
    })
    this.connector = new HostConnector({
      ...environment,
      naming: environment.connector === 'activemq' ? activemq : rabbitmq,
      agents: names(),
      clock,
      random: options.random,
      onTrouble: (what) => log.warn(what),
      onRequest: (body, answer) => void this.serve(host, body, answer),
    })
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    await this.connector.open()
    this.options.log.info({ identity: this.options.environment.identity }, 'listening')
  }

  stop(): Promise<void> {
    return this.connector.close()
  }

  private async serve(host: RpcHost, body: Buffer, answer: (reply: Buffer) => void): Promise<void> {
    this.counts.total += 1
    try {
      const reply = await host.handle(body)
      if (reply === undefined) return
      this.counts.replies += 1
      answer(reply)
    } catch (error) {
      this.options.log.error({ error }, 'a request could not be served')
    }
  }

  private stats(): Record<string, number | string | string[] | Record<string, number>> {
    const { user, system } = process.cpuUsage()
    return {
      pid: process.pid,
      configfile: this.options.environment.path,
      threads: [],
      times: { utime: user / 1e6, stime: system / 1e6, cutime: 0, cstime: 0 },
      starttime: this.began,
      total: this.counts.total,
      replies: this.counts.replies,
      validated: this.counts.total - this.counts.refused,
      unvalidated: this.counts.refused,
      passed: this.counts.replies,
      filtered: this.counts.total - this.counts.refused - this.counts.replies,
      ttlexpired: 0,
    }
  }
}

function securityOf({ security }: ServerEnvironment): ServerSecurity {
  if (security.provider === 'psk') return pskServer(security.secret)
  return sslServer(security, security.serializer === 'yaml' ? yaml : marshal)
}
