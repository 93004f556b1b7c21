import type { Clock } from '../system/clock'

/** Milliseconds between two lines about refused requests. */
const EVERY_MS = 10_000

/**
 * The words on refused requests: the first at once, and how many more every ten seconds. A flood of them fills no disk.
 */
export class Refusals {
  private count = 0
  private isQuiet = false
  private stopTimer = () => {}

  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly tell: (count: number, why: string) => void,
  ) {}

  add(why: string): void {
    if (this.isQuiet) {
      this.count += 1
      return
    }
    this.tell(1, why)
    this.beQuiet(why)
  }

  stop(): void {
    this.stopTimer()
    if (this.count > 0) this.tell(this.count, 'and others before the end')
    this.count = 0
  }

  private beQuiet(why: string): void {
    this.isQuiet = true
    this.stopTimer = this.clock.after(EVERY_MS, () => {
      this.isQuiet = false
      if (this.count === 0) return
      this.tell(this.count, why)
      this.count = 0
      this.beQuiet(why)
    })
  }
}
