import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import * as v from 'valibot'

const KEY =
  'a public key as one line of base64: the line between BEGIN and END that lockstep pipeline --public-key prints'

/** The schema of a public key of Ed25519, as the base64 of its DER form (SPKI). */
export const publicKeySetting = v.pipe(
  v.string(KEY),
  v.check((text) => parsePublicKey(text) !== undefined, KEY),
)

/** Returns a public key of Ed25519; undefined for another text. */
export function parsePublicKey(text: string): KeyObject | undefined {
  if (!/^[A-Za-z0-9+/]{40,200}={0,2}$/.test(text)) return undefined
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
    return key.asymmetricKeyType === 'ed25519' && formatPublicKey(key) === text ? key : undefined
  } catch {
    return undefined
  }
}

/** Returns the one line that `parsePublicKey` reads. */
export function formatPublicKey(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** Returns the name of a key: the first 16 hex digits of the SHA-256 of its public half in DER (SPKI). */
export function idOfKey(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}
