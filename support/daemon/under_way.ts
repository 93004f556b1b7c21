/** The changes that have begun and are not answered yet. */
export class UnderWay {
  private readonly ids = new Set<string>()
  private waiting: (() => void)[] = []

  begin(id: string): void {
    this.ids.add(id)
  }

  end(id: string): void {
    this.ids.delete(id)
    if (this.ids.size > 0) return
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when there are none, at once where there are none now. */
  async untilNone(): Promise<void> {
    if (this.ids.size > 0) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }
}
