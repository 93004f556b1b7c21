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
  /** The envelope alone, unchecked: enough to tell whose reply it claims to be. @throws Refusal */
  peekReply(bytes: Buffer): ReplyEnvelope
  /** @throws Refusal `bad-signature`, or whatever the message itself earns */
  openReply(envelope: ReplyEnvelope): OpenedReply
}

/** The host's half: checks requests, signs replies. */
export interface ServerSecurity {
  /** @throws Refusal */
  openRequest(bytes: Buffer): OpenedRequest
  /** `callerid` is that of the request. @throws Refusal for a caller that nothing can be told to */
  sealReply(reply: UnsignedReply, callerid: string): Buffer
}
