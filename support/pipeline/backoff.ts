/** The times of another try: each fault doubles the pause, up to a limit. A success begins again. */
export class Backoff {
  private faults = 0
  private notBefore = -Infinity

  constructor(
    private readonly elapsed: () => number,
    private readonly firstMs: number,
    private readonly mostMs: number,
  ) {}

  /** Milliseconds until the next try may be; 0 when it may be now. */
  get rest(): number {
    return Math.max(0, this.notBefore - this.elapsed())
  }

  /** Returns the milliseconds until the next try. */
  fail(): number {
    const pause = Math.min(this.firstMs * 2 ** Math.min(this.faults, 30), this.mostMs)
    this.faults += 1
    this.notBefore = this.elapsed() + pause
    return pause
  }

  succeed(): void {
    this.faults = 0
    this.notBefore = -Infinity
  }
}
