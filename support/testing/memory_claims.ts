import type { ClaimAnswer, ClaimRequest, ClaimRow, ClaimTable, Removable } from '../locks/claim_table'
import { GRACE_MS } from '../locks/claim_table'
import { LEASE } from '../locks/lock_store'

type Kept = Omit<ClaimRow, 'lapsedMs'> & { goodUntil: number }

/** The claims of a database, in memory, by a clock that is passed in. */
export class MemoryClaims implements ClaimTable {
  readonly name = 'the database in memory'
  private readonly rows = new Map<string, Kept>()

  constructor(private readonly now: () => number) {}

  async claim({ isHad, takes, ...request }: ClaimRequest): Promise<ClaimAnswer> {
    const found = this.rows.get(request.run)
    const wanted = new Set(request.hosts.map((host) => host.toLowerCase()))
    const others = [...this.rows.values()].filter(
      (row) =>
        row.run !== request.run &&
        !takes.some((taken) => this.isRemovable(row, taken)) &&
        row.hosts.some((host) => wanted.has(host.toLowerCase())),
    )
    const isLost = found === undefined ? isHad : found.token !== request.token
    if (!isLost && others.length === 0) {
      for (const taken of takes) this.discardNow(taken)
      const named = [...request.hosts, ...(found?.hosts ?? [])].map(
        (host) => [host.toLowerCase(), host] as const,
      )
      const hosts = [...new Map(named).values()]
      const since = found?.since ?? new Date(this.now()).toISOString()
      this.rows.set(request.run, { ...request, hosts: hosts.sort(), since, goodUntil: this.now() + LEASE })
    }
    return { isLost, others: others.map((row) => this.rowOf(row)) }
  }

  async renew(run: string, token: string): Promise<boolean> {
    const found = this.rows.get(run)
    if (found?.token !== token) return false
    found.goodUntil = this.now() + LEASE
    return true
  }

  async remove(run: string, token: string): Promise<void> {
    if (this.rows.get(run)?.token === token) this.rows.delete(run)
  }

  async discard(claim: Removable): Promise<boolean> {
    return this.discardNow(claim)
  }

  async list(): Promise<readonly ClaimRow[]> {
    return [...this.rows.values()].map((row) => this.rowOf(row))
  }

  private discardNow(claim: Removable): boolean {
    const found = this.rows.get(claim.run)
    return found !== undefined && this.isRemovable(found, claim) && this.rows.delete(claim.run)
  }

  private isRemovable(row: Kept, { run, token, isSeenGone }: Removable): boolean {
    return row.run === run && row.token === token && (isSeenGone || row.goodUntil + GRACE_MS < this.now())
  }

  private rowOf({ goodUntil, ...row }: Kept): ClaimRow {
    return { ...row, lapsedMs: this.now() - goodUntil }
  }
}
