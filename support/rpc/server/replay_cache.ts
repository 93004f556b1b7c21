/** Beyond this many, nothing more is remembered until some have expired. */
const IDS_AT_MOST = 200_000
const SWEEP_FROM = 1_000

/** The ids of requests that could come a second time. Times in seconds. */
export class ReplayCache {
  private readonly until = new Map<string, number>()
  private sweepAt = SWEEP_FROM

  constructor(
    known: ReadonlyMap<string, number> = new Map(),
    private readonly atMost = IDS_AT_MOST,
  ) {
    for (const [id, until] of known) this.until.set(id, until)
  }

  /** Whether a request is new, was seen, or cannot be told apart from later ones since there is no room for it. */
  take(id: string, until: number, now: number): 'new' | 'seen' | 'no room' {
    const seen = this.until.get(id)
    if (seen !== undefined && seen >= now) return 'seen'
    if (this.until.size >= this.sweepAt) this.sweep(now)
    if (this.until.size >= this.atMost) return 'no room'
    this.until.set(id, until)
    return 'new'
  }

  get size(): number {
    return this.until.size
  }

  private sweep(now: number): void {
    for (const [id, until] of this.until) if (until < now) this.until.delete(id)
    // So that each id is looked at a few times at most.
    this.sweepAt = Math.min(this.atMost, Math.max(SWEEP_FROM, this.until.size * 2))
  }
}
