/** A host as a monitoring system is told of it. Its texts have passed the rules of {@link refuseHost}. */
export interface MonitoredHost {
  name: string
  address: string
  classes: readonly string[]
  /** The names of the host's own checks, as its NRPE has them. */
  checks: readonly string[]
}

/** A host that a monitoring system was not told of, and the reason in a few words. */
export interface RefusedHost {
  host: string
  why: string
}

/** A monitoring system that Lockstep keeps in step. It knows nothing of inventories, limits and intervals. */
export interface MonitoringTarget {
  /** The name that an operator reads. */
  readonly name: string
  /** False for a system that knows hosts alone. */
  readonly takesChecks: boolean
  /**
   * Returns the hosts that Lockstep has put there; those of others are not among them.
   * @throws MonitoringFault
   */
  list(signal: AbortSignal): Promise<readonly MonitoredHost[]>
  /**
   * Brings what Lockstep has put there to exactly these hosts, and returns those that it could not take.
   * @throws MonitoringFault where the system goes on with what it had
   */
  apply(hosts: readonly MonitoredHost[], signal: AbortSignal): Promise<readonly RefusedHost[]>
}

/** The reason why a monitoring system cannot be read or changed, as a sentence without secrets. */
export class MonitoringFault extends Error {
  override readonly name = 'MonitoringFault'
}
