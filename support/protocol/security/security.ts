import type { ReplyEnvelope, RequestEnvelope } from '../envelope'
import type { RubyValue } from '../marshal/values'

/** A request before it is signed. */
export type UnsignedRequest = Omit<RequestEnvelope, 'body' | 'hash' | 'callerid'> & { message: RubyValue }
/** A reply before it is signed. */
export type UnsignedReply = Omit<ReplyEnvelope, 'body' | 'hash'> & { message: RubyValue }

/** A checked request or reply with its message deserialised. */
export type OpenedRequest = Omit<RequestEnvelope, 'body' | 'hash'> & { message: RubyValue }
export type OpenedReply = Omit<ReplyEnvelope, 'body' | 'hash'> & { message: RubyValue }

/** The client's half of a security provider: signs requests, checks replies. */
export interface ClientSecurity {
  readonly callerid: string
  sealRequest(request: UnsignedRequest): Buffer
  /**
   * Reads the envelope alone, unchecked: enough to tell whose reply it claims to be.
   * @throws Refusal
   */
  peekReply(bytes: Buffer): ReplyEnvelope
  /**
   * Checks a reply and reads its message.
   * @throws Refusal `bad-signature`, or the refusal of the message itself
   */
  openReply(envelope: ReplyEnvelope): OpenedReply
}

/** The host's half of a security provider: checks requests, signs replies. */
export interface ServerSecurity {
  /**
   * Checks a request and reads its message.
   * @throws Refusal
   */
  openRequest(bytes: Buffer): OpenedRequest
  /**
   * Signs a reply. `callerid` is that of the request.
   * @throws Refusal for a caller that no reply can be sealed for
   */
  sealReply(reply: UnsignedReply, callerid: string): Buffer
}
