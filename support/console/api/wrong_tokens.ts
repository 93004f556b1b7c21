import { networkOf } from '../login_limits'
import type { Clock } from '../../system/clock'

/** The wrong tokens of an address that are written down within the time. */
const MAX_OF_ADDRESS = 10
const WITHIN_MS = 15 * 60_000
/** The most addresses at a time; the oldest is forgotten for the next. */
const MAX_ADDRESSES = 20_000

/**
 * Counts wrong tokens by address, so that one address fills no log. A token has 256 random bits: no number of guesses finds one, and
 * a right one is let in beside wrong ones of the same address.
 */
export class WrongTokens {
  private readonly counts = new Map<string, { count: number; since: number }>()

  constructor(private readonly clock: Pick<Clock, 'elapsed'>) {}

  /** Counts a wrong token. Returns whether it is to be written down. */
  add(address: string): boolean {
    const key = networkOf(address)
    const now = this.clock.elapsed()
    const known = this.counts.get(key)
    if (known !== undefined && now - known.since < WITHIN_MS) {
      known.count += 1
      return known.count <= MAX_OF_ADDRESS
    }
    this.counts.delete(key)
    const [oldest] = this.counts.keys()
    if (this.counts.size >= MAX_ADDRESSES && oldest !== undefined) this.counts.delete(oldest)
    this.counts.set(key, { count: 1, since: now })
    return true
  }
}
