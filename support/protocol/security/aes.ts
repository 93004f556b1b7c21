import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  privateDecrypt,
  privateEncrypt,
  publicDecrypt,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { readReply, readRequest, replyHash, requestHash } from '../envelope'
import { symbolHash } from '../marshal/values'
import { Refusal } from '../refusal'
import { bindRequest, checkBinding } from './binding'
import { unwrap } from './secured_times'
import type { ClientSecurity, ServerSecurity } from './security'
import { marshal } from './serializer'

export interface AesClientKeys {
  privateKey: KeyObject
}

export interface AesServerKeys {
  /** Returns the client's public key by the name in its callerid, or undefined for an unknown client. */
  clientPublicKey(name: string): KeyObject | undefined
}

/** The field in which MCollective has the wrapped key; other providers have their signature in `hash`. */
const SEAL = 'sslkey'

/**
 * Returns the client's half of the `aes_security` provider. The body is encrypted with AES-256-CBC under a key that the
 * client wraps with its private key. So any host can read it and knows whose it is. Hosts wrap theirs with the client's
 * public key, so that the client alone can read replies. Replies are not signed: every holder of a client's public key
 * can write one. The filter, the agent and the collective are not encrypted.
 */
export function aesClient({ privateKey }: AesClientKeys, callerid: string): ClientSecurity {
  return {
    callerid,
    sealRequest({ message, ...envelope }) {
      const { ttl, msgtime } = envelope
      const secured = symbolHash({
        aes_msg: bindRequest(message, envelope),
        aes_ttl: ttl,
        aes_msgtime: msgtime,
      })
      const { body, seal } = encrypt(marshal.encode(secured), (key) => privateEncrypt(privateKey, key))
      return marshal.encode(requestHash({ ...envelope, callerid, body, hash: seal }, SEAL))
    },
    peekReply: (bytes) => readReply(marshal.decode(bytes), SEAL),
    openReply({ body, hash, ...envelope }) {
      const plain = decrypt(body, hash, (wrapped) => unwrapKey(privateKey, wrapped))
      return { ...envelope, message: marshal.decode(plain) }
    },
  }
}

export function aesServer({ clientPublicKey }: AesServerKeys): ServerSecurity {
  const keyOf = (callerid: string) => {
    const key = callerid.startsWith('cert=') ? clientPublicKey(callerid.slice('cert='.length)) : undefined
    if (key === undefined) throw new Refusal('bad-signature', `no public key is known for ${callerid}`)
    return key
  }
  return {
    openRequest(bytes) {
      const { body, hash, ...envelope } = readRequest(marshal.decode(bytes), SEAL)
      const key = keyOf(envelope.callerid)
      const plain = decrypt(body, hash, (wrapped) => publicDecrypt(key, wrapped))
      return { ...envelope, message: checkBinding(unwrap(marshal.decode(plain), 'aes', envelope), envelope) }
    },
    sealReply({ message, ...envelope }, callerid) {
      const key = keyOf(callerid)
      const padding = constants.RSA_PKCS1_PADDING
      const { body, seal } = encrypt(marshal.encode(message), (secret) =>
        publicEncrypt({ key, padding }, secret),
      )
      return marshal.encode(replyHash({ ...envelope, body, hash: seal }, SEAL))
    },
  }
}

function encrypt(plain: Buffer, wrap: (key: Buffer) => Buffer): { body: Buffer; seal: string } {
  const secret = randomBytes(32)
  const { key, iv } = deriveKey(secret)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const data = Buffer.concat([cipher.update(plain), cipher.final()])
  return { body: Buffer.from(base64(data)), seal: base64(wrap(secret)) }
}

function decrypt(body: Buffer, seal: string, unwrapped: (wrapped: Buffer) => Buffer): Buffer {
  try {
    const { key, iv } = deriveKey(unwrapped(Buffer.from(seal, 'base64')))
    const decipher = createDecipheriv('aes-256-cbc', key, iv)
    return Buffer.concat([decipher.update(Buffer.from(body.toString('latin1'), 'base64')), decipher.final()])
  } catch (error) {
    // The exact reason is not shown.
    throw new Refusal('bad-signature', 'encrypted with another key, or changed on the way', { cause: error })
  }
}

const ROUNDS = 2_048

/** Derives key and IV by OpenSSL's EVP_BytesToKey with MD5 and no salt, the default of Ruby's `pkcs5_keyivgen`. */
function deriveKey(secret: Buffer): { key: Buffer; iv: Buffer } {
  const blocks: Buffer[] = []
  for (let block = Buffer.alloc(0); blocks.length < 3; blocks.push(block)) {
    block = Buffer.concat([block, secret])
    for (let round = 0; round < ROUNDS; round += 1) block = createHash('md5').update(block).digest()
  }
  const bytes = Buffer.concat(blocks)
  return { key: bytes.subarray(0, 32), iv: bytes.subarray(32) }
}

/**
 * Unwraps a key. Node refuses this padding for private keys where its OpenSSL may show by time whether it was right; no
 * sender gets an answer here.
 */
function unwrapKey(key: KeyObject, wrapped: Buffer): Buffer {
  const padded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, wrapped)
  const end = padded.indexOf(0, 2)
  if (padded[0] !== 0 || padded[1] !== 2 || end < 10) throw new Error('no padding')
  return padded.subarray(end + 1)
}

/** Encodes like Ruby's `Base64.encode64`, which wraps at 60 columns and ends with a newline. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/.{1,60}/g, '$&\n')
}
