import type { FetchOrder, FetchRound, Fleets } from '../pipeline/fetcher'

/** Fleets in memory: what hosts answer is what a test says. */
export class MemoryFleets implements Fleets {
  readonly orders: FetchOrder[] = []
  /** Called with each order, before it is answered. */
  onOrder: (order: FetchOrder) => void | Promise<void> = () => {}

  constructor(public answer: (order: FetchOrder) => FetchRound) {}

  takesTag(tag: string): boolean {
    return /^[\w.-]+$/.test(tag)
  }

  async fetch(order: FetchOrder): Promise<FetchRound> {
    this.orders.push(order)
    await this.onOrder(order)
    return this.answer(order)
  }
}
