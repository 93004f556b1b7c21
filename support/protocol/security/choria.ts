import { createHash, sign, verify, type KeyObject } from 'node:crypto'
import { CALLERID, fieldsOf, type ReplyEnvelope, type RequestEnvelope } from '../envelope'
import { decodeFilter, encodeFilter } from '../filter'
import { decodeJson, encodeJson } from '../json'
import { RubyHash, stringHash, type RubyValue } from '../marshal/values'
import { asText } from '../plain'
import { excerpt, Refusal } from '../refusal'
import { certificateCheck, expectCaller, type ChoriaTrust } from './choria_trust'
import type { ClientSecurity, ServerSecurity } from './security'

export interface ChoriaClientKeys {
  /** The client's certificate, a PEM text: each request brings it along. */
  certificate: string
  privateKey: KeyObject
}

/**
 * Returns the client's half of Choria's security, version 1: RSA with SHA-256 over the whole request, with its filter,
 * its id, its time and its caller. Replies have a hash and no signature: who answers is known by the connection alone.
 */
export function choriaClient(
  { certificate, privateKey }: ChoriaClientKeys,
  callerid: string,
): ClientSecurity {
  const pubcert = certificate.trimEnd()
  return {
    callerid,
    sealRequest({ message, ...envelope }) {
      const request = encodeJson(
        stringHash({
          protocol: REQUEST,
          message: encodeJson(message),
          envelope: envelopeOf({ ...envelope, callerid }),
        }),
      )
      const signature = sign('sha256', Buffer.from(request), privateKey).toString('base64')
      return Buffer.from(
        encodeJson(stringHash({ protocol: SECURE_REQUEST, message: request, signature, pubcert })),
      )
    },
    peekReply: readReply,
    openReply: ({ body, hash: _hash, ...envelope }) => ({
      ...envelope,
      message: decodeJson(body.toString()),
    }),
  }
}

/** Returns the host's half. A request counts by the certificate that it brings along. */
export function choriaServer(trust: ChoriaTrust): ServerSecurity {
  const trusted = certificateCheck(trust)
  return {
    openRequest(bytes) {
      const secure = fieldsOf(decodeJson(bytes.toString()), 'a request')
      secure.is('protocol', SECURE_REQUEST)
      const message = secure.text('message')
      const signature = secure.text('signature')
      const owner = trusted(secure.text('pubcert'))
      // Ruby folds the lines of its Base64; Buffer passes over line ends.
      if (!verify('sha256', Buffer.from(message), owner.publicKey, Buffer.from(signature, 'base64')))
        throw new Refusal('bad-signature', `not signed by the key of ${owner.name}, or changed on the way`)
      const request = readRequest(message)
      expectCaller(request.callerid, owner, trust)
      return request
    },
    sealReply({ message, senderid, requestid, senderagent: agent, msgtime: time }) {
      const reply = encodeJson(
        stringHash({
          protocol: REPLY,
          message: encodeJson(message),
          envelope: stringHash({ senderid, requestid, agent, time }),
        }),
      )
      return Buffer.from(
        encodeJson(stringHash({ protocol: SECURE_REPLY, message: reply, hash: hashOf(reply) })),
      )
    },
  }
}

const SECURE_REQUEST = 'choria:secure:request:1'
const REQUEST = 'choria:request:1'
const SECURE_REPLY = 'choria:secure:reply:1'
const REPLY = 'choria:reply:1'

/** The keys of a request's envelope. Ruby's daemons refuse a request that has another one. */
const ENVELOPE = ['requestid', 'senderid', 'callerid', 'filter', 'collective', 'agent', 'ttl', 'time']

function envelopeOf(envelope: Omit<RequestEnvelope, 'body' | 'hash'>): RubyHash {
  const { requestid, senderid, callerid, filter, collective, agent, ttl, msgtime: time } = envelope
  return stringHash({
    requestid,
    senderid,
    callerid,
    filter: encodeFilter(filter),
    collective,
    agent,
    ttl,
    time,
  })
}

function readRequest(text: string): Omit<RequestEnvelope, 'body' | 'hash'> & { message: RubyValue } {
  const request = fieldsOf(decodeJson(text), 'a request')
  request.is('protocol', REQUEST)
  const inner = request.value('envelope')
  const envelope = fieldsOf(inner, 'a request')
  const unknown = keysOf(inner).find((key) => !ENVELOPE.includes(key))
  if (unknown !== undefined)
    throw new Refusal(
      'bad-envelope',
      `a request with ${JSON.stringify(excerpt(unknown, 40))}, which no version 1 of Choria has`,
    )
  const callerid = envelope.text('callerid')
  if (!CALLERID.test(callerid))
    throw new Refusal('bad-envelope', `a callerid of the form ${JSON.stringify(excerpt(callerid, 80))}`)
  return {
    message: decodeJson(request.text('message')),
    requestid: envelope.requestId(),
    senderid: envelope.identity('senderid'),
    callerid,
    filter: decodeFilter(envelope.value('filter')),
    collective: envelope.text('collective'),
    agent: envelope.text('agent'),
    ttl: envelope.seconds('ttl'),
    msgtime: envelope.seconds('time'),
  }
}

/** Reads a reply, and expects it to come as it was hashed. Nothing says that its sender has hashed it. */
function readReply(bytes: Buffer): ReplyEnvelope {
  const secure = fieldsOf(decodeJson(bytes.toString()), 'a reply')
  secure.is('protocol', SECURE_REPLY)
  const message = secure.text('message')
  const hash = secure.text('hash').trim()
  if (hash !== hashOf(message)) throw new Refusal('bad-signature', 'a reply that was changed on the way')
  const reply = fieldsOf(decodeJson(message), 'a reply')
  reply.is('protocol', REPLY)
  const envelope = fieldsOf(reply.value('envelope'), 'a reply')
  return {
    body: Buffer.from(reply.text('message')),
    senderid: envelope.identity('senderid'),
    requestid: envelope.requestId(),
    senderagent: envelope.text('agent'),
    msgtime: envelope.seconds('time'),
    hash,
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function keysOf(value: RubyValue): string[] {
  return value instanceof RubyHash ? [...value.entries.keys()].map((key) => asText(key) ?? '') : []
}
