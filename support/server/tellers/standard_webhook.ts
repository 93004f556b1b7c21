import { createHmac } from 'node:crypto'
import { isSameText, type Proof, type SignedRequest } from './signed_request'

/** Milliseconds that a signed time may lie from this machine's, in either direction. */
const MAX_SKEW_MS = 5 * 60_000
/** The most signatures that one request may bring; a sender has two while it changes its key. */
const MAX_SIGNATURES = 8
const PREFIX = 'whsec_'

/** Returns whether a request has the headers of a signature. It needs no secret, and no body. */
export function looksSignedByStandard(header: SignedRequest['header']): boolean {
  return headersOf(header) !== undefined
}

/**
 * Returns the proof of a request that is signed as Standard Webhooks has it: `<id>.<time>.<body>`. The id is in the
 * signature, so it makes the telling this one. Source: the specification of Standard Webhooks, "Verifying webhook
 * authenticity".
 */
export function proveStandardWebhook({ header, body, now }: SignedRequest, signingKey: string): Proof {
  const found = headersOf(header)
  if (found === undefined || Math.abs(now - Number(found.time) * 1000) > MAX_SKEW_MS) return undefined
  const { id, time, signatures } = found
  const digest = createHmac('sha256', keyOf(signingKey)).update(`${id}.${time}.`).update(body)
  const expected = `v1,${digest.digest('base64')}`
  return signatures.some((given) => isSameText(given, expected)) ? { sameness: id } : undefined
}

/** An id has no dot: with one, the same signature would fit to another id and another body. */
function headersOf(header: SignedRequest['header']) {
  const [id = '', time = ''] = [header('webhook-id'), header('webhook-timestamp')]
  const signatures = (header('webhook-signature') ?? '').split(' ').filter((one) => one.startsWith('v1,'))
  const isWhole = /^[\w-]{1,256}$/.test(id) && /^\d{1,12}$/.test(time)
  return isWhole && signatures.length > 0 && signatures.length <= MAX_SIGNATURES
    ? { id, time, signatures }
    : undefined
}

function keyOf(signingKey: string): Buffer {
  return signingKey.startsWith(PREFIX)
    ? Buffer.from(signingKey.slice(PREFIX.length), 'base64')
    : Buffer.from(signingKey)
}
