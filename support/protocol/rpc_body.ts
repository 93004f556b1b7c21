import { asText, field, fromPlain, toPlain, type Plain } from './plain'
import { Refusal } from './refusal'
import { RubyHash, stringHash, symbol, symbolHash, type RubyValue } from './marshal/values'

/** The request to an agent: the innermost layer of a request. */
export interface RpcRequest {
  agent: string
  action: string
  caller: string
  data: Record<string, Plain>
}

/** The reply of an agent. 0 ok · 1 aborted · 2 unknown action · 3 missing data · 4 invalid data · 5 other. */
export interface RpcReply {
  statuscode: number
  statusmsg: string
  data: Record<string, Plain>
}

export function encodeRpcRequest(request: RpcRequest): RubyHash {
  const data = fromPlain(request.data) as RubyHash
  data.entries.set(symbol('process_results'), true)
  return symbolHash({ agent: request.agent, action: request.action, caller: request.caller, data })
}

/** Returns a request to an agent with another caller; a message that is none stays as it is, such as a ping. */
export function withCaller(message: RubyValue, caller: string): RubyValue {
  if (!(message instanceof RubyHash) || !message.entries.has(CALLER)) return message
  return new RubyHash(new Map(message.entries).set(CALLER, caller))
}

const CALLER = symbol('caller')

/**
 * Reads a request to an agent.
 * @throws Refusal `bad-envelope`
 */
export function decodeRpcRequest(value: RubyValue): RpcRequest {
  if (!(value instanceof RubyHash)) throw new Refusal('bad-envelope', 'an RPC request that is no hash')
  const agent = asText(field(value, 'agent'))
  const action = asText(field(value, 'action'))
  if (agent === undefined || action === undefined) {
    throw new Refusal('bad-envelope', 'an RPC request without an agent or an action')
  }
  return {
    agent,
    action,
    caller: asText(field(value, 'caller')) ?? '',
    data: record(field(value, 'data'), 'a request'),
  }
}

/**
 * Encodes a reply. Names of outputs are symbols, as are those in lists of records; a mapping, as of facts, has strings
 * as keys.
 */
export function encodeRpcReply({ statuscode, statusmsg, data }: RpcReply): RubyHash {
  const outputs = Object.entries(data).map(([name, value]) => [symbol(name), outputOf(value)] as const)
  return symbolHash({ statuscode, statusmsg, data: new RubyHash(new Map<RubyValue, RubyValue>(outputs)) })
}

function outputOf(value: Plain): RubyValue {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return fromPlain(value)
  return stringHash(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, outputOf(item)])))
}

/**
 * Reads the reply of an agent.
 * @throws Refusal `bad-envelope` when the status is none of MCollective's six or the data is no hash
 */
export function decodeRpcReply(value: RubyValue): RpcReply {
  if (!(value instanceof RubyHash)) throw new Refusal('bad-envelope', 'an RPC reply that is no hash')
  const statuscode = field(value, 'statuscode')
  if (typeof statuscode !== 'number' || !Number.isInteger(statuscode) || statuscode < 0 || statuscode > 5) {
    throw new Refusal('bad-envelope', 'an RPC reply whose statuscode is not a number from 0 to 5')
  }
  const statusmsg = asText(field(value, 'statusmsg') ?? '')
  if (statusmsg === undefined) throw new Refusal('bad-envelope', 'an RPC reply whose statusmsg is no text')
  return { statuscode, statusmsg, data: record(field(value, 'data'), 'a reply') }
}

function record(value: RubyValue | undefined, what: string): Record<string, Plain> {
  if (value === undefined || value === null) return {}
  if (!(value instanceof RubyHash)) throw new Refusal('bad-envelope', `${what} whose data is no hash`)
  return toPlain(value) as Record<string, Plain>
}
