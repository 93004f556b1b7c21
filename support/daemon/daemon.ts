import { join } from 'node:path'
import { fileLook } from '../agents/providers/file_look'
import { nrpeCommands } from '../agents/providers/nrpe_commands'
import { openOwnServer } from '../agents/providers/own_puppetserver'
import type { ServerEnvironment } from '../config/server_cfg'
import type { HostRoad } from '../connectors/host_connector'
import { localSteps } from '../agents/providers/host_steps'
import type { Agent } from '../rpc/server/agent'
import { RpcHost } from '../rpc/server/host'
import type { Clock } from '../system/clock'
import { runCommand, type CommandRunner } from '../system/command'
import { ownSelf } from '../system/host_self'
import { localFiles } from '../system/local_files'
import type { Log } from '../system/log'
import { hostAgents } from './agents'
import { hostRoad } from './host_road'
import { OrphanPrograms } from './orphans'
import { Registration } from './registration'
import { RequestRecord } from './request_record'
import type { RequestEntry } from './requests'
import { NodeState } from './node_state'
import { callerOf, securityOf } from './security'
import { authorization } from './authorization'
import { openStateFolder } from './state_folder'
import { UnderWay } from './under_way'

export interface DaemonOptions {
  environment: ServerEnvironment
  version: string
  clock: Clock
  random: () => number
  log: Log
}

/**
 * Runs a program with the usual umask. This process makes files for itself alone; those of a package's script or a
 * service keep their usual rights.
 */
const runAsUsual: CommandRunner = (program, args, limits) =>
  runCommand(program, args, { ...limits, umask: 0o022 })

/** A host of a fleet, in the place of mcollectived: with its configuration and on its wire. */
export class Daemon {
  private readonly connector: HostRoad
  private readonly registration: Registration | undefined
  private readonly counts = { total: 0, replies: 0, refused: 0 }
  private readonly began: number
  private readonly underWay = new UnderWay()
  private isHandingOver = false

  /**
   * Makes the daemon of a host.
   * @throws LockstepError `journal-failed` where it cannot write down what it does, and `bad-config` where others could
   * change what it writes down
   */
  static async on(options: DaemonOptions): Promise<Daemon> {
    const { environment, clock, log } = options
    openStateFolder(environment.stateFolder)
    const record = await RequestRecord.open(
      join(environment.stateFolder, 'requests'),
      () => clock.now(),
      (what) => log.warn(what),
    )
    const left = new OrphanPrograms(record, clock)
    const agents = await hostAgents({
      environment,
      clock,
      run: left.running(runAsUsual),
      files: localFiles,
      steps: localSteps,
      ...ownSelf,
      openServer: openOwnServer,
      untilFree: (call) => left.untilFree(call),
      onTrouble: (what) => log.warn(what),
    })
    return new Daemon(options, agents, record, left)
  }

  private constructor(
    private readonly options: DaemonOptions,
    others: readonly Agent[],
    private readonly record: RequestRecord,
    private readonly left: OrphanPrograms,
  ) {
    const { environment, version, clock, log } = options
    this.began = Math.floor(clock.now() / 1000)
    const onTrouble = (what: string) => log.warn(what)
    const now = () => clock.now()
    const fstat = fileLook(runAsUsual)
    const stats = () => this.stats()
    const self = new NodeState({ environment, version, now, fstat, stats, onTrouble }, others)
    const { subject, lookup: data, agents } = self
    const host = new RpcHost({
      subject,
      collectives: environment.collectives,
      security: securityOf(environment, now),
      agents,
      clock,
      data,
      mayRun: authorization({ environment, subject, data, clock, log }),
      known: record.requests.known(),
      maxReplyBytes: () => this.connector.maxReplyBytes?.(),
      onRefused: (reason) => {
        this.counts.refused += 1
        log.warn({ reason }, 'a request was refused')
      },
    })
    this.connector = hostRoad(environment, {
      agents: self.names(),
      clock,
      random: options.random,
      onTrouble,
      onRequest: (body, replyTo) => void this.serve(host, body, replyTo),
    })
    // Programs are run by agents alone: this only reads which checks there are.
    const checks = nrpeCommands(environment.nrpe, runAsUsual)
    const { connector } = this
    const caller = callerOf(environment)
    this.registration =
      environment.registration &&
      caller &&
      new Registration({
        ...environment.registration,
        identity: environment.identity,
        security: caller,
        agents: () => self.names(),
        checks:
          environment.registration.tellsChecks && environment.agents.isActive('nrpe')
            ? () => checks.names()
            : undefined,
        clock,
        random: options.random,
        send: (to, ttl, body) => connector.broadcast?.(to, ttl, body) ?? Promise.resolve(),
        onTrouble,
      })
  }

  /** Resolves when the daemon listens. */
  async start(): Promise<void> {
    await this.connector.open()
    this.options.log.info('listening')
    void this.registration?.run()
    void this.settle().catch((error: unknown) => this.options.log.error({ error }, 'an answer is still owed'))
  }

  /**
   * Makes room for the next daemon of this host. Resolves when no change is under way. The next one sends the answers,
   * once it listens: who has an answer finds it there.
   */
  handOver(): Promise<void> {
    this.isHandingOver = true
    return this.underWay.untilNone()
  }

  async stop(): Promise<void> {
    this.registration?.stop()
    await this.connector.close()
    await this.record.close()
  }

  private async serve(host: RpcHost, body: Buffer, replyTo: string): Promise<void> {
    this.counts.total += 1
    let change: string | undefined
    try {
      const reply = await host.handle(body, async ({ id, caller, until, cutOff }) => {
        await this.record.add({
          type: 'began',
          id,
          caller,
          until,
          replyTo,
          cutOff: cutOff().toString('base64'),
        })
        change = id
        this.underWay.begin(id)
      })
      if (reply === undefined) return
      this.counts.replies += 1
      if (change !== undefined) {
        const isNoted = await this.note({ type: 'ended', id: change, reply: reply.toString('base64') })
        if (isNoted && this.isHandingOver) return
      }
      await this.connector.reply(replyTo, reply)
      if (change !== undefined) await this.note({ type: 'sent', id: change })
    } catch (error) {
      this.options.log.error({ error }, 'a request could not be served')
    } finally {
      if (change !== undefined) this.underWay.end(change)
    }
  }

  /**
   * Notes an entry about an action that has ended. An entry that cannot be written keeps no reply back. Resolves with
   * whether it was written.
   */
  private async note(entry: RequestEntry): Promise<boolean> {
    try {
      await this.record.add(entry)
      return true
    } catch (error) {
      this.options.log.error({ error }, 'not written down')
      return false
    }
  }

  /** Answers the requests that an earlier daemon left unanswered, once the host is through with them. */
  private async settle(): Promise<void> {
    const owed = this.record.requests.owed()
    if (owed.some(({ hasEnded }) => !hasEnded)) await this.left.untilFree()
    for (const { id, replyTo, reply, hasEnded } of owed) {
      this.options.log.warn(
        { request: id, hasEnded },
        'an earlier daemon did not answer this; it is answered now',
      )
      await this.connector.reply(replyTo, reply)
      await this.note({ type: 'sent', id })
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
