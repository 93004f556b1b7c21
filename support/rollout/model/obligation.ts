import type { TellWait } from '../../system/wait'
import type { Request, Answers, Answer } from './answers'

/** Asks hosts something on behalf of a step, journalled. */
export type Ask = (request: Request, hosts: readonly string[]) => Promise<Answers>

/**
 * The way of an obligation to the world for a step: to the hosts, or to something of its own. Both ways are journalled.
 */
export interface HostGateway {
  ask: Ask
  /** Does `work` as a request that is on disk before it begins. */
  record(
    request: Request,
    hosts: readonly string[],
    work: () => Promise<ReadonlyMap<string, Answer>>,
  ): Promise<Answers>
  /** Waits for `ms` milliseconds. @throws LockstepError `interrupted` when the operator asks to stop meanwhile */
  wait(ms: number): Promise<void>
  /** Returns the milliseconds since some fixed moment. */
  elapsed(): number
  /** Tells what a step waits for. */
  readonly tellWait: TellWait
}

/** The state of an obligation on a host, by an answer of `look`: open, closed or neither, and its words. */
export interface ObligationState {
  isOpen: boolean | undefined
  seen: string
}

/**
 * A state that must be undone on a host, such as a block at a balancer. It is open until the host is seen to be free of
 * it.
 */
export interface Obligation {
  /**
   * The words for a host that it is open on, such as `blocks 192.168.1.1`. The same obligation has the same words in
   * every run.
   */
  readonly name: string
  /**
   * True when it can end without being put back, as when a balancer is restarted. It is looked at before a host is
   * changed.
   */
  readonly lapses?: boolean
  /**
   * True when answers to its orders say what was seen afterwards, as a balancer's do. Other answers are what a host
   * claims of itself.
   */
  readonly ordersAreSeen?: boolean
  putBack(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  look(hosts: readonly string[], reach: HostGateway): Promise<Answers>
  read(answer: Answer): ObligationState
}
