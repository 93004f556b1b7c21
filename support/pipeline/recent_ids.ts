/** Knows ids again: at least the last `atLeast` of them, and at most twice as many. */
export class RecentIds {
  private recent = new Set<string>()
  private older = new Set<string>()

  constructor(private readonly atLeast: number) {}

  add(id: string): void {
    if (this.recent.size >= this.atLeast) {
      this.older = this.recent
      this.recent = new Set()
    }
    this.recent.add(id)
  }

  has(id: string): boolean {
    return this.recent.has(id) || this.older.has(id)
  }
}
