/**
 * A claim to hosts. `fleet` says how the hosts are reached, for a reader. It tells no hosts apart. One fleet can be
 * reached by many names, and a host's own name is what its agents answer to.
 */
export interface Claim {
  run: string
  feature: string
  fleet: string
  hosts: readonly string[]
}

export interface Holder extends Claim {
  user: string
  machine: string
  pid: number
  /** The time at which the run first claimed hosts, in ISO 8601. */
  since: string
  state: 'alive' | 'process gone' | 'lease expired'
}

/** The runs whose claims may be taken once their owners are gone, and why. */
export interface TakeFrom {
  runs: readonly string[]
  reason: string
}

/**
 * Milliseconds for which a claim is good without being renewed. It is all that is known of a process on another
 * machine.
 */
export const LEASE = 60_000

/** A place where the claims of rollouts are kept: no two of them have the same host. One object is for one run. */
export interface LockStore {
  /**
   * Claims hosts. Resolves with no holders when the hosts are ours now. Otherwise it resolves with the holders of some
   * of them, and our claim is as it was before. A claim whose owner is gone is passed over only when `takeFrom` names
   * its run.
   * @throws LockstepError `lock-failed` when it is not known whose the hosts are
   */
  claim(claim: Claim, takeFrom?: TakeFrom): Promise<readonly Holder[]>
  /**
   * Checks that what was claimed is still ours.
   * @throws LockstepError `lock-failed` when another run has it, or may have it by now
   */
  expectOwned(): void
  /** Renews the claim for another `LEASE`. @throws LockstepError `lock-failed`, also when another run has taken it */
  renew(): Promise<void>
  release(): Promise<void>
  /** Returns all claims. @throws LockstepError `lock-failed` */
  list(): Promise<readonly Holder[]>
  /**
   * Removes the claim of a run whose owner is gone. Resolves with false when there is no such claim, or its owner is
   * alive.
   */
  discard(run: string): Promise<boolean>
}
