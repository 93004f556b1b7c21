/**
 * The moments at which hosts answered one request, in whole milliseconds since it was sent. A silent host has no
 * moment: `last` is that of the last host that did answer.
 */
export interface AnswerTimes {
  /** The number of hosts that answered. */
  answered: number
  first: number
  /** The moment by which half of those that answered had done so; by `p95` nineteen of twenty had. */
  median: number
  p95: number
  last: number
}

/**
 * A stopwatch for the answers to one request. It keeps a number for each answer while the request lasts, and four of
 * them afterwards: what a run keeps does not grow with its hosts.
 */
export class AnswerStopwatch {
  private sentAt: number | undefined
  private readonly moments: number[] = []

  constructor(private readonly elapsed: () => number) {}

  /** Starts with the request. A request that is sent again began when it was sent first. */
  start(): void {
    this.sentAt ??= this.elapsed()
  }

  /** Takes the moment of one more answer. */
  lap(): void {
    if (this.sentAt !== undefined) this.moments.push(this.elapsed() - this.sentAt)
  }

  /** Returns the moments; undefined where no host answered. */
  get times(): AnswerTimes | undefined {
    const { length } = this.moments
    if (length === 0) return undefined
    const at = (share: number) => Math.round(this.moments[Math.max(0, Math.ceil(share * length) - 1)] ?? 0)
    return { answered: length, first: at(0), median: at(0.5), p95: at(0.95), last: at(1) }
  }
}
