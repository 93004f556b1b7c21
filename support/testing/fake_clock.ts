import type { Clock } from '../system/clock'

/** A clock that stands still between calls, and jumps to the next timer when a test says so. */
export class FakeClock implements Clock {
  private time = 0
  private readonly due = new Map<() => void, number>()

  now(): number {
    return this.time
  }

  elapsed(): number {
    return this.time
  }

  after(ms: number, callback: () => void): () => void {
    const own = () => callback()
    this.due.set(own, this.time + ms)
    return () => void this.due.delete(own)
  }

  /** Milliseconds until each timer, the soonest first. */
  get pending(): number[] {
    return [...this.due.values()].map((at) => at - this.time).sort((a, b) => a - b)
  }

  /** Jumps to `late` ms after the next timer's time, calls the timer, and waits for all that follows from it. */
  async next(late = 0): Promise<void> {
    const [soonest] = [...this.due].sort(([, a], [, b]) => a - b)
    if (soonest === undefined) throw new Error('nothing is due')
    const [callback, at] = soonest
    this.time = Math.max(this.time, at + late)
    this.due.delete(callback)
    callback()
    await settled()
  }
}

/** Resolves when all work that waits for nothing but its turn is done. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate)
}
