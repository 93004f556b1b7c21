import { GRACE_MS, type ClaimRow, type ClaimTable, type Removable } from './claim_table'
import type { LeaseContext } from './lease_context'
import { LEASE, type Claim, type Holder, type LockStore, type TakeFrom } from './lock_store'
import { LockstepError } from '../system/errors'

/** A claim that was had, and for how long it is good. */
interface Own {
  run: string
  token: string
  hosts: readonly string[]
  good: Span
  /** Why it is had no longer, for good. */
  lost: LockstepError | undefined
  /** Why it was not renewed the last time. */
  trouble: string | undefined
}

/** The time since which a lease is counted, by both clocks of this machine. */
interface Span {
  elapsed: number
  now: number
}

/**
 * Locks in a database, for control hosts that share nothing else. A claim is good for a lease, and its holder counts the
 * lease from before it sent the request. The database counts from when it got it, by its own clock, and keeps the claim
 * for a time of grace behind that. So a holder that is cut off stops before another run may take its hosts.
 *
 * The lock of a session or of a transaction would be none: the server frees it as soon as a connection breaks, while the
 * rollout goes on, and a pooler gives the session to somebody else.
 */
export class LeasedLocks implements LockStore {
  private own: Own | undefined

  constructor(
    private readonly table: ClaimTable,
    private readonly context: LeaseContext,
  ) {}

  async claim(claim: Claim, takeFrom: TakeFrom = { runs: [], reason: '' }): Promise<readonly Holder[]> {
    const before = this.own
    if (before?.lost !== undefined) throw before.lost
    const { user, machine, pid, place, processStart, newToken } = this.context
    const token = before?.token ?? newToken()
    const start = processStart(pid) ?? ''
    const takes = await this.removable(takeFrom.runs)
    const isHad = before !== undefined
    const sent = this.moment()
    const request = { ...claim, token, user, machine, pid, place: place ?? null, start, isHad, takes }
    try {
      const { isLost, others } = await this.table.claim(request)
      if (isLost) throw this.lose(before, others)
      if (others.length > 0) return others.map((other) => this.holder(other, claim.hosts))
    } catch (error) {
      // The claim may be there although the answer is not.
      if (before === undefined) await this.table.remove(claim.run, token).catch(() => {})
      throw error
    }
    const own = before ?? {
      run: claim.run,
      token,
      good: sent,
      lost: undefined,
      trouble: undefined,
      hosts: [],
    }
    own.hosts = claim.hosts
    this.extend(own, sent)
    this.own = own
    this.expectOwned()
    return []
  }

  expectOwned(): void {
    if (this.own === undefined) return
    const { lost, run, trouble, good } = this.own
    if (lost !== undefined) throw lost
    const { elapsed, now } = this.moment()
    // A machine that was suspended stops the one clock, and not the other.
    if (Math.max(elapsed - good.elapsed, now - good.now) < LEASE) return
    const why = trouble === undefined ? '' : ` (${trouble})`
    throw new LockstepError(
      'lock-failed',
      `the lock of run ${run} was not renewed for ${LEASE / 1000} s${why}: another control host may have its hosts by now; nothing more is done without it`,
    )
  }

  async renew(): Promise<void> {
    const { own } = this
    if (own === undefined) return
    if (own.lost !== undefined) throw own.lost
    const sent = this.moment()
    let isThere: boolean
    try {
      isThere = await this.table.renew(own.run, own.token)
    } catch (error) {
      own.trouble = (error as Error).message
      throw error
    }
    if (this.own !== own) return
    if (!isThere) throw this.lose(own, await this.table.list().catch(() => []))
    this.extend(own, sent)
  }

  async release(): Promise<void> {
    const { own } = this
    this.own = undefined
    if (own !== undefined) await this.table.remove(own.run, own.token)
  }

  async list(): Promise<readonly Holder[]> {
    return (await this.table.list()).map((row) => this.holder(row))
  }

  async discard(run: string): Promise<boolean> {
    const [found] = await this.removable([run])
    return found !== undefined && this.table.discard(found)
  }

  private async removable(runs: readonly string[]): Promise<readonly Removable[]> {
    if (runs.length === 0) return []
    return (await this.table.list())
      .filter(({ run }) => runs.includes(run))
      .map((row) => ({ run: row.run, token: row.token, isSeenGone: this.isSeenGone(row) }))
  }

  private extend(own: Own, sent: Span): void {
    own.trouble = undefined
    if (sent.elapsed >= own.good.elapsed) own.good = sent
  }

  /** Gives up what was claimed, for good: the hosts may be another's. */
  private lose(own: Own | undefined, rows: readonly ClaimRow[]): LockstepError {
    const hosts = new Set(own?.hosts.map(foldedHost))
    const taker = rows.find(
      (row) => row.run !== own?.run && row.hosts.some((host) => hosts.has(foldedHost(host))),
    )
    const who =
      taker === undefined
        ? `it is not in ${this.table.name} any more`
        : `the run ${taker.run} of ${taker.user} on ${taker.machine}, pid ${taker.pid}, has taken it over`
    const error = new LockstepError(
      'lock-failed',
      `the lock of run ${own?.run ?? ''} is lost: ${who}; nothing more is done without it`,
    )
    if (own !== undefined) own.lost = error
    return error
  }

  private moment(): Span {
    const { clock } = this.context
    return { elapsed: clock.elapsed(), now: clock.now() }
  }

  private holder(row: ClaimRow, shared?: readonly string[]): Holder {
    const wanted = shared === undefined ? undefined : new Set(shared.map(foldedHost))
    const { run, feature, fleet, user, machine, pid, since } = row
    const hosts = row.hosts.filter((host) => wanted?.has(foldedHost(host)) ?? true)
    return { run, feature, fleet, hosts, user, machine, pid, since, state: this.stateOf(row) }
  }

  private stateOf(row: ClaimRow): Holder['state'] {
    if (this.isSeenGone(row)) return 'process gone'
    return row.lapsedMs > GRACE_MS ? 'lease expired' : 'alive'
  }

  /** Returns whether the process of a claim is known to be gone: it was here, and this user would see it. */
  private isSeenGone({ place, user, pid, start }: ClaimRow): boolean {
    const { processStart, ...here } = this.context
    return (
      here.place !== undefined && place === here.place && user === here.user && processStart(pid) !== start
    )
  }
}

/** Returns the name by which a host is one: case tells none apart. */
function foldedHost(host: string): string {
  return host.toLowerCase()
}
