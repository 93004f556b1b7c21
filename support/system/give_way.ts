import type { Clock } from './clock'

/**
 * Returns a function that resolves at once until work has gone on for `turnMs`; it lets others have their turn then. Long work calls
 * it between its pieces.
 */
export function giveWayEvery(turnMs: number, clock: Pick<Clock, 'elapsed'>): () => Promise<void> {
  let until = clock.elapsed() + turnMs
  return async () => {
    if (clock.elapsed() < until) return
    await new Promise((resolve) => setImmediate(resolve))
    until = clock.elapsed() + turnMs
  }
}
