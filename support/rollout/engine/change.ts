import type { Answer, Answers, Request } from '../model/answers'
import type { HostGateway, Obligation } from '../model/obligation'
import type { PlannedState } from '../model/planned_state'
import type { Expected, Invalidates } from '../model/plan_state'
import type { Reading } from '../model/reading'
import type { Observation, Verdict } from '../model/verdict'

/** Asks hosts something through the gateway of the executor that carries a line out. */
export type AskHosts = (hosts: readonly string[], gateway: HostGateway) => Promise<Answers>

/** A change to hosts, as a verb builds it. An executor carries it out, plans it, or passes over it. */
export interface Change {
  /**
   * Expects that the change may begin on these hosts, planned or not. It is asked right before they get the order: by
   * then another rollout, whose lock was waited for, may have changed what it goes by.
   * @throws LockstepError when it may not
   */
  guard?: (hosts: readonly string[]) => Promise<void>
  /** Looks at hosts just before they get the order, and refuses those that the line may not change. */
  beforehand?: (hosts: readonly string[], gateway: HostGateway) => Promise<Refusals>
  /** The obligation that the change opens; it is in the ledger before it is ordered. */
  opens?: Obligation
  /** True when only traffic is changed: a host may be back in rotation, unlike when it is changed itself. */
  isOfTraffic?: boolean
  order: Order
  /** The outcome of the change where it is only planned. */
  plannable: Plannable
  /** True when it may be ordered again where a run that stopped never knew what came of it. */
  repeatable: boolean
}

/** An order to hosts, and how far their answers to it are believed. */
export interface Order {
  /** Tells the hosts what to do. */
  tell: AskHosts
  /**
   * Returns what is told of a host that did it; `done` where this is absent. An answer to an order is a host's claim
   * about itself, and original agents answer with what was so before. Only a look says what a host is now.
   */
  seen?: (answer: Answer) => string
  /**
   * Returns whether a host that did it claims another state than the ordered one. Such a host is in doubt, and checked.
   */
  contradicts?: (answer: Answer) => boolean
  /** Looks at hosts in doubt: they may be in the wanted state already, or have got there unheard. */
  verify?: {
    ask: AskHosts
    read: (answer: Answer) => Reading
    /**
     * True when only contradictions are in doubt. A host that failed has then diverged: its state says nothing about
     * the order.
     */
    onlyContradictions?: boolean
  }
  /** Looks at more hosts than those in doubt, once it is known what all hosts came to. */
  afterwards?: (done: Verdict, gateway: HostGateway) => Promise<Verdict>
}

/** The hosts that get no order, each with the reason, and the unexpected messages that came meanwhile. */
export type Refusals = Pick<Verdict, 'unexpected'> & { refused: readonly Observation[] }

/** The change that a line would make to hosts, or the action of an agent of which nothing else is known. */
export type Plannable = PlannableChange | { action: Request }

export interface PlannableChange {
  /** The resource that the change is about, such as `package mywebapp`. */
  resource: string
  /** Looks at the resource as it is now. */
  ask: AskHosts
  /** Returns the planned state. `expected` is what lines before this one would have made of the resource by then. */
  plan: (answer: Answer, host: string, expected: Expected) => PlannedState
  /** Returns the words that tell a change, where `would go from … to …` is not right. */
  words?: (now: string) => string
  /** True when other resources on the host may differ afterwards; false where only traffic is stopped. */
  affectsOthers: boolean
  /** The resources whose planned states cannot be relied on afterwards; none when absent. */
  invalidates?: Invalidates
}

/** Returns the question that a read-only request puts to hosts. */
export function asking(request: Omit<Request, 'mutating'>): AskHosts {
  return (hosts, { ask }) => ask({ ...request, mutating: false }, hosts)
}

/** Returns the order that a mutating request gives to hosts. */
export function telling(request: Omit<Request, 'mutating'>): AskHosts {
  return (hosts, { ask }) => ask({ ...request, mutating: true }, hosts)
}
