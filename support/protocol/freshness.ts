import { Refusal } from './refusal'

/**
 * Refuses a message that is older than its ttl, or from further in the future than that. A clock that is off by so much
 * makes every other time in the message worthless. All in seconds.
 */
export function checkFreshness(msgtime: number, ttl: number, now: number): void {
  const age = now - msgtime
  if (age > ttl)
    throw new Refusal('expired', `sent ${age} s ago by its own clock; at most ${ttl} s are allowed`)
  if (-age > ttl) throw new Refusal('from-the-future', `sent ${-age} s in the future by its own clock`)
}
