import { constants, createDecipheriv, privateDecrypt, type KeyObject } from 'node:crypto'
import type * as Asn1 from 'asn1js'

/** A fault of an envelope. Its message is the end of a sentence that begins with what the envelope holds. */
export class EnvelopeFault extends Error {}

const ENVELOPED_DATA = '1.2.840.113549.1.7.3'
const RSA = '1.2.840.113549.1.1.1'
const CIPHERS: ReadonlyMap<string, { name: string; keyBytes: number; ivBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 }],
])

/**
 * Decrypts a PKCS7 (CMS) EnvelopedData, DER or BER, with the RSA key of its recipient.
 * @throws EnvelopeFault; never anything else, for any bytes
 */
export function openEnvelope(bytes: Uint8Array, privateKey: KeyObject): Buffer {
  const { readable, cipher, iv, content } = readEnvelope(bytes)
  for (const { wrapped } of readable) {
    const key = unwrapKey(wrapped, privateKey, cipher.keyBytes)
    if (key !== undefined) return decipherContent(cipher.name, key, iv, content)
  }
  const serials = readable.map(({ serial }) => serial).join(', ')
  throw new EnvelopeFault(
    `is encrypted for another key: serial ${serials}; expected one that eyaml.private_key opens`,
  )
}

/**
 * Expects bytes to have the form of an EnvelopedData that `openEnvelope` can open with its key: neither cut short nor of
 * another kind. No key takes part: an answer to strangers about what a key opens would let them decrypt, by asking often.
 * @throws EnvelopeFault; never anything else, for any bytes
 */
export function expectEnvelope(bytes: Uint8Array): void {
  const { readable, cipher, content } = readEnvelope(bytes)
  // Each of these ciphers has blocks as long as its initial vector, and fills up the last one.
  if (content.length === 0 || content.length % cipher.ivBytes !== 0) throw damagedEnvelope()
  if (readable.every(({ wrapped }) => wrapped.length < MIN_WRAPPED_BYTES)) throw damagedEnvelope()
}

/** The bytes of a key that is wrapped with RSA of 1,024 bits; less is cut short. */
const MIN_WRAPPED_BYTES = 128

function readEnvelope(bytes: Uint8Array) {
  const { recipients, algorithm, iv, content } = parseEnvelope(bytes)
  const cipher = CIPHERS.get(algorithm)
  if (cipher === undefined)
    throw new EnvelopeFault(
      `is encrypted with the cipher ${algorithm}, which is not understood; expected AES or triple DES in CBC mode`,
    )
  if (iv.length !== cipher.ivBytes) throw new EnvelopeFault('is damaged: its initial vector is too short')
  const readable = recipients.filter(({ wrapping }) => wrapping === RSA)
  if (readable.length === 0)
    throw new EnvelopeFault('has its key wrapped in a way that is not understood; expected RSA (PKCS#1 v1.5)')
  return { readable, cipher, iv, content }
}

interface Envelope {
  recipients: readonly Recipient[]
  algorithm: string
  iv: Uint8Array
  content: Uint8Array
}

interface Recipient {
  /** The serial number of the recipient's certificate, in hexadecimal. */
  serial: string
  wrapping: string
  wrapped: Uint8Array
}

function parseEnvelope(bytes: Uint8Array): Envelope {
  // The parser is loaded only where something is encrypted.
  const asn1 = require('asn1js') as typeof Asn1
  try {
    return envelopeOf(asn1, bytes)
  } catch (error) {
    if (error instanceof EnvelopeFault) throw error
    throw damagedEnvelope()
  }
}

function envelopeOf(asn1: typeof Asn1, bytes: Uint8Array): Envelope {
  const { offset, result } = asn1.fromBER(Uint8Array.from(bytes))
  if (offset === -1 || result.error !== '')
    throw new EnvelopeFault('is no PKCS7 message, or one that is cut short')
  const [type, explicit] = children(asn1, result)
  if (oid(asn1, type) !== ENVELOPED_DATA)
    throw new EnvelopeFault('is a PKCS7 message of another kind; expected enveloped data')
  const parts = children(asn1, children(asn1, explicit)[0])
  const recipients = parts.find((part) => part instanceof asn1.Set)
  const [, encryption, content] = children(
    asn1,
    parts.find((part) => part instanceof asn1.Sequence),
  )
  const [algorithm, iv] = children(asn1, encryption)
  return {
    recipients: children(asn1, recipients).flatMap((recipient) => recipientOf(asn1, recipient)),
    algorithm: oid(asn1, algorithm),
    iv: octets(asn1, iv),
    content: octets(asn1, content),
  }
}

/** Reads a recipient, or none from a block of another form: that one holds no RSA key. */
function recipientOf(asn1: typeof Asn1, block: Asn1.AsnType): Recipient[] {
  if (!(block instanceof asn1.Sequence)) return []
  const [, who, wrapping, wrapped] = children(asn1, block)
  const serial = who instanceof asn1.Sequence ? children(asn1, who)[1] : undefined
  return [
    {
      serial: serial instanceof asn1.Integer ? hex(serial.valueBlock.valueHexView) : 'not said',
      wrapping: oid(asn1, children(asn1, wrapping)[0]),
      wrapped: octets(asn1, wrapped),
    },
  ]
}

function children(asn1: typeof Asn1, block: unknown): readonly Asn1.AsnType[] {
  if (!(block instanceof asn1.Constructed)) throw damagedEnvelope()
  return block.valueBlock.value
}

function oid(asn1: typeof Asn1, block: unknown): string {
  if (!(block instanceof asn1.ObjectIdentifier)) throw damagedEnvelope()
  return block.valueBlock.toString()
}

/** Returns bytes in one piece or in several. A sender that does not know their length writes several. */
function octets(asn1: typeof Asn1, block: unknown): Uint8Array {
  if (block instanceof asn1.OctetString) return new Uint8Array(block.getValue())
  if (block instanceof asn1.Primitive) return block.valueBlock.valueHexView
  return Buffer.concat(children(asn1, block).map((piece) => octets(asn1, piece)))
}

/** Returns the unwrapped key; undefined when it was wrapped for another key. */
function unwrapKey(wrapped: Uint8Array, privateKey: KeyObject, length: number): Buffer | undefined {
  const block = plainBlock(wrapped, privateKey)
  if (block === undefined || block[0] !== 0 || block[1] !== 2) return undefined
  const end = block.indexOf(0, 2)
  return end >= 10 && block.length - end - 1 === length ? block.subarray(end + 1) : undefined
}

/**
 * Decrypts a block and keeps its padding. Node itself removes only OAEP, so that no server becomes an oracle; this code
 * answers no sender.
 */
function plainBlock(wrapped: Uint8Array, key: KeyObject): Buffer | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, wrapped)
  } catch {
    return undefined
  }
}

function decipherContent(name: string, key: Buffer, iv: Uint8Array, content: Uint8Array): Buffer {
  try {
    const cipher = createDecipheriv(name, key, iv)
    return Buffer.concat([cipher.update(content), cipher.final()])
  } catch {
    throw damagedEnvelope()
  }
}

function damagedEnvelope(): EnvelopeFault {
  return new EnvelopeFault('is damaged, or cut short; encrypt it again')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}
