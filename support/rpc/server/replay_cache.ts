/** The number of requests to remember at once. Requests that look and requests that change have rooms of their own. */
export interface ReplayLimits {
  readonly reads: number
  readonly readsOfCaller: number
  readonly changes: number
  readonly changesOfCaller: number
}

const LIMITS: ReplayLimits = {
  reads: 200_000,
  readsOfCaller: 30_000,
  changes: 20_000,
  changesOfCaller: 2_000,
}
/** Seconds for which a read is remembered. A read that comes again later is answered again: it changes nothing. */
export const READS_REMEMBERED_S = 60

export interface RememberedRequest {
  readonly id: string
  readonly caller: string
  readonly kind: 'readOnly' | 'mutating'
  /** The time until which the request could come again, s since 1970. */
  readonly until: number
}

/**
 * The ids of requests that could come a second time. Times in seconds.
 *
 * A change is remembered for as long as it could be fresh; where there is no room for it, it is refused. A caller has
 * at most half of the room that others leave, so that there is always some for one more. Reads are remembered for a
 * minute. The oldest are forgotten when all callers together fill the room: that costs a second answer, and no caller
 * is refused on account of others.
 */
export class ReplayCache {
  private readonly reads = new Room()
  private readonly changes = new Room()

  constructor(
    known: Iterable<Omit<RememberedRequest, 'kind'>> = [],
    private readonly limits: ReplayLimits = LIMITS,
  ) {
    for (const { id, caller, until } of known) this.changes.add(id, caller, until)
  }

  /** Returns whether a request is new, was seen before, or exceeds its caller's room. */
  take({ id, caller, kind, until }: RememberedRequest, now: number): 'new' | 'seen' | 'no room' {
    if (this.changes.has(id, now) || this.reads.has(id, now)) return 'seen'
    return kind === 'mutating' ? this.takeChange(id, caller, until, now) : this.takeRead(id, caller, now)
  }

  get size(): number {
    return this.reads.size + this.changes.size
  }

  private takeChange(id: string, caller: string, until: number, now: number): 'new' | 'no room' {
    const { changes, changesOfCaller } = this.limits
    const hasRoom = () => {
      const own = this.changes.sizeOf(caller)
      return own < Math.min(changesOfCaller, (changes - (this.changes.size - own)) / 2)
    }
    if (!hasRoom()) this.changes.sweep(now)
    else this.changes.sweepNowAndThen(now)
    if (!hasRoom()) return 'no room'
    this.changes.add(id, caller, until)
    return 'new'
  }

  private takeRead(id: string, caller: string, now: number): 'new' | 'no room' {
    const { reads, readsOfCaller } = this.limits
    const hasRoom = () => this.reads.sizeOf(caller) < readsOfCaller
    if (!hasRoom() || this.reads.size >= reads) this.reads.sweep(now, now + READS_REMEMBERED_S)
    else this.reads.sweepNowAndThen(now, now + READS_REMEMBERED_S)
    if (!hasRoom()) return 'no room'
    if (this.reads.size >= reads) this.reads.forgetOldest()
    this.reads.add(id, caller, now + READS_REMEMBERED_S)
    return 'new'
  }
}

const SWEEP_FROM = 1_000

/** Request ids with their callers, and the number of ids of each caller. */
class Room {
  private readonly entries = new Map<string, { caller: string; until: number }>()
  private readonly counts = new Map<string, number>()
  private sweepAt = SWEEP_FROM
  private sweptAt = Number.NEGATIVE_INFINITY

  get size(): number {
    return this.entries.size
  }

  sizeOf(caller: string): number {
    return this.counts.get(caller) ?? 0
  }

  has(id: string, now: number): boolean {
    return (this.entries.get(id)?.until ?? Number.NEGATIVE_INFINITY) >= now
  }

  add(id: string, caller: string, until: number): void {
    this.delete(id)
    this.entries.set(id, { caller, until })
    this.counts.set(caller, this.sizeOf(caller) + 1)
  }

  forgetOldest(): void {
    const [oldest] = this.entries.keys()
    if (oldest !== undefined) this.delete(oldest)
  }

  /** Sweeps when the room has doubled, so that each id is looked at a few times at most. */
  sweepNowAndThen(now: number, latest?: number): void {
    if (this.size >= this.sweepAt) this.sweep(now, latest)
  }

  /**
   * Forgets ids that are over, and ids that end later than `latest` since the clock was set back. It does so once a
   * second at most.
   */
  sweep(now: number, latest = Number.POSITIVE_INFINITY): void {
    if (this.sweptAt === now) return
    this.sweptAt = now
    for (const [id, { until }] of this.entries) if (until < now || until > latest) this.delete(id)
    this.sweepAt = Math.max(SWEEP_FROM, this.size * 2)
  }

  private delete(id: string): void {
    const entry = this.entries.get(id)
    if (entry === undefined) return
    this.entries.delete(id)
    const left = this.sizeOf(entry.caller) - 1
    if (left > 0) this.counts.set(entry.caller, left)
    else this.counts.delete(entry.caller)
  }
}
