import type { RequestEnvelope } from '../envelope'
import { RubyHash, type RubyValue } from '../marshal/values'
import { field } from '../plain'
import { Refusal } from '../refusal'

/**
 * Returns the message inside of the protected part, once the ttl and the time in there agree with those outside.
 * @throws Refusal
 */
export function unwrap(
  secured: RubyValue,
  prefix: 'ssl' | 'aes',
  envelope: Pick<RequestEnvelope, 'ttl' | 'msgtime'>,
): RubyValue {
  const message = secured instanceof RubyHash ? field(secured, `${prefix}_msg`) : undefined
  if (!(secured instanceof RubyHash) || message === undefined)
    throw new Refusal('bad-envelope', `a protected request without ${prefix}_msg`)
  if (
    field(secured, `${prefix}_ttl`) !== envelope.ttl ||
    field(secured, `${prefix}_msgtime`) !== envelope.msgtime
  )
    throw new Refusal('bad-signature', 'a ttl or time that differs from the protected one')
  return message
}
