import type { Claim, Holder, LockStore, TakeFrom } from './lock_store'

/**
 * Locks that are kept in two places: by those of this control host, who may know no database, and by all control hosts.
 * Hosts are ours when both say so.
 */
export class BothLocks implements LockStore {
  private own: Claim | undefined

  constructor(
    private readonly here: LockStore,
    private readonly everywhere: LockStore,
  ) {}

  async claim(claim: Claim, takeFrom?: TakeFrom): Promise<readonly Holder[]> {
    const near = await this.here.claim(claim, takeFrom)
    if (near.length > 0) return near
    try {
      const far = await this.everywhere.claim(claim, takeFrom)
      if (far.length > 0) await this.giveWay()
      else this.own = claim
      return far
    } catch (error) {
      await this.giveWay()
      throw error
    }
  }

  expectOwned(): void {
    this.here.expectOwned()
    this.everywhere.expectOwned()
  }

  async renew(): Promise<void> {
    const [near, far] = await Promise.allSettled([this.here.renew(), this.everywhere.renew()])
    for (const done of [near, far]) if (done.status === 'rejected') throw done.reason
  }

  async release(): Promise<void> {
    this.own = undefined
    const done = await Promise.allSettled([this.everywhere.release(), this.here.release()])
    for (const each of done) if (each.status === 'rejected') throw each.reason
  }

  /** Returns all claims. One that both places have is of a process that is alive where either says so. */
  async list(): Promise<readonly Holder[]> {
    const [near, far] = await Promise.all([this.here.list(), this.everywhere.list()])
    const all = new Map(near.map((holder) => [holder.run, holder]))
    for (const holder of far) {
      const isAlive = all.get(holder.run)?.state === 'alive'
      all.set(holder.run, isAlive ? { ...holder, state: 'alive' } : holder)
    }
    return [...all.values()]
  }

  async discard(run: string): Promise<boolean> {
    const holder = (await this.list()).find((each) => each.run === run)
    if (holder === undefined || holder.state === 'alive') return false
    const done = [await this.here.discard(run), await this.everywhere.discard(run)]
    return done.includes(true)
  }

  /** Claims here what was claimed before, and no more. */
  private async giveWay(): Promise<void> {
    if (this.own === undefined) await this.here.release()
    else await this.here.claim(this.own)
  }
}
