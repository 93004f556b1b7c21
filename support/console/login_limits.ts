import { isIPv6 } from 'node:net'
import type { Clock } from '../system/clock'

/** Failed logins from one address, of any names, within the time. */
const MAX_OF_ADDRESS = 10
/** Failed logins with one name from browsers that have never logged in with it. */
const MAX_OF_NAME = 30
/** Failed logins with one name from a browser that has. */
const MAX_OF_BROWSER = 10
const WITHIN_MS = 15 * 60_000
/** The most counts at a time; the oldest is forgotten for the next. */
const MAX_COUNTS = 20_000

/** A login that is tried. */
export interface Attempt {
  /** The name that was typed; undefined where it is typed elsewhere. */
  name: string | undefined
  address: string
  /** A text of the browser that has logged in with this name before; undefined for any other one. */
  browser: string | undefined
}

/**
 * Bounds how often passwords are guessed: by address, and by name. Strangers use up the guesses of strangers alone: a
 * browser that has logged in with a name before has guesses of its own, also behind an address that others share.
 */
export class LoginLimits {
  private readonly counts = new Map<string, { count: number; since: number }>()

  constructor(private readonly clock: Pick<Clock, 'elapsed'>) {}

  /** Counts an attempt. Returns the seconds after which it may be tried; undefined for now. */
  begin(attempt: Attempt): number | undefined {
    const bounds = boundsOf(attempt)
    const waits = bounds.flatMap(([key, most]) => this.waitOf(key, most) ?? [])
    if (waits.length > 0) return Math.ceil(Math.max(...waits) / 1_000)
    // Counted before the password is compared: attempts at the same time are no way round.
    for (const [key] of bounds) this.add(key)
    return undefined
  }

  /** Takes back the count of an attempt that was right, or that was not judged. */
  takeBack(attempt: Attempt): void {
    for (const [key] of boundsOf(attempt)) {
      const known = this.counts.get(key)
      if (known !== undefined && known.count > 0) known.count -= 1
    }
  }

  private waitOf(key: string, most: number): number | undefined {
    const known = this.counts.get(key)
    if (known === undefined) return undefined
    const age = this.clock.elapsed() - known.since
    if (age < WITHIN_MS) return known.count >= most ? WITHIN_MS - age : undefined
    this.counts.delete(key)
    return undefined
  }

  private add(key: string): void {
    const known = this.counts.get(key)
    if (known !== undefined) {
      known.count += 1
      return
    }
    const [oldest] = this.counts.keys()
    if (this.counts.size >= MAX_COUNTS && oldest !== undefined) this.counts.delete(oldest)
    this.counts.set(key, { count: 1, since: this.clock.elapsed() })
  }
}

function boundsOf({ name, address, browser }: Attempt): [key: string, most: number][] {
  if (browser !== undefined) return [[`browser ${browser}`, MAX_OF_BROWSER]]
  return [
    [`address ${networkOf(address)}`, MAX_OF_ADDRESS],
    ...(name === undefined ? [] : [[`name ${name}`, MAX_OF_NAME] as [string, number]]),
  ]
}

/** Returns the address, or of IPv6 the network that one customer has. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? []
  const [before, behind] = [head, tail].map((part) => part.split(':').filter((each) => each !== ''))
  const zeros = address.includes('::') ? 8 - (before?.length ?? 0) - (behind?.length ?? 0) : 0
  const all = [...(before ?? []), ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...(behind ?? [])]
  return all
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':')
}
