/** Work of which only one piece may be under way; the next begins when the one before has ended, however it ended. */
export class InTurn {
  private last: Promise<unknown>

  /** The first one begins after `free`. */
  constructor(free: Promise<void> = Promise.resolve()) {
    this.last = free
  }

  /** What is still waiting when its signal is aborted is never begun. @throws the signal's reason */
  run<T>(signal: AbortSignal, work: () => Promise<T> | T): Promise<T> {
    const turn = this.last.then(() => {
      signal.throwIfAborted()
      return work()
    })
    this.last = turn.catch(() => {})
    return turn
  }
}
