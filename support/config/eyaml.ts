import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { LockstepError } from '../system/errors'
import { EnvelopeFault, expectEnvelope, openEnvelope } from './enveloped_data'
import { excerpt } from '../system/redaction'

const MAX_CHARACTERS = 4 * 1024 * 1024
const TOKEN = /ENC\[([^\]]*)\]/g

export function isEncrypted(text: string): boolean {
  return text.includes('ENC[')
}

/**
 * Decrypts each `ENC[PKCS7,…]` in a text of hiera-eyaml; white space inside the brackets is ignored. `what` names the
 * text and its place, such as `lockstep.yaml:9: the psk secret`.
 * @throws LockstepError `bad-config` that shows neither the text nor the plain text
 */
export function decryptEyaml(text: string, what: string, privateKey: KeyObject): string {
  const fault = (why: string) => new LockstepError('bad-config', `${what} ${why}`)
  if (text.length > MAX_CHARACTERS) throw fault('is too long to be a secret')
  if (!isEncrypted(text)) throw fault('is not encrypted; expected ENC[PKCS7,…]')
  if (isEncrypted(text.replaceAll(TOKEN, ''))) throw fault('is cut short: expected ENC[PKCS7,…] with its ]')
  const plain = text.replaceAll(TOKEN, (_token, inside: string) => decryptToken(inside, fault, privateKey))
  return plain.replace(/\r?\n$/, '')
}

/**
 * Reads the private key of eyaml. `where` begins the sentence of an error.
 * @throws LockstepError `bad-config` for a text that is no private key
 */
export function eyamlPrivateKey(pem: string, where: string): KeyObject {
  const fault = (why: string) => new LockstepError('bad-config', `${where} ${why}`)
  const key = attempt(
    () => createPrivateKey(pem),
    () =>
      fault(
        pem.includes('ENCRYPTED')
          ? 'is encrypted itself; give one that has no passphrase'
          : 'is no private key; expected PEM text',
      ),
  )
  if (key.asymmetricKeyType !== 'rsa')
    throw fault(`is a key of the type ${key.asymmetricKeyType ?? 'unknown'}; expected RSA`)
  return key
}

/**
 * Expects the certificate that values are encrypted with to belong to the private key.
 * @throws LockstepError `bad-config` when it belongs to another key
 */
export function expectPair(privateKey: KeyObject, certificatePem: string, where: string): void {
  const fault = (why: string) => new LockstepError('bad-config', `${where} ${why}`)
  const certificate = attempt(
    () => new X509Certificate(certificatePem),
    () => fault('is no certificate; expected PEM text as `eyaml createkeys` makes it'),
  )
  if (!certificate.checkPrivateKey(privateKey))
    throw fault(
      `is not of the same pair as eyaml.private_key (its serial is ${certificate.serialNumber}); values for the one cannot be opened with the other`,
    )
}

/**
 * Returns what is wrong with the form of each value in a text of hiera-eyaml, as the end of a sentence that shows nothing
 * of it. No key takes part.
 */
export function findFaultsOfForm(text: string): string[] {
  const faults: string[] = []
  const rest = text.replaceAll(TOKEN, (_token, inside: string) => {
    try {
      expectEnvelope(envelopeBytes(inside, (why) => new EnvelopeFault(why)))
    } catch (error) {
      if (!(error instanceof EnvelopeFault)) throw error
      faults.push(error.message)
    }
    return ''
  })
  return isEncrypted(rest) ? [...faults, 'is cut short: expected ENC[PKCS7,…] with its ]'] : faults
}

/** Returns the bytes within the brackets of a value. @throws what `fault` makes of the end of a sentence */
function envelopeBytes(inside: string, fault: (why: string) => Error): Buffer {
  const [, scheme = 'PKCS7', body = ''] = /^\s*(?:(\w+)\s*,)?([^,]*)$/.exec(inside) ?? ['', undefined, ',']
  if (scheme !== 'PKCS7')
    throw fault(`is encrypted with ${excerpt(scheme, 20)}, which is not understood; expected ENC[PKCS7,…]`)
  const base64 = body.replace(/\s+/g, '')
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    throw fault('is not base64 between ENC[PKCS7, and ]; a part of it may be missing')
  return Buffer.from(base64, 'base64')
}

function decryptToken(inside: string, fault: (why: string) => LockstepError, privateKey: KeyObject): string {
  const bytes = envelopeBytes(inside, fault)
  return attempt(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(openEnvelope(bytes, privateKey)),
    (error) =>
      fault(
        error instanceof EnvelopeFault
          ? error.message
          : 'does not come out as text; it may have been damaged',
      ),
  )
}

function attempt<T>(work: () => T, fault: (error: unknown) => LockstepError): T {
  try {
    return work()
  } catch (error) {
    throw fault(error)
  }
}
