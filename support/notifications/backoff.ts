/** The number of times that a message is tried again. */
export const RETRIES = 3

const FIRST = 500
const MAX_WAIT_MS = 10_000

/**
 * Returns the milliseconds to wait before the next try: longer each time, and no two channels at the same moment.
 * `asked` is how long the other side wants to be left alone, ms; it is heeded up to a bound. `random` is from 0 up to
 * 1.
 */
export function backoff(tried: number, random: number, asked: number | undefined): number {
  const own = FIRST * 2 ** tried * (0.5 + random / 2)
  return Math.max(own, Math.min(asked ?? 0, MAX_WAIT_MS))
}
