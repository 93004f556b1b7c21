import type { Clock } from '../system/clock'

/** A clock that stands still between calls, and jumps to whatever is due next when a test says so. */
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

  /** How long until each of what is due, ms, the soonest first. */
  get pending(): number[] {
    return [...this.due.values()].map((at) => at - this.time).sort((a, b) => a - b)
  }

  /** Goes on to the next thing that is due, `late` ms after its time, and lets everything that follows from it happen. */
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

/** Lets everything happen that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate)
}
