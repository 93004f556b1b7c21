import { asText, field } from '../protocol/plain'
import { checkFreshness } from '../protocol/freshness'
import { Refusal } from '../protocol/refusal'
import { RubyHash, type RubyValue } from '../protocol/marshal/values'
import type { ServerSecurity } from '../protocol/security/security'
import { isCheckName, MAX_CHECKS } from './systems/writable'

/** A host that has registered. */
export interface RegisteredHost {
  name: string
  /** The names of its checks; undefined for a host that does not tell them. */
  checks: readonly string[] | undefined
}

const HOST = /^[A-Za-z0-9][\w.-]{0,249}$/
const MAX_TTL_S = 600

/**
 * Reads a registration, checked by the secret or the key of the fleet.
 * @throws Refusal for a message that is none, was signed otherwise, or is too old
 */
export function readRegistration(
  bytes: Buffer,
  { security, collective, nowS }: { security: ServerSecurity; collective: string; nowS: number },
): RegisteredHost {
  const { agent, senderid, message, msgtime, ttl, collective: sent } = security.openRequest(bytes)
  if (agent !== 'registration' || sent !== collective)
    throw new Refusal('bad-envelope', 'no registration of this collective')
  checkFreshness(msgtime, Math.min(ttl, MAX_TTL_S), nowS)
  if (!HOST.test(senderid)) throw new Refusal('bad-envelope', 'a registration whose sender is no host name')
  return { name: senderid, checks: checksIn(message) }
}

/** Returns the checks that a message tells; one of Ruby's daemon is a list of agents, and tells none. */
function checksIn(message: RubyValue): readonly string[] | undefined {
  if (!(message instanceof RubyHash)) return undefined
  const told = field(message, 'checks')
  if (!Array.isArray(told)) return undefined
  const names = told.map((each) => asText(each) ?? '')
  if (names.length > MAX_CHECKS || !names.every(isCheckName))
    throw new Refusal('bad-envelope', 'a registration with checks that have no names for monitoring')
  return [...new Set(names)].sort()
}
