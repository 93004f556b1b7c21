import { createSign, createVerify, type KeyObject } from 'node:crypto'
import { readReply, readRequest, replyHash, requestHash } from '../envelope'
import { Refusal } from '../refusal'
import { symbolHash } from '../marshal/values'
import { bindRequest, checkBinding } from './binding'
import { unwrap } from './secured_times'
import type { ClientSecurity, ServerSecurity } from './security'
import type { Serializer } from './serializer'

export interface SslClientKeys {
  privateKey: KeyObject
  /** The key that all servers share and sign their replies with. */
  serverPublicKey: KeyObject
}

export interface SslServerKeys {
  privateKey: KeyObject
  /** Returns the client's public key by the name in its callerid, or undefined for an unknown client. */
  clientPublicKey(name: string): KeyObject | undefined
}

/**
 * Returns the client's half of the `ssl` provider: RSA-SHA1 over the body, which for requests also holds the ttl and
 * the time. The filter, the agent and the collective are outside the signature.
 */
export function sslClient(keys: SslClientKeys, callerid: string, serializer: Serializer): ClientSecurity {
  return {
    callerid,
    sealRequest({ message, ...envelope }) {
      const body = serializer.encode(
        symbolHash({
          ssl_msg: bindRequest(message, envelope),
          ssl_ttl: envelope.ttl,
          ssl_msgtime: envelope.msgtime,
        }),
      )
      const hash = sign(body, keys.privateKey)
      return serializer.encode(requestHash({ ...envelope, callerid, body, hash }))
    },
    peekReply: (bytes) => readReply(serializer.decode(bytes)),
    openReply({ body, hash, ...envelope }) {
      verify(body, hash, keys.serverPublicKey)
      return { ...envelope, message: serializer.decode(body) }
    },
  }
}

export function sslServer(keys: SslServerKeys, serializer: Serializer): ServerSecurity {
  return {
    openRequest(bytes) {
      const { body, hash, ...envelope } = readRequest(serializer.decode(bytes))
      const name = envelope.callerid.replace(/^cert=/, '')
      const key = envelope.callerid.startsWith('cert=') ? keys.clientPublicKey(name) : undefined
      if (key === undefined)
        throw new Refusal('bad-signature', `no public key is known for ${envelope.callerid}`)
      verify(body, hash, key)
      return {
        ...envelope,
        message: checkBinding(unwrap(serializer.decode(body), 'ssl', envelope), envelope),
      }
    },
    sealReply({ message, ...envelope }) {
      const body = serializer.encode(message)
      return serializer.encode(replyHash({ ...envelope, body, hash: sign(body, keys.privateKey) }))
    },
  }
}

// Ruby's Base64.encode64 wraps at 60 columns and ends with a newline; peers compare the text after decoding.
function sign(body: Buffer, key: KeyObject): string {
  const signature = createSign('RSA-SHA1').update(body).sign(key, 'base64')
  return signature.replace(/.{1,60}/g, '$&\n')
}

function verify(body: Buffer, signature: string, key: KeyObject): void {
  const good = createVerify('RSA-SHA1').update(body).verify(key, Buffer.from(signature, 'base64'))
  if (!good) throw new Refusal('bad-signature', 'signed with another key, or changed on the way')
}
