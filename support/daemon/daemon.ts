import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataSources } from '../agents/data_sources'
import { nrpeAgent } from '../agents/nrpe'
import { nrpeCommands } from '../agents/providers/nrpe_commands'
import { rpcutilAgent } from '../agents/rpcutil'
import { FactFiles } from '../config/facts'
import { readClasses, type ServerEnvironment } from '../config/server_cfg'
import { activemq } from '../connectors/activemq'
import { HostConnector } from '../connectors/host_connector'
import { rabbitmq } from '../connectors/rabbitmq'
import { pskServer } from '../protocol/security/psk'
import type { OpenedRequest, ServerSecurity } from '../protocol/security/security'
import { marshal, yaml } from '../protocol/security/serializer'
import { sslServer } from '../protocol/security/ssl'
import type { RpcRequest } from '../protocol/rpc_body'
import { decide } from '../rpc/server/action_policy'
import type { Agent } from '../rpc/server/agent'
import { appendAudit, auditLine } from '../rpc/server/audit'
import { RpcHost } from '../rpc/server/host'
import type { Clock } from '../system/clock'
import { runCommand } from '../system/command'
import type { Log } from '../system/log'

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

  constructor(private readonly options: DaemonOptions) {
    const { environment, clock, log } = options
    this.began = Math.floor(clock.now() / 1000)
    const facts = new FactFiles(environment.factFiles, (what) => log.warn(what))
    const agents = new Map<string, Agent>()
    const names = () => ['discovery', ...agents.keys()]
    const contracts = () => [DISCOVERY, ...[...agents.values()].map(({ contract }) => contract)]
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
      nrpeAgent(nrpeCommands(environment.nrpe, runCommand)),
    ]
    for (const agent of own) agents.set(agent.contract.agent, agent)
    const host = new RpcHost({
      subject,
      collectives: environment.collectives,
      security: securityOf(environment),
      agents,
      clock,
      data: (name, argument, field) => data.lookup(name, argument)?.[field],
      mayRun: (request, action) => this.mayRun(request, action, subject),
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

  /** Why a request may not be carried out. What is not in the audit log is not carried out either. */
  private async mayRun(
    request: OpenedRequest,
    action: RpcRequest,
    subject: Parameters<typeof decide>[2],
  ): Promise<string | undefined> {
    const { policies, auditFile } = this.options.environment
    if (policies !== undefined) {
      const policy = policyFor(request.agent, policies)
      if (policy === undefined && !policies.allowUnconfigured)
        return 'You are not authorized to call this agent or action.'
      const decision =
        policy === undefined
          ? undefined
          : decide(policy, { caller: request.callerid, action: action.action }, subject)
      if (decision?.allowed === false) {
        this.options.log.warn(
          {
            caller: request.callerid,
            agent: request.agent,
            action: action.action,
            because: decision.because,
          },
          'denied',
        )
        return 'You are not authorized to call this agent or action.'
      }
    }
    if (auditFile === undefined) return undefined
    try {
      appendAudit(auditFile, auditLine(request, action, this.options.clock.now()))
      return undefined
    } catch (error) {
      this.options.log.error({ error }, 'the audit log cannot be written; nothing is carried out')
      return 'The audit log of this host cannot be written; the request was not carried out.'
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

const DISCOVERY = { agent: 'discovery', timeout: 5, actions: {} }

/** The policy of an agent, or the one that is for all that have none. Names of agents come from the wire. */
function policyFor(
  agent: string,
  { folder, defaultPolicy }: NonNullable<ServerEnvironment['policies']>,
): string | undefined {
  for (const name of [agent, defaultPolicy]) {
    if (name === undefined || !/^[\w-]+$/.test(name)) continue
    const path = join(folder, `${name}.policy`)
    if (existsSync(path)) return readFileSync(path, 'utf8')
  }
  return undefined
}

function securityOf({ security }: ServerEnvironment): ServerSecurity {
  if (security.provider === 'psk') return pskServer(security.secret)
  return sslServer(security, security.serializer === 'yaml' ? yaml : marshal)
}
