/** A claim as a database has it. */
export interface ClaimRow {
  run: string
  /** The secret of the process that has the claim: no other one renews or removes it. */
  token: string
  feature: string
  fleet: string
  hosts: readonly string[]
  user: string
  machine: string
  pid: number
  /** The control host that the process is on; null where nobody can tell by its processes. */
  place: string | null
  /** The sign that tells a process from another one with the same pid. */
  start: string
  /** The time at which the run first claimed hosts, by the clock of the database, in ISO 8601. */
  since: string
  /** The milliseconds since the lease was over, by the clock of the database; below 0 before that. */
  lapsedMs: number
}

/** A claim that may be removed. */
export interface Removable {
  run: string
  token: string
  /** True when its process was looked for where it was, and is gone. Else its lease has to be over. */
  isSeenGone: boolean
}

export interface ClaimRequest extends Omit<ClaimRow, 'since' | 'lapsedMs'> {
  /** True when the claim was had before: it must still be there. */
  isHad: boolean
  takes: readonly Removable[]
}

/** The answer to a claim. It was granted when it is not lost, and others have none of its hosts. */
export interface ClaimAnswer {
  /** True when the claim that was had is not there any more. */
  isLost: boolean
  others: readonly ClaimRow[]
}

/**
 * Milliseconds that a claim stays untouched behind the end of its lease, by the clock of the database. Orders that were
 * on their way when the holder stopped arrive within them, and clocks that run at different speeds stay apart.
 */
export const GRACE_MS = 20_000

/**
 * The claims of all control hosts in one database. Each call is done whole or not at all, one after the other, and by the
 * clock of the database. Each may be called again when its answer was lost.
 * @throws LockstepError `lock-failed` when it is not known what became of the call
 */
export interface ClaimTable {
  /**
   * Claims hosts for `LEASE`, or says who has them. What was claimed before stays in both cases: a call that comes late
   * takes no host from a wider claim.
   */
  claim(request: ClaimRequest): Promise<ClaimAnswer>
  /** Renews a claim for `LEASE`. Resolves with false when it is not there. */
  renew(run: string, token: string): Promise<boolean>
  remove(run: string, token: string): Promise<void>
  /** Removes a claim whose owner is gone. Resolves with false when it was not. */
  discard(claim: Removable): Promise<boolean>
  list(): Promise<readonly ClaimRow[]>
  /** Names the place, as in `the locks in the database …`. */
  readonly name: string
}
