import type { Connector } from '../../connectors/connector'
import { MissingExchange } from '../../connectors/stomp/missing_exchange'
import { NO_FILTER, type Filter } from '../../protocol/filter'
import { checkFreshness } from '../../protocol/freshness'
import { Refusal, WrongRoad } from '../../protocol/refusal'
import { encodeRpcRequest } from '../../protocol/rpc_body'
import type { RubyValue } from '../../protocol/marshal/values'
import type { ClientSecurity } from '../../protocol/security/security'
import type { Clock } from '../../system/clock'
import { startDeadline } from '../../system/deadline'
import { LockstepError } from '../../system/errors'
import { inputFault, type Contract, type Data } from '../contracts/contract'
import type { ContractLookup } from '../contracts'
import { outcomeOf, pong, refusalText } from './replies'
import type { CallResult, EnoughHosts, Outcome, UnexpectedReply } from './result'
import { broadcastIsCheaper } from './routing'
import { Listener, Tracker, type Answers } from './tracker'
import { eitherOf } from '../../system/either_of'
import { repeatLater, untilHostsAnswer } from './away_hosts'
import { tellNobody, type TellWait, type Wait } from '../../system/wait'

export interface ClientOptions {
  connector: Connector
  security: ClientSecurity
  identity: string
  collective: string
  /** Seconds for which a request is valid, and by which clocks may be apart. */
  ttl: number
  clock: Clock
  contractOf: ContractLookup
  /** Returns 32 hexadecimal characters, never the same twice. */
  newRequestId: () => string
  /** Called with each message that arrives when no call is waiting for it. */
  onUnexpected: (message: UnexpectedReply) => void
  onConnection: (event: { lost: Error } | 'restored') => void
}

export interface Call {
  agent: string
  action: string
  inputs: Record<string, Data>
  hosts: readonly string[]
  /** Milliseconds from now until the hosts that have not answered are silent. */
  within: number
  signal: AbortSignal
  /** Called with the request id once nothing can stop the request from going out; the send waits for it. */
  beforeSend?: (requestId: string) => Promise<void> | void
  /** Throws where the request may not go out any more: it may have waited for a broker. */
  expectAllowed?: (() => void) | undefined
  /** Tells for whose answers the call waits. */
  tellWait?: TellWait
  /** Called once for each host, at the moment when its answer is there. */
  onAnswer?: () => void
}

export interface Discovery {
  filter: Filter
  /**
   * The only hosts to ask, where given. The filter then counts for its agents alone. The discovery ends once all have
   * answered.
   */
  hosts?: readonly string[]
  within: number
  signal: AbortSignal
  /** Tells for whose answers the discovery waits. */
  tellWait?: TellWait
  /**
   * Hosts with whose answers an open discovery ends. Its window of `within` milliseconds goes on beside what follows.
   * Without any, the discovery ends with its window.
   */
  enough?: EnoughHosts
}

export interface Discovered {
  /** The identities of the hosts that have answered, sorted. */
  hosts: string[]
  unexpected: UnexpectedReply[]
  /**
   * Settles with the end of the window. Rejects once the broker cannot carry a message; callers may ignore it. Absent
   * where nothing is listened to any longer.
   */
  window?: Promise<void>
}

/** The most bytes of one answer. All answers to one call may have `MAX_CALL_BYTES` together. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024
/** The most bytes of a message with its envelope; a longer one has an answer that is too long, however it is sealed. */
const MAX_MESSAGE_BYTES = 2 * MAX_REPLY_BYTES
const MAX_CALL_BYTES = 128 * 1024 * 1024

interface ActiveRequest {
  /** Bytes of the answers that were read. */
  bytes: number
  answers: Answers
  agent: string
  read: (message: RubyValue) => Outcome
}

/**
 * The most answers that are kept of requests that are over, to compare late ones with. Those of the last
 * `MIN_REMEMBERED_REQUESTS` requests are always kept.
 */
const MAX_REMEMBERED_ANSWERS = 250_000
const MIN_REMEMBERED_REQUESTS = 8

/**
 * Milliseconds before its end at which a call pings silent hosts. A call shorter than `2 * MIN_PING_MS` does not ping.
 */
const MAX_PING_MS = 5_000
const MIN_PING_MS = 500

interface Ping {
  /** Returns for each pinged host whether it has answered, and undefined when no host was pinged. */
  end(): ReadonlyMap<string, boolean> | undefined
}

/** A caller of agents on a frozen set of hosts, which accounts for every one of them. */
export class RpcClient {
  private readonly active = new Map<string, ActiveRequest>()
  private readonly finished = new Map<string, ActiveRequest>()
  private losses = 0
  private isConnected = true
  /** Aborted with the reason once the broker cannot carry a message. */
  private readonly inVain = new AbortController()
  /** The time at which the last message was read, by the clock's `elapsed()`. */
  private lastHeard = -Infinity
  private readonly restoredListeners = new Set<() => void>()

  constructor(private readonly options: ClientOptions) {
    options.connector.listen({
      message: (message) => this.receive(message),
      lost: (reason) => {
        this.losses += 1
        this.isConnected = false
        if (reason instanceof MissingExchange) this.inVain.abort(reason)
        options.onConnection({ lost: reason })
      },
      restored: () => {
        this.isConnected = true
        options.onConnection('restored')
        for (const listener of this.restoredListeners) listener()
      },
    })
  }

  /**
   * Asks `hosts` to carry out an action, and resolves as soon as every one has answered or the time is over.
   * @throws LockstepError `bad-input` when the inputs break the agent's contract; nothing was sent then
   */
  async call(call: Call): Promise<CallResult> {
    const { agent, action, inputs } = call
    const known = checkCall(this.options.contractOf(agent), call)
    const message = encodeRpcRequest({ agent, action, caller: this.options.security.callerid, data: inputs })
    const read = (reply: RubyValue) => outcomeOf(reply, known?.outputs ?? [])
    const repeatable = known?.effect === 'readOnly'
    // What may be sent only once is sent when its hosts are there.
    if (!repeatable && this.hostsMayBeAway) await this.awaitHosts(call)
    return this.request({ ...call, message, read, repeatable, pingsSilent: true })
  }

  /** True where a host may be away from all brokers although this client is connected to one. */
  private get hostsMayBeAway(): boolean {
    return this.options.connector.hostsMayBeAway === true || this.losses > 0
  }

  /** Pings hosts until all of them are there, or have been away for too long. */
  private async awaitHosts({ hosts, signal, tellWait = tellNobody }: Call): Promise<void> {
    const asked: string[] = []
    let complete = noop
    const completed = new Promise<void>((resolve) => (complete = resolve))
    const first = this.options.newRequestId()
    const pongs = new Tracker(hosts, first, () => complete(), this.tellFailing)
    const entry: ActiveRequest = { bytes: 0, answers: pongs, agent: 'discovery', read: pong }
    const ping = async (bound: AbortSignal) => {
      const id = asked.length === 0 ? first : this.options.newRequestId()
      asked.push(id)
      this.active.set(id, entry)
      await this.send({ agent: 'discovery', message: 'ping' }, id, pongs.unanswered, bound)
    }
    const bound = AbortSignal.any([signal, this.inVain.signal])
    try {
      await untilHostsAnswer({ pongs, completed, ping, clock: this.options.clock, tellWait, signal: bound })
    } finally {
      for (const message of pongs.finish(0).unexpected) this.tellFailing(message)
      for (const id of asked) {
        this.active.delete(id)
        this.remember(id, entry)
      }
    }
  }

  /** Tells of a message beside the answers to pings, where it means that the fleet is another than expected. */
  private readonly tellFailing = (message: UnexpectedReply): void => {
    if (message.fails) this.options.onUnexpected(message)
  }

  /** Resolves with the hosts that answer. */
  async discover(discovery: Discovery): Promise<Discovered> {
    const { filter, hosts } = discovery
    if (hosts !== undefined) {
      const result = await this.request({
        agent: 'discovery',
        action: 'ping',
        message: 'ping',
        read: pong,
        hosts,
        running: filter.agents,
        repeatable: true,
        within: discovery.within,
        signal: discovery.signal,
        ...(discovery.tellWait === undefined ? {} : { tellWait: discovery.tellWait }),
      })
      const there = [...result.outcomes]
        .filter(([, outcome]) => outcome.kind === 'answered')
        .map(([host]) => host)
      return { hosts: there.sort(), unexpected: result.unexpected }
    }
    return this.openDiscovery(discovery)
  }

  /**
   * Resolves after `ms`, once every message that has arrived is read. A message that is still being read then was sent
   * in time: this process was busy.
   */
  listen(ms: number, signal: AbortSignal): Promise<void> {
    let stop = () => {}
    const over = new Promise<void>((resolve) => (stop = this.deadline(ms, resolve)))
    return eitherOf(over, signal).finally(() => stop())
  }

  private async openDiscovery(discovery: Discovery): Promise<Discovered> {
    const { filter, within, signal, enough, tellWait = tellNobody } = discovery
    const { security, connector, collective, ttl } = this.options
    const requestId = this.options.newRequestId()
    const answers = new Listener(this.options.onUnexpected, enough)
    const entry: ActiveRequest = { bytes: 0, answers, agent: 'discovery', read: pong }
    this.active.set(requestId, entry)
    const endWait = tellWait({ withinMs: within, tally: () => answers.tally() })
    const close = () => {
      this.active.delete(requestId)
      answers.close()
      this.remember(requestId, entry)
    }
    try {
      const body = security.sealRequest(this.envelope('discovery', requestId, filter, 'ping'))
      await connector.broadcast({ collective, agent: 'discovery' }, { body, ttl }, signal)
    } catch (error) {
      endWait()
      close()
      throw error
    }
    const window = this.listen(within, AbortSignal.any([signal, this.inVain.signal])).then(() => {
      close()
      this.inVain.signal.throwIfAborted()
    })
    // The window may end when no caller waits for it any longer.
    window.catch(noop)
    await Promise.race([window, answers.haveAllAnswered]).finally(endWait)
    const unexpected = answers.end()
    return { hosts: [...answers.found].sort(), unexpected, ...(answers.isClosed ? {} : { window }) }
  }

  private deadline(within: number, over: () => void): () => void {
    return startDeadline(this.options.clock, within, () => this.lastHeard, over)
  }

  private async request(request: {
    agent: string
    action: string
    message: RubyValue
    read: (message: RubyValue) => Outcome
    hosts: readonly string[]
    /** The agents without which a host does not answer. */
    running?: readonly string[]
    /** True when silent hosts are pinged before the time is over. */
    pingsSilent?: boolean
    repeatable: boolean
    within: number
    signal: AbortSignal
    beforeSend?: Call['beforeSend']
    expectAllowed?: Call['expectAllowed']
    tellWait?: TellWait
    onAnswer?: () => void
  }): Promise<CallResult> {
    const { hosts, within, signal, repeatable, tellWait = tellNobody, onAnswer = noop } = request
    const requestId = this.options.newRequestId()
    const lossesBefore = this.losses
    const [sending, answering] = [new AbortController(), new AbortController()]
    let complete = () => {}
    const completed = new Promise<void>((resolve) => (complete = resolve))
    const tracker = new Tracker(hosts, requestId, () => complete(), this.options.onUnexpected, onAnswer)
    if (hosts.length === 0) complete()
    const entry: ActiveRequest = { bytes: 0, answers: tracker, agent: request.agent, read: request.read }
    this.active.set(requestId, entry)
    let ended: ReturnType<Tracker['finish']>
    let pings: ReturnType<Ping['end']>
    let stop = () => {}
    let stopRepeating = () => {}
    let endWait = () => {}
    const wait: Wait = { withinMs: within, tally: () => tracker.tally() }
    let ping: Ping | undefined
    const bound = AbortSignal.any([signal, answering.signal, this.inVain.signal])
    // Only a call that looks is repeated, after a loss or where hosts may be away, and only once the journal knows of it.
    // The repeated call has a new request id: hosts refuse an id that they have seen.
    const asked = [requestId]
    const repeat = async () => {
      if (tracker.unanswered.length === 0) return
      const again = this.options.newRequestId()
      asked.push(again)
      this.active.set(again, entry)
      await request.beforeSend?.(again)
      await this.send(request, again, tracker.unanswered, bound)
    }
    const restored = () =>
      void repeat().catch(() =>
        answering.abort(new LockstepError('broker-lost', 'it could not be asked again')),
      )
    try {
      await request.beforeSend?.(requestId)
      if (repeatable) this.restoredListeners.add(restored)
      const timeIsOver = new LockstepError('broker-lost', 'the time is over')
      stop = this.deadline(within, () => sending.abort(timeIsOver))
      endWait = tellWait(wait)
      if (hosts.length > 0)
        await this.send(request, requestId, hosts, AbortSignal.any([signal, sending.signal]))
      // Hosts have the whole time from the moment of asking: neither the journal nor a slow broker shortens it.
      stop()
      stop = this.deadline(within, () => answering.abort(timeIsOver))
      endWait()
      endWait = tellWait(wait)
      if (request.pingsSilent === true) ping = this.pingSilent(tracker, within, bound)
      if (repeatable)
        stopRepeating = repeatLater(this.options.clock, within, () => {
          if (this.hostsMayBeAway && this.isConnected) restored()
        })
      await eitherOf(completed, bound)
    } catch (error) {
      if (!(error instanceof LockstepError) || error.code !== 'broker-lost') throw error
    } finally {
      stop()
      stopRepeating()
      endWait()
      pings = ping?.end()
      this.restoredListeners.delete(restored)
      ended = tracker.finish(within)
      for (const id of asked) {
        this.active.delete(id)
        this.remember(id, entry)
      }
    }
    this.inVain.signal.throwIfAborted()
    const { unexpected } = ended
    const wasLost = this.losses > lossesBefore
    const outcomeOf = (host: string): Outcome => {
      const outcome = ended.outcomes.get(host) ?? { kind: 'silent' as const, waited: within }
      // Without a connection a ping says nothing about the host.
      const answers = wasLost ? undefined : pings?.get(host)
      return outcome.kind === 'silent' && answers !== undefined ? { ...outcome, pings: answers } : outcome
    }
    const outcomes = new Map(hosts.map((host) => [host, outcomeOf(host)]))
    const isSilent = [...outcomes.values()].some(({ kind }) => kind === 'silent')
    return { requestId, outcomes, unexpected, interrupted: wasLost || (isSilent && this.hostsMayBeAway) }
  }

  /** Pings the hosts that are silent near the end of a call. The call does not wait for their answers. */
  private pingSilent(tracker: Tracker, within: number, signal: AbortSignal): Ping | undefined {
    const pingMs = Math.min(MAX_PING_MS, within / 2)
    if (pingMs < MIN_PING_MS) return undefined
    let sent: { id: string; entry: ActiveRequest; pongs: Tracker; hosts: readonly string[] } | undefined
    const ping = async () => {
      const hosts = tracker.unanswered
      if (hosts.length === 0) return
      const id = this.options.newRequestId()
      const pongs = new Tracker(hosts, id, noop, this.tellFailing)
      const entry = { bytes: 0, answers: pongs, agent: 'discovery', read: pong }
      sent = { id, entry, pongs, hosts }
      this.active.set(id, entry)
      await this.send({ agent: 'discovery', message: 'ping' }, id, hosts, signal)
    }
    const stop = this.options.clock.after(within - pingMs, () => void ping().catch(noop))
    return {
      end: () => {
        stop()
        if (sent === undefined) return undefined
        const { id, entry, pongs, hosts } = sent
        const { outcomes, unexpected } = pongs.finish(pingMs)
        for (const message of unexpected) this.tellFailing(message)
        this.active.delete(id)
        this.remember(id, entry)
        return new Map(hosts.map((host) => [host, outcomes.get(host)?.kind === 'answered']))
      },
    }
  }

  private async send(
    request: {
      agent: string
      message: RubyValue
      running?: readonly string[]
      expectAllowed?: Call['expectAllowed']
    },
    requestId: string,
    hosts: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { connector, security, collective, ttl } = this.options
    const to = { collective, agent: request.agent }
    const broadcast = broadcastIsCheaper(hosts, connector.scanCost)
    const filter = {
      ...NO_FILTER,
      agents: [...(broadcast ? [request.agent] : []), ...(request.running ?? [])],
      identities: broadcast ? [...hosts] : [],
    }
    const body = security.sealRequest(this.envelope(request.agent, requestId, filter, request.message))
    const { expectAllowed } = request
    if (broadcast) await connector.broadcast(to, { body, ttl, expectAllowed }, signal)
    else await connector.direct(to, hosts, { body, ttl, expectAllowed }, signal)
  }

  private envelope(agent: string, requestid: string, filter: Filter, message: RubyValue) {
    const { identity, collective, ttl, clock } = this.options
    const msgtime = Math.floor(clock.now() / 1000)
    return { senderid: identity, requestid, filter, collective, agent, ttl, msgtime, message }
  }

  private receive({ body, sender, dropped }: { body: Buffer; sender?: string; dropped?: number }): void {
    this.lastHeard = this.options.clock.elapsed()
    const bytes = dropped ?? body.length
    if (bytes > MAX_MESSAGE_BYTES) return this.unreadable(sender, tooLong(bytes))
    try {
      const envelope = this.options.security.peekReply(body)
      const host = envelope.senderid
      const entry = this.active.get(envelope.requestid) ?? this.finished.get(envelope.requestid)
      if (entry === undefined) {
        return this.options.onUnexpected({
          kind: 'foreign',
          host,
          detail: 'a reply to a request that was never made',
          fails: false,
        })
      }
      if (sender !== undefined && sender !== host) {
        const detail = `sent by ${sender}, but says that it is from ${host}`
        return entry.answers.message({ kind: 'unexpected', host, detail, fails: true })
      }
      entry.answers.settle(host, this.open(entry, envelope), envelope.body, envelope.requestid)
    } catch (error) {
      if (error instanceof WrongRoad) return this.wrongRoad(error)
      if (!(error instanceof Refusal)) throw error
      this.unreadable(sender, `sent something that cannot be read: ${error.message}`)
    }
  }

  /** Tells of an answer that is none. The host in whose name it came can still answer. */
  private wrongRoad({ host, requestid, fails, message: detail }: WrongRoad): void {
    const message: UnexpectedReply = { kind: 'foreign', host, detail, fails }
    const entry = this.active.get(requestid) ?? this.finished.get(requestid)
    if (entry === undefined) this.options.onUnexpected(message)
    else entry.answers.message(message)
  }

  private open(entry: ActiveRequest, envelope: Parameters<ClientSecurity['openReply']>[0]): Outcome {
    const { length } = envelope.body
    const excess = excessOf(length, entry.bytes)
    if (excess !== undefined) return { kind: 'untrusted', reason: excess }
    if (entry.answers.awaits(envelope.senderid)) entry.bytes += length
    try {
      const reply = this.options.security.openReply(envelope)
      checkFreshness(reply.msgtime, this.options.ttl, Math.floor(this.options.clock.now() / 1000))
      if (reply.senderagent !== entry.agent) {
        return {
          kind: 'untrusted',
          reason: `answered for the agent ${reply.senderagent}, but ${entry.agent} was asked`,
        }
      }
      return entry.read(reply.message)
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'untrusted', reason: refusalText(error) }
      throw error
    }
  }

  /** Accounts for a message that does not even say which request it is for. Only the transport names its sender. */
  private unreadable(sender: string | undefined, reason: string): void {
    const host = sender ?? 'somebody'
    for (const [id, { answers }] of this.active) {
      if (answers.awaits(host))
        return answers.settle(host, { kind: 'untrusted', reason }, Buffer.alloc(0), id)
    }
    const message: UnexpectedReply = { kind: 'unexpected', host, detail: reason, fails: true }
    const [entry] = this.active.values()
    if (entry === undefined) this.options.onUnexpected(message)
    else entry.answers.message(message)
  }

  private remember(requestId: string, entry: ActiveRequest): void {
    this.finished.set(requestId, entry)
    let answers = [...this.finished.values()].reduce((sum, each) => sum + each.answers.remembered, 0)
    for (const [oldest, { answers: kept }] of this.finished) {
      if (answers <= MAX_REMEMBERED_ANSWERS || this.finished.size <= MIN_REMEMBERED_REQUESTS) return
      this.finished.delete(oldest)
      answers -= kept.remembered
    }
  }
}

const noop = () => {}

/**
 * Returns why an answer of `bytes` bytes is not read after `before` bytes of other answers, or undefined when it is
 * read.
 */
export function excessOf(bytes: number, before: number): string | undefined {
  if (bytes > MAX_REPLY_BYTES) return tooLong(bytes)
  if (before + bytes > MAX_CALL_BYTES)
    return `answered with ${inMegabytes(bytes)}, which was not read: all answers to one call may have ${inMegabytes(MAX_CALL_BYTES)} together`
  return undefined
}

function tooLong(bytes: number): string {
  return `answered with ${inMegabytes(bytes)}, which was not read: one answer may have ${inMegabytes(MAX_REPLY_BYTES)}`
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 102.4) / 10} MB`
}

function checkCall(contract: Contract | undefined, { agent, action, inputs }: Call) {
  if (contract === undefined) return undefined
  const known = Object.hasOwn(contract.actions, action) ? contract.actions[action] : undefined
  if (known === undefined) {
    const actions = Object.keys(contract.actions).join(', ')
    throw new LockstepError('bad-input', `the agent ${agent} has no action ${action}; it has: ${actions}`)
  }
  const fault = inputFault(known, inputs)
  if (fault !== undefined) throw new LockstepError('bad-input', `${agent} ${action}: ${fault.message}`)
  return known
}
