import { createHash, timingSafeEqual } from 'node:crypto'
import { readReply, readRequest, replyHash, requestHash } from '../envelope'
import { Refusal } from '../refusal'
import { bindRequest, checkBinding } from './binding'
import type { ClientSecurity, ServerSecurity } from './security'
import { marshal } from './serializer'

/**
 * Returns the client's half of the `psk` provider: MD5 over the body and a secret that all peers share. It covers the
 * body alone. Every sender that can publish on the broker can rewrite the filter of a message. The time, the id and the
 * caller can be rewritten in messages that do not repeat them in their body. The broker's own passwords and TLS protect
 * those.
 */
export function pskClient(secret: string, callerid: string): ClientSecurity {
  const sign = signer(secret)
  return {
    callerid,
    sealRequest({ message, ...envelope }) {
      const body = marshal.encode(bindRequest(message, envelope))
      return marshal.encode(requestHash({ ...envelope, callerid, body, hash: sign(body) }))
    },
    peekReply: (bytes) => readReply(marshal.decode(bytes)),
    openReply({ body, hash, ...envelope }) {
      verify(sign(body), hash)
      return { ...envelope, message: marshal.decode(body) }
    },
  }
}

export function pskServer(secret: string): ServerSecurity {
  const sign = signer(secret)
  return {
    openRequest(bytes) {
      const { body, hash, ...envelope } = readRequest(marshal.decode(bytes))
      verify(sign(body), hash)
      return { ...envelope, message: checkBinding(marshal.decode(body), envelope) }
    },
    sealReply({ message, ...envelope }) {
      const body = marshal.encode(message)
      return marshal.encode(replyHash({ ...envelope, body, hash: sign(body) }))
    },
  }
}

function signer(secret: string): (body: Buffer) => string {
  return (body) => createHash('md5').update(body).update(secret, 'utf8').digest('hex')
}

function verify(expected: string, claimed: string): void {
  const [a, b] = [Buffer.from(expected), Buffer.from(claimed)]
  if (a.length !== b.length || !timingSafeEqual(a, b))
    throw new Refusal('bad-signature', 'signed with another secret, or changed on the way')
}
