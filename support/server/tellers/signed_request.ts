import { createHash, timingSafeEqual } from 'node:crypto'

/** A request as it came, with its raw body: a signature is over bytes. */
export interface SignedRequest {
  header: (name: string) => string | undefined
  body: Buffer
  /** Milliseconds since 1970, by the clock of this machine. */
  now: number
}

/**
 * The mark that makes a telling this one and no other. It has only what somebody without the secret cannot choose; undefined for a
 * request that proves nothing.
 */
export type Proof = { sameness: string | Buffer } | undefined

/** Compares texts in a time that says nothing of where they differ. */
export function isSameText(given: string, expected: string): boolean {
  return timingSafeEqual(digestOf(given), digestOf(expected))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
