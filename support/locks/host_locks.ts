import { ClaimFiles, type ClaimFile, type ClaimWords } from './claim_files'
import type { LockContext } from './lock_context'
import { LEASE, type Claim, type Holder, type LockStore, type TakeFrom } from './lock_store'
import { LockstepError } from '../system/errors'

export { LEASE, type Claim, type Holder } from './lock_store'
export { lockContext as lockSurroundings } from './lock_context'
export { UnreadableClaim, type ClaimWords } from './claim_files'

/** Milliseconds between two checks while claims of the same moment are put in order. */
const PAUSE = 10
const MAX_LOOKS = 200

/**
 * A lock that keeps two rollouts that share a host from running at once, for all who share a folder. There is no lock
 * on the folder. A claim is written before the others are read, so of two that come together at least one sees the
 * other. A claim is had only when a look shows no other claim to any of its hosts. Of two that are still trying, the
 * one with the later name gives way.
 */
export class HostLocks implements LockStore {
  private readonly files: ClaimFiles
  private own: ClaimFile | undefined

  constructor(
    private readonly context: LockContext,
    words?: ClaimWords,
  ) {
    this.files = new ClaimFiles(context.directory, words)
  }

  async claim(claim: Claim, takeFrom: TakeFrom = { runs: [], reason: '' }): Promise<readonly Holder[]> {
    const before = this.own
    const { user, machine, pid, now, processStart } = this.context
    const takes = takeFrom.runs.map((run) => ({ run, reason: takeFrom.reason }))
    const trying: ClaimFile = {
      ...claim,
      user,
      machine,
      pid,
      start: processStart(pid) ?? '',
      since: before?.since ?? new Date(now()).toISOString(),
      until: now() + LEASE,
      trying: true,
      takes: [...(before?.takes ?? []), ...takes],
    }
    this.files.write(trying)
    const giveWay = () => (before === undefined ? this.files.remove(claim.run) : this.files.write(before))
    let others: readonly ClaimFile[]
    try {
      others = await this.othersOnceSettled(trying)
    } catch (error) {
      giveWay()
      throw error
    }
    if (others.length > 0) {
      giveWay()
      return others.map((other) => this.holder(other, claim.hosts))
    }
    this.own = { ...trying, trying: false }
    this.files.write(this.own)
    this.expectNotTaken(this.own, trying.until)
    for (const { run } of takes) this.files.remove(run)
    return []
  }

  expectOwned(): void {
    if (this.own !== undefined) this.files.expectOwn(this.own.run)
  }

  async renew(): Promise<void> {
    if (this.own === undefined) return
    this.expectOwned()
    const { until } = this.own
    this.own = { ...this.own, until: this.context.now() + LEASE }
    this.files.write(this.own)
    this.expectNotTaken(this.own, until)
  }

  async release(): Promise<void> {
    if (this.own === undefined) return
    this.files.remove(this.own.run)
    this.own = undefined
  }

  async list(): Promise<readonly Holder[]> {
    return this.files.all().map((claim) => this.holder(claim))
  }

  async discard(run: string): Promise<boolean> {
    const found = (await this.list()).find((holder) => holder.run === run)
    if (found === undefined || found.state === 'alive') return false
    this.files.remove(run)
    return true
  }

  /**
   * Checks, behind a write that came late, that no other run has taken the claim, which was good until `until`. A disk or a
   * process that stood still may have made again what the other one had removed. That one wrote its own claim before.
   * @throws LockstepError `lock-failed`
   */
  private expectNotTaken(own: ClaimFile, until: number): void {
    if (this.context.now() < until - LEASE / 2) return
    const taker = this.conflicts(own).find(({ takes }) => takes.some(({ run }) => run === own.run))
    if (taker === undefined) return
    this.files.remove(own.run)
    const { run, user, machine, pid } = taker
    throw new LockstepError(
      'lock-failed',
      `the run ${run} of ${user} on ${machine}, pid ${pid}, has taken over the lock of ${own.run}, which was not renewed for ${LEASE / 1000} s; nothing more is done without it`,
    )
  }

  private async othersOnceSettled(own: ClaimFile): Promise<readonly ClaimFile[]> {
    let others = this.conflicts(own)
    for (let looks = 0; looks < MAX_LOOKS && others.length > 0; looks += 1) {
      const mustGiveWay = others.some(
        (other) => !other.trying || other.run < own.run || this.stateOf(other) !== 'alive',
      )
      if (mustGiveWay) break
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
      others = this.conflicts(own)
    }
    return others
  }

  private conflicts(own: ClaimFile): ClaimFile[] {
    const wanted = new Set(own.hosts.map((host) => host.toLowerCase()))
    const all = this.files.all()
    const taken = new Set(
      all.flatMap(({ run, takes }) => takes.map((each) => each.run).filter((other) => other !== run)),
    )
    return all.filter(
      (other) =>
        other.run !== own.run &&
        other.hosts.some((host) => wanted.has(host.toLowerCase())) &&
        !(taken.has(other.run) && this.stateOf(other) !== 'alive'),
    )
  }

  private holder(claim: ClaimFile, shared?: readonly string[]): Holder {
    const wanted = shared === undefined ? undefined : new Set(shared.map((host) => host.toLowerCase()))
    const { run, feature, fleet, user, machine, pid, since } = claim
    const hosts = claim.hosts.filter((host) => wanted?.has(host.toLowerCase()) ?? true)
    return { run, feature, fleet, user, machine, pid, since, hosts, state: this.stateOf(claim) }
  }

  private stateOf({ machine, pid, start, until }: ClaimFile): Holder['state'] {
    if (machine === this.context.machine)
      return this.context.processStart(pid) === start ? 'alive' : 'process gone'
    return until >= this.context.now() ? 'alive' : 'lease expired'
  }
}
