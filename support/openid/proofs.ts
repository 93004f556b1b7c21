import { createHmac } from 'node:crypto'

/**
 * Returns what ties the answer of the provider to the browser: all of it comes from one secret, which the browser has in a
 * cookie, and none of it leads back to the secret.
 */
export function proofsOf(secret: string): { state: string; nonce: string; verifier: string } {
  const derive = (what: string) => createHmac('sha256', secret).update(`openid ${what}`).digest('base64url')
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('verifier') }
}
