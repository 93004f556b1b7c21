import type { ClaimAnswer, ClaimRequest, ClaimRow, ClaimTable, Removable } from '../locks/claim_table'
import { LockstepError } from '../system/errors'
import type { Clock } from '../system/clock'

const GIVES_UP_MS = 12_000
const MAX_LATE_MS = 300_000

/** The way to a table of claims: it loses requests and answers, delays them, or is cut. */
export class FaultyNetwork implements ClaimTable {
  fate: 'none' | 'request' | 'answer' | 'delay' = 'none'
  isCut = false

  constructor(
    private readonly table: ClaimTable,
    private readonly clock: Pick<Clock, 'after'>,
    private random: number,
  ) {}

  get name(): string {
    return this.table.name
  }

  claim(request: ClaimRequest): Promise<ClaimAnswer> {
    return this.send(() => this.table.claim(request))
  }

  renew(run: string, token: string): Promise<boolean> {
    return this.send(() => this.table.renew(run, token))
  }

  remove(run: string, token: string): Promise<void> {
    return this.send(() => this.table.remove(run, token))
  }

  discard(claim: Removable): Promise<boolean> {
    return this.send(() => this.table.discard(claim))
  }

  list(): Promise<readonly ClaimRow[]> {
    return this.send(() => this.table.list())
  }

  private send<T>(act: () => Promise<T>): Promise<T> {
    const fate = this.isCut ? 'request' : this.fate
    const there = this.below(fate === 'delay' ? MAX_LATE_MS : 2_000)
    const back = this.below(fate === 'delay' ? MAX_LATE_MS : 2_000)
    return new Promise((resolve, reject) => {
      this.clock.after(GIVES_UP_MS, () =>
        reject(new LockstepError('lock-failed', 'it did not answer in time')),
      )
      if (fate === 'request') return
      // The database does it, also when the one who asked has given up by then.
      this.clock.after(there, () => {
        const done = act()
        if (fate !== 'answer') this.clock.after(back, () => void done.then(resolve, reject))
      })
    })
  }

  /** Returns a number below `limit`, the same for the same seed. */
  private below(limit: number): number {
    this.random = (Math.imul(this.random, 1_103_515_245) + 12_345) >>> 0
    return this.random % limit
  }
}
