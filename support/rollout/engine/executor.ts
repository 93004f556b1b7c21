import type { HostGateway } from '../model/obligation'
import type { Expected } from '../model/plan_state'
import type { Verdict } from '../model/verdict'
import type { Change } from './change'
import type { Look } from './look'

/**
 * The way in which a rollout carries out what its lines say. `Perform` does it, `Plan` tells what it would do, and
 * `ProveAgain` looks whether an earlier run has done it. The one in charge is chosen in `executors.ts` alone.
 */
export interface Executor {
  /** The way to hosts that is right for the line; one that refuses to change hosts, where they are not to be changed. */
  readonly gateway: HostGateway
  /** Brings every host that moves into a state. */
  change(change: Change): Promise<Verdict>
  /** Looks at every host that moves. */
  look(look: Look): Promise<Verdict>
  /** Measures what is not seen on hosts, such as the requests that a balancer serves. */
  measure<T>(measurement: Measurement<T>): Promise<Verdict>
  /** Looks at what is not a host that moves, such as a pool. A later line may have superseded it, as with hosts. */
  appraise(look: () => Promise<Verdict>): Promise<Verdict>
  /** Makes a verdict known. */
  conclude(verdict: Verdict, options?: ConcludeOptions): Promise<Verdict>
  /** Returns the state that lines before this one would have made of a resource by now. */
  expect(resource: string, host: string): Expected
  /** Asks for leave to go on, before hosts that move are touched. */
  pass(gate: Gate): Promise<void>
  /** Does a check that one pass is enough for, however often the rollout is resumed. */
  once(check: () => void): void
  /** Stops the rollout for a reason of the moment, such as the time of day. `why` is half a sentence. */
  shut(why: string): void
  /** Waits between two waves, for `ms` milliseconds. */
  soak(ms: number): Promise<void>
  /** Undoes what lines have done, after a failure. */
  undo(work: () => Promise<void>): Promise<void>
}

/** An executor that stands by itself, whether or not an earlier run has done a scenario. */
export interface BaseExecutor extends Executor {
  /** Concludes a look that this executor omits, and resolves with its verdict; undefined where it looks. */
  refuse(look: Look): Promise<Verdict | undefined>
  /** Measures through another gateway than its own. */
  measure<T>(measurement: Measurement<T>, through?: HostGateway): Promise<Verdict>
}

export interface ConcludeOptions {
  /** False for a verdict that is not about the hosts that move, so that the failure budget does not cover it. */
  budgeted?: boolean
}

export interface Measurement<T> {
  /** The name of what is measured, such as `blocks 192.168.1.1`. */
  name: string
  /** Measures for the first time, in a plan too. */
  first: (gateway: HostGateway) => Promise<T>
  /** Milliseconds until it is measured again; absent where `judge` waits by itself. */
  during?: number
  /** Measures again, and judges what came of it meanwhile. */
  judge: (first: T, gateway: HostGateway) => Promise<Verdict>
}

export interface Gate {
  /** Resolves once hosts may be touched. @throws LockstepError `gate-closed` when they may not */
  ask: (hosts: readonly string[]) => Promise<void>
  /** Returns what is noted where nothing is asked, since nothing is done. */
  wouldAsk: (hosts: readonly string[]) => string
}

/** Returns the verdict on a state that a plan cannot know, such as a pool after lines that are only planned. */
export function notKnown(name: string): Verdict {
  return {
    observations: [{ host: name, passed: true, kind: 'planned', seen: NOT_KNOWN_BEFORE }],
    unexpected: [],
  }
}

export const NOT_KNOWN_BEFORE = 'cannot be known before'
