import type { Clock } from '../system/clock'

/** The longest time that a timer can be set for; a longer one would go off at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A bell that lets a loop sleep until there is something to do. A ring that finds no wait is heard by the next one. */
export class Bell {
  private isRung = false
  private hear: (() => void) | undefined

  constructor(private readonly clock: Clock) {}

  ring(): void {
    this.isRung = true
    this.hear?.()
  }

  /** Resolves once it is rung, after `ms` where that is given and a timer can be set for it, or when the signal is aborted. */
  async wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (!this.isRung && !signal.aborted)
      await new Promise<void>((resolve) => {
        const stop =
          ms === undefined ? () => {} : this.clock.after(Math.min(ms, MAX_TIMER_MS), () => this.hear?.())
        this.hear = () => {
          stop()
          signal.removeEventListener('abort', abort)
          this.hear = undefined
          resolve()
        }
        const abort = () => this.hear?.()
        signal.addEventListener('abort', abort, { once: true })
      })
    this.isRung = false
  }
}
