import { asBytes, asText, field } from './plain'
import { excerpt, Refusal } from './refusal'
import { RubyHash, RubyString, symbolHash, type RubyValue } from './marshal/values'
import { decodeFilter, encodeFilter, type Filter } from './filter'

/** A client's request; `body` is already serialised and is what the signature covers. Times in seconds. */
export interface RequestEnvelope {
  body: Buffer
  senderid: string
  requestid: string
  filter: Filter
  collective: string
  agent: string
  callerid: string
  ttl: number
  msgtime: number
  /** The proof of the body: a signature, or the wrapped key that opens it. */
  hash: string
}

/** The field of the proof: `aes_security` has the key in `sslkey`, and no signature. */
type Seal = 'hash' | 'sslkey'

/** A host's reply. */
export interface ReplyEnvelope {
  body: Buffer
  senderid: string
  requestid: string
  senderagent: string
  msgtime: number
  hash: string
}

/** The only form of a callerid that MCollective accepts. A path or a newline in one would reach file names and logs. */
export const CALLERID = /^\w{1,64}=[\w.-]{1,255}$/
const REQUEST_ID = /^[0-9a-f]{32}$/
const IDENTITY = /^[\w.-]{1,255}$/

/** Returns the hash that is serialised and sent, its keys in the order that Ruby writes them. */
export function requestHash(envelope: RequestEnvelope, seal: Seal = 'hash'): RubyHash {
  return symbolHash({
    body: new RubyString(envelope.body),
    senderid: envelope.senderid,
    requestid: envelope.requestid,
    filter: encodeFilter(envelope.filter),
    collective: envelope.collective,
    agent: envelope.agent,
    callerid: envelope.callerid,
    ttl: envelope.ttl,
    msgtime: envelope.msgtime,
    [seal]: envelope.hash,
  })
}

export function replyHash(envelope: ReplyEnvelope, seal: Seal = 'hash'): RubyHash {
  return symbolHash({
    senderid: envelope.senderid,
    requestid: envelope.requestid,
    senderagent: envelope.senderagent,
    msgtime: envelope.msgtime,
    body: new RubyString(envelope.body),
    [seal]: envelope.hash,
  })
}

/**
 * Reads a request from its hash.
 * @throws Refusal `bad-envelope` naming the field that is missing or of the wrong form
 */
export function readRequest(value: RubyValue, seal: Seal = 'hash'): RequestEnvelope {
  const read = fieldsOf(value, 'a request')
  const callerid = read.text('callerid')
  if (!CALLERID.test(callerid)) {
    throw new Refusal('bad-envelope', `a callerid of the form ${JSON.stringify(excerpt(callerid, 80))}`)
  }
  return {
    body: read.bytes('body'),
    senderid: read.identity('senderid'),
    requestid: read.requestId(),
    filter: decodeFilter(read.value('filter')),
    collective: read.text('collective'),
    agent: read.text('agent'),
    callerid,
    ttl: read.seconds('ttl'),
    msgtime: read.seconds('msgtime'),
    hash: read.text(seal),
  }
}

/**
 * Reads a reply from its hash.
 * @throws Refusal `bad-envelope` naming the field that is missing or of the wrong form
 */
export function readReply(value: RubyValue, seal: Seal = 'hash'): ReplyEnvelope {
  const read = fieldsOf(value, 'a reply')
  return {
    body: read.bytes('body'),
    senderid: read.identity('senderid'),
    requestid: read.requestId(),
    senderagent: read.text('senderagent'),
    msgtime: read.seconds('msgtime'),
    hash: read.text(seal),
  }
}

/**
 * Returns what reads the fields of a message by name. Each throws a Refusal `bad-envelope` for a field that is missing or
 * of the wrong form.
 */
export function fieldsOf(value: RubyValue, what: string) {
  if (!(value instanceof RubyHash)) throw new Refusal('bad-envelope', `${what} that is no hash`)
  const read = {
    value(name: string): RubyValue {
      const found = field(value, name)
      if (found === undefined) throw new Refusal('bad-envelope', `${what} without ${name}`)
      return found
    },
    text(name: string): string {
      const found = asText(read.value(name))
      if (found === undefined) throw new Refusal('bad-envelope', `${what} whose ${name} is no string`)
      return found
    },
    is(name: string, wanted: string): void {
      const found = read.text(name)
      if (found === wanted) return
      const shown = JSON.stringify(excerpt(found, 40))
      throw new Refusal('bad-envelope', `${what} whose ${name} is ${shown}; only ${wanted} is understood`)
    },
    bytes(name: string): Buffer {
      const found = asBytes(read.value(name))
      if (found === undefined) throw new Refusal('bad-envelope', `${what} whose ${name} is no string`)
      return found
    },
    identity(name: string): string {
      const found = read.text(name)
      if (!IDENTITY.test(found)) {
        throw new Refusal(
          'bad-envelope',
          `${what} whose ${name} is no host name: ${JSON.stringify(excerpt(found, 80))}`,
        )
      }
      return found
    },
    requestId(): string {
      const found = read.text('requestid')
      if (!REQUEST_ID.test(found)) {
        throw new Refusal('bad-envelope', `${what} whose requestid is not 32 hexadecimal characters`)
      }
      return found
    },
    seconds(name: string): number {
      const found = read.value(name)
      if (typeof found !== 'number' || found < 0) {
        throw new Refusal('bad-envelope', `${what} whose ${name} is no number of seconds`)
      }
      return found
    },
  }
  return read
}
