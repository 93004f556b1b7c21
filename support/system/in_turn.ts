/**
 * A queue of work of which only one piece is under way. The next begins when the one before has ended, in success or
 * not.
 */
export class InTurn {
  private last: Promise<unknown> | undefined

  /**
   * Runs a piece of work in its turn. Work that is still waiting when its signal is aborted is never begun.
   * @throws the signal's reason
   */
  run<T>(waiting: { readonly signal: AbortSignal }, work: () => Promise<T> | T): Promise<T> {
    const turn =
      this.last === undefined
        ? begun(work)
        : this.last.then(() => {
            waiting.signal.throwIfAborted()
            return work()
          })
    this.follow(turn)
    return turn
  }

  private follow(turn: Promise<unknown>): void {
    const last: Promise<void> = turn.then(
      () => this.ended(last),
      () => this.ended(last),
    )
    this.last = last
  }

  private ended(turn: Promise<unknown>): void {
    if (this.last === turn) this.last = undefined
  }
}

async function begun<T>(work: () => Promise<T> | T): Promise<T> {
  return work()
}
