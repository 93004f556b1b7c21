import { matchesCompound, type DataFunction } from '../../protocol/compound'
import { matchesFilter, type FilterSubject } from '../../protocol/filter'
import { Patterns } from '../../protocol/patterns'
import { checkFreshness } from '../../protocol/freshness'
import { Refusal } from '../../protocol/refusal'
import { decodeRpcRequest, encodeRpcReply, type RpcReply, type RpcRequest } from '../../protocol/rpc_body'
import { asText, type Plain } from '../../protocol/plain'
import type { OpenedRequest, ServerSecurity } from '../../protocol/security/security'
import type { RubyValue } from '../../protocol/marshal/values'
import type { Clock } from '../../system/clock'
import { inputFault } from '../contracts/contract'
import { ActionFailed, type Agent, type Call } from './agent'
import { judgeWithData, type DataLookup } from './asked_data'
import { READS_REMEMBERED_S, ReplayCache, type ReplayLimits, type RememberedRequest } from './replay_cache'

export interface HostOptions {
  subject: FilterSubject
  /** The collectives that the host belongs to. */
  collectives: readonly string[]
  security: ServerSecurity
  agents: ReadonlyMap<string, Agent>
  clock: Clock
  /** Called with the reason when a request is refused and not answered. */
  onRefused: (reason: string) => void
  /** The values of the data functions of a compound filter. */
  data?: DataLookup
  /** Called before an action is carried out. Resolves with why the action may not run; rejects when it must not run. */
  mayRun?: (request: OpenedRequest, action: RpcRequest) => Promise<string | undefined>
  /** Changes that were carried out before. */
  known?: readonly KnownChange[]
  /** Returns the most bytes of a reply that reach a caller; undefined where there is no such limit. */
  maxReplyBytes?: () => number | undefined
  /** The number of requests that are remembered at once. */
  replayLimits?: ReplayLimits
}

/** A change that the host does not carry out again. */
export interface KnownChange {
  id: string
  caller: string
  /** The time until which the request could come again, ms since 1970. */
  until: number
}

/** A request that is about to change the host. */
export interface Change extends KnownChange {
  /** Returns the reply for a daemon that ends before the change does. */
  cutOff(): Buffer
}

/** Seconds past its ttl for which a request id is remembered, so that a replay is refused while it could be valid. */
const REPLAY_MARGIN = 60
/** Seconds for which any request is valid at most: the ttl is outside of psk's signature. */
const MAX_TTL_S = 600

/**
 * One host's side of MCollective. It takes the bytes of a request and returns those of a reply. It returns undefined
 * for a request that is not for it.
 */
export class RpcHost {
  private readonly seen: ReplayCache
  /** The time of the last report of a flood, s since 1970, by kind and caller. */
  private readonly told = new Map<string, number>()

  constructor(private readonly options: HostOptions) {
    const known = (options.known ?? []).map((each) => ({ ...each, until: Math.floor(each.until / 1000) }))
    this.seen = new ReplayCache(known, options.replayLimits)
  }

  /**
   * Handles the bytes of a request. It waits for `onChange` before any change; when `onChange` rejects, nothing is
   * changed.
   */
  async handle(
    bytes: Buffer,
    onChange: (change: Change) => Promise<void> = async () => {},
  ): Promise<Buffer | undefined> {
    try {
      const request = this.options.security.openRequest(bytes)
      if (!(await this.isMeant(request))) return undefined
      const message = await this.answer(request, onChange)
      return message === undefined ? undefined : this.fit(request, this.seal(request, message))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.options.onRefused(error.message)
      return undefined
    }
  }

  private async isMeant(request: OpenedRequest): Promise<boolean> {
    const { subject, collectives, data: lookup = async () => undefined } = this.options
    if (!collectives.includes(request.collective)) return false
    const matches = (data: DataFunction) => {
      const patterns = new Patterns()
      const compound = (words: Plain) => matchesCompound(words, subject, data, patterns)
      return matchesFilter(request.filter, subject, patterns, compound)
    }
    if (!(await judgeWithData(lookup, matches))) return false
    checkFreshness(request.msgtime, Math.min(request.ttl, MAX_TTL_S), this.now())
    return true
  }

  private async answer(
    request: OpenedRequest,
    onChange: (change: Change) => Promise<void>,
  ): Promise<RubyValue | undefined> {
    if (request.agent === 'discovery')
      return asText(request.message) === 'ping' && this.remember(request, 'readOnly') === 'new'
        ? 'pong'
        : undefined
    const agent = this.options.agents.get(request.agent)
    if (agent === undefined) return undefined
    const action = decodeRpcRequest(request.message)
    // The secret or the key protects agent and caller in the body; those of the envelope have to agree with them.
    if (action.agent !== request.agent || action.caller !== request.callerid)
      throw new Refusal('bad-signature', 'an agent or a caller that differs from the protected one')
    switch (this.remember(request, kindOf(agent, action.action))) {
      case 'seen':
        return undefined
      case 'no room':
        return encodeRpcReply({ statuscode: 5, statusmsg: TOO_MANY, data: {} })
      case 'new':
    }
    const objection = await this.options.mayRun?.(request, action)
    const reply =
      objection === undefined
        ? await perform(agent, action, request, this.options.clock, () => onChange(this.change(request)))
        : { statuscode: 1, statusmsg: objection, data: {} }
    return encodeRpcReply(reply)
  }

  private remember(request: OpenedRequest, kind: RememberedRequest['kind']): 'new' | 'seen' | 'no room' {
    const { requestid: id, callerid: caller } = request
    const taken = this.seen.take({ id, caller, kind, until: validUntil(request) }, this.now())
    if (taken === 'seen') this.options.onRefused(`request ${id} came a second time`)
    if (taken === 'no room') this.tellOfFlood(caller, kind)
    return taken
  }

  /** Reports a flood once a minute for each caller: a flood of requests is no flood of lines. */
  private tellOfFlood(caller: string, kind: RememberedRequest['kind']): void {
    const now = this.now()
    const key = `${kind} ${caller}`
    if (Math.abs(now - (this.told.get(key) ?? Number.NEGATIVE_INFINITY)) < TOLD_EVERY_S) return
    if (this.told.size >= MAX_TOLD) this.told.clear()
    this.told.set(key, now)
    const what =
      kind === 'readOnly'
        ? `requests within ${READS_REMEMBERED_S} s; more that only look are refused until some of them are older`
        : 'changes that could come again; more are refused until some of them have expired'
    this.options.onRefused(`the caller ${caller} has sent too many ${what}`)
  }

  private now(): number {
    return Math.floor(this.options.clock.now() / 1000)
  }

  private change(request: OpenedRequest): Change {
    return {
      id: request.requestid,
      caller: request.callerid,
      until: validUntil(request) * 1000,
      cutOff: () => this.seal(request, encodeRpcReply({ statuscode: 5, statusmsg: CUT_OFF, data: {} })),
    }
  }

  /** Returns a reply that says how long it would be, where the reply is too long for the way to its caller. */
  private fit(request: OpenedRequest, reply: Buffer): Buffer {
    const most = this.options.maxReplyBytes?.() ?? Infinity
    if (reply.length <= most) return reply
    const statusmsg = `The answer has ${reply.length} bytes, and the broker takes ${most}; ask for less, or raise its max_payload. What was asked has been done`
    return this.seal(request, encodeRpcReply({ statuscode: 5, statusmsg, data: {} }))
  }

  private seal(request: OpenedRequest, message: RubyValue): Buffer {
    const reply = {
      senderid: this.options.subject.identity,
      requestid: request.requestid,
      senderagent: request.agent,
      msgtime: this.now(),
      message,
    }
    return this.options.security.sealReply(reply, request.callerid)
  }
}

/** Returns the time until which the request could come again, s since 1970. */
function validUntil({ msgtime, ttl }: OpenedRequest): number {
  return msgtime + Math.min(ttl, MAX_TTL_S) + REPLAY_MARGIN
}

function kindOf(agent: Agent, action: string): RememberedRequest['kind'] {
  const { actions } = agent.contract
  return Object.hasOwn(actions, action) && actions[action]?.effect === 'mutating' ? 'mutating' : 'readOnly'
}

const TOLD_EVERY_S = 60
const MAX_TOLD = 1_000
const TOO_MANY =
  'This host has had too many requests of this caller and has not carried this one out; try again in a minute'

const CUT_OFF =
  'The daemon of this host was ended while this was under way; how it came out has to be looked at'

async function perform(
  agent: Agent,
  { action: name, data }: RpcRequest,
  request: OpenedRequest,
  clock: Clock,
  onChange: () => Promise<void>,
): Promise<RpcReply> {
  const { contract } = agent
  const known = Object.hasOwn(contract.actions, name) ? contract.actions[name] : undefined
  const action = Object.hasOwn(agent.actions, name) ? agent.actions[name] : undefined
  if (known === undefined || action === undefined) {
    return { statuscode: 2, statusmsg: `Unknown action '${name}' for agent '${contract.agent}'`, data: {} }
  }
  const fault = inputFault(known, data)
  if (fault !== undefined) {
    return { statuscode: fault.kind === 'missing' ? 3 : 4, statusmsg: fault.message, data: {} }
  }
  try {
    if (known.effect === 'mutating') await onChange()
    const deadline = new Deadline()
    const { requestid, callerid, senderid, collective, ttl, msgtime } = request
    const call: Call = {
      action: name,
      requestid,
      callerid,
      senderid,
      collective,
      ttl,
      msgtime,
      get signal() {
        return deadline.signal
      },
    }
    const told = await inTime(() => action(data, call), contract.timeout, clock, deadline)
    return { statuscode: 0, statusmsg: 'OK', data: told }
  } catch (error) {
    if (error instanceof ActionFailed)
      return { statuscode: error.statuscode, statusmsg: error.message, data: error.data }
    return { statuscode: 5, statusmsg: error instanceof Error ? error.message : String(error), data: {} }
  }
}

/** The part of its time after which an action gets a signal to end; the rest is left for its answer. */
const TOLD_TO_END = 0.9

/** Limits the work to the contract's time, after which the caller gets an answer. */
function inTime<T>(
  work: () => Promise<T> | T,
  seconds: number,
  clock: Clock,
  deadline: Deadline,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => new ActionFailed(`it took longer than ${seconds} s`, {}, 5)
    const answerLate = () => (stop = clock.after(seconds * (1 - TOLD_TO_END) * 1000, () => reject(late())))
    let stop = clock.after(seconds * TOLD_TO_END * 1000, () => {
      answerLate()
      deadline.pass(late())
    })
    begun(work)
      .finally(() => stop())
      .then(resolve, reject)
  })
}

async function begun<T>(work: () => Promise<T> | T): Promise<T> {
  return work()
}

/** The deadline of a call. Its signal is made only for an action that asks: most end before their time is over. */
class Deadline {
  private controller: AbortController | undefined
  private reason: Error | undefined

  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    if (this.reason !== undefined) this.controller.abort(this.reason)
    return this.controller.signal
  }

  pass(reason: Error): void {
    this.reason = reason
    this.controller?.abort(reason)
  }
}
