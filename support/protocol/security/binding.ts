import type { RequestEnvelope } from '../envelope'
import { RubyHash, symbol, symbolHash, type RubyValue } from '../marshal/values'
import { asText, field } from '../plain'
import { Refusal } from '../refusal'

type Envelope = Pick<RequestEnvelope, 'requestid' | 'msgtime' | 'ttl' | 'collective'>

/** The name of the binding in the body of a request, which MCollective does not know and passes over. */
const NAME = 'bound'

/**
 * Repeats fields of the envelope inside of the part that a provider protects. A captured request cannot be sent on
 * under another id or at another time. MCollective's own clients do not repeat them; their requests are opened as they
 * come.
 */
export function bindRequest(
  message: RubyValue,
  { requestid, msgtime, ttl, collective }: Envelope,
): RubyValue {
  if (!(message instanceof RubyHash)) return message
  const bound = symbolHash({ requestid, msgtime, ttl, collective })
  return new RubyHash(new Map([...message.entries, [symbol(NAME), bound]]))
}

/**
 * Returns the message without the repeated fields.
 * @throws Refusal `bad-signature` where they differ from those of the envelope
 */
export function checkBinding(message: RubyValue, envelope: Envelope): RubyValue {
  const bound = message instanceof RubyHash ? field(message, NAME) : undefined
  if (!(message instanceof RubyHash) || bound === undefined) return message
  const isSame =
    bound instanceof RubyHash &&
    asText(field(bound, 'requestid')) === envelope.requestid &&
    asText(field(bound, 'collective')) === envelope.collective &&
    field(bound, 'msgtime') === envelope.msgtime &&
    field(bound, 'ttl') === envelope.ttl
  if (!isSame)
    throw new Refusal('bad-signature', 'an id, a time or a collective that differs from the protected one')
  return new RubyHash(new Map([...message.entries].filter(([, value]) => value !== bound)))
}
