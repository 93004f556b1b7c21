import { asText } from '../../protocol/plain'
import type { Refusal } from '../../protocol/refusal'
import { decodeRpcReply } from '../../protocol/rpc_body'
import type { RubyValue } from '../../protocol/marshal/values'
import type { Outcome } from './result'

/**
 * Returns the outcome of an agent's reply. A success that lacks an output of the contract is untrusted.
 * @throws Refusal when the reply cannot be decoded
 */
export function outcomeOf(message: RubyValue, outputs: readonly string[]): Outcome {
  const { statuscode, statusmsg, data } = decodeRpcReply(message)
  if (statuscode !== 0) return { kind: 'failed', code: statuscode, message: statusmsg, data }
  const missing = outputs.find((name) => !Object.hasOwn(data, name))
  if (missing !== undefined) return { kind: 'untrusted', reason: `answered without ${missing}` }
  return { kind: 'answered', data }
}

/** Returns the outcome of a host's answer to a discovery. */
export function pong(message: RubyValue): Outcome {
  if (asText(message) === 'pong') return { kind: 'answered', data: {} }
  return { kind: 'untrusted', reason: 'answered the discovery with something other than pong' }
}

/** Returns why an answer was refused, as the end of a sentence about its host. */
export function refusalText(refusal: Refusal): string {
  if (refusal.code === 'bad-signature') return `bad signature: ${refusal.message}`
  if (refusal.code === 'expired' || refusal.code === 'from-the-future')
    return `its answer was ${refusal.message}`
  return `its answer cannot be read: ${refusal.message}`
}
