import type { Contract, Data } from '../contracts/contract'

/** An agent on a host: a contract, and a function for each of its actions. */
export interface Agent {
  readonly contract: Contract
  readonly actions: Readonly<Record<string, Action>>
}

/**
 * Carries out an action and resolves with the reply's data.
 * @throws ActionFailed to answer with a status other than 0
 */
export type Action = (
  inputs: Readonly<Record<string, Data>>,
  call: Call,
) => Promise<Record<string, Data>> | Record<string, Data>

/** The request that an action is part of, apart from its inputs. */
export interface Call {
  readonly action: string
  readonly requestid: string
  readonly callerid: string
  readonly senderid: string
  readonly collective: string
  /** Seconds that the request is valid. */
  readonly ttl: number
  readonly msgtime: number
  /**
   * Aborted when the time of the agent's contract is nearly over: every program that the action started has to end
   * then.
   */
  readonly signal: AbortSignal
}

/** The failure of an action that did not do what it was asked. `data` is part of the reply, as with Ruby's agents. */
export class ActionFailed extends Error {
  override readonly name = 'ActionFailed'

  constructor(
    message: string,
    readonly data: Record<string, Data> = {},
    readonly statuscode: 1 | 5 = 1,
  ) {
    super(message)
  }
}

/**
 * Wraps actions so that every error of their provider is an `ActionFailed`: the host's failure, not that of a broken
 * program.
 */
export function aborting(actions: Readonly<Record<string, Action>>): Record<string, Action> {
  return Object.fromEntries(Object.entries(actions).map(([name, action]) => [name, abortingOne(action)]))
}

function abortingOne(action: Action): Action {
  return async (inputs, call) => {
    try {
      return await action(inputs, call)
    } catch (error) {
      throw error instanceof ActionFailed ? error : new ActionFailed((error as Error).message)
    }
  }
}
