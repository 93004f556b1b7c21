import type { TeamOptions } from '../../system/team_options'

/**
 * A load balancer, written by a team. Nothing that an order resolves with is believed: Lockstep asks for the members
 * after each one. `signal` is aborted when the time for a call is over; the call has failed then.
 */
export interface TeamBalancer {
  /** Resolves with every member of the pool as it is now, those of no rollout too. It changes nothing. */
  members(signal: AbortSignal): Promise<readonly Member[]>
  /** Takes hosts out of the pool: they get no requests, and open sessions are cut. Hosts that are out stay so. */
  takeOut(hosts: readonly string[], signal: AbortSignal): Promise<void>
  /** Puts hosts back into the pool. Hosts that are in stay so. */
  putBack(hosts: readonly string[], signal: AbortSignal): Promise<void>
  /**
   * Lets hosts get no new sessions, and leaves those that are open. Lockstep waits until `sessions` of the members are
   * 0, and calls `takeOut` then. Absent where the balancer cannot.
   */
  drain?(hosts: readonly string[], signal: AbortSignal): Promise<void>
  /** Resolves with the requests of the pool since it was started, and how many failed. Absent where it counts none. */
  requests?(signal: AbortSignal): Promise<{ requests: number; failed: number }>
}

/** One host of a pool. */
export interface Member {
  /** The name of the host, as it answers discoveries. */
  host: string
  /** `serving` gets requests, `out` gets none; `draining` and `down` are neither in nor out. */
  state: MemberState
  /** The number of its open sessions; a drain waits until it is 0. */
  sessions?: number
  /** The state that was seen, in a few words for a person; `state` where it is left out. */
  seen?: string
}

export type MemberState = (typeof MEMBER_STATES)[number]

export const MEMBER_STATES = ['serving', 'draining', 'out', 'down'] as const

/** Makes a balancer from what stands below `with` of lockstep.yaml, for the backend that a feature names. */
export type MakeBalancer = (options: TeamOptions, backend: string) => TeamBalancer
