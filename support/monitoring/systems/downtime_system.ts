/** The author of each downtime that Lockstep schedules. No other is ever ended. */
export const DOWNTIME_AUTHOR = 'lockstep'
const OWN_COMMENT = 'Lockstep, run '

/** Waits for `ms` milliseconds. It may throw where the operator asks to stop. */
export type Wait = (ms: number) => Promise<void>

/** A downtime that a run of Lockstep has scheduled, and that has not ended. */
export interface OwnDowntime {
  /** The name by which the system ends exactly this one. */
  id: string
  /** True once the system suppresses alerts for it. */
  isInEffect: boolean
  /** The time at which it ends by itself, in milliseconds by the system's clock. */
  until: number
}

/** A host or one of its services, as a monitoring system shows it. */
export interface WatchedPart {
  /** The name of the service; undefined for the host itself. */
  service: string | undefined
  /** The system's own word for a state that it would alert about, such as `DOWN`; undefined for none. */
  problem: string | undefined
  /** The time at which the check began that the state is from, in milliseconds by the system's clock. */
  checkedAt: number
  /** False for a part that the system does not check by itself, such as a passive service. */
  isChecked: boolean
  own: readonly OwnDowntime[]
}

/** The state of hosts in a monitoring system. */
export interface MonitoringSight {
  /** The time of the sight, in milliseconds by the system's clock. */
  now: number
  /** The host itself first, then its services. A host that the system does not know is left out. */
  hosts: ReadonlyMap<string, readonly WatchedPart[]>
}

/** A monitoring system that can be told not to alert about hosts for a while. */
export interface DowntimeSystem {
  /** The name that an operator reads, and that the ledger has. */
  readonly name: string
  /** Returns what the system shows now, and nothing that is older than this call. @throws MonitoringFault */
  look(hosts: readonly string[], wait: Wait): Promise<MonitoringSight>
  /**
   * Schedules a downtime for hosts that the system knows, and for all of their services. Returns the hosts that were refused,
   * each with the reason. @throws MonitoringFault
   */
  begin(
    hosts: readonly string[],
    downtime: { comment: string; from: number; until: number },
    wait: Wait,
  ): Promise<ReadonlyMap<string, string>>
  /**
   * Ends exactly these downtimes, and returns what it said where it refused one. Only a look shows whether they have ended.
   * @throws MonitoringFault
   */
  end(downtimes: readonly EndedDowntime[], wait: Wait): Promise<string | undefined>
  /**
   * Has parts checked now that the system checks by itself, and returns what it said where it refused that. A check of a passive part
   * would put another state in the place of the one that was reported. @throws MonitoringFault
   */
  check(parts: readonly CheckedPart[], now: number, wait: Wait): Promise<string | undefined>
}

/** A host, or one of its services, that is to be checked. */
export interface CheckedPart {
  host: string
  service: string | undefined
}

export interface EndedDowntime {
  id: string
  isOfService: boolean
}

export function commentOf(run: string): string {
  return `${OWN_COMMENT}${run}`
}

/** Returns whether a downtime is one that a run of Lockstep has scheduled. */
export function isOwn(author: unknown, comment: unknown): boolean {
  return author === DOWNTIME_AUTHOR && typeof comment === 'string' && comment.startsWith(OWN_COMMENT)
}
