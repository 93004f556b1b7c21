import { createHmac } from 'node:crypto'
import { isSameText, type Proof, type SignedRequest } from './signed_request'

/** A signature as GitHub, Gitea and Forgejo make it: the HMAC-SHA256 of the body, in small hex digits. */
export interface HexSignature {
  /** The headers that may have it; one that is right is enough. */
  headers: readonly string[]
  /** The text before the digits. */
  prefix: string
}

/** Returns whether a request could be signed at all. It needs no secret, and no body. */
export function looksSigned(header: SignedRequest['header'], { headers, prefix }: HexSignature): boolean {
  return headers.some((name) => isDigest(header(name), prefix))
}

/** Returns the proof of a signed body. No time is signed, so only the memory of the body keeps it from a second use. */
export function proveBody({ header, body }: SignedRequest, secret: string, form: HexSignature): Proof {
  const expected = form.prefix + createHmac('sha256', secret).update(body).digest('hex')
  const isRight = form.headers.some((name) => isSameText(header(name) ?? '', expected))
  return isRight ? { sameness: body } : undefined
}

function isDigest(value: string | undefined, prefix: string): boolean {
  return value?.startsWith(prefix) === true && /^[0-9a-f]{64}$/.test(value.slice(prefix.length))
}
