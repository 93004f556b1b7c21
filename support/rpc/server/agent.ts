import type { Contract, Data } from '../contracts/contract'

/** An agent on a host: a contract, and for each of its actions what carries it out. */
export interface Agent {
  readonly contract: Contract
  readonly actions: Readonly<Record<string, Action>>
}

/** Resolves with the reply's data. @throws ActionFailed to answer with a status other than 0 */
export type Action = (
  inputs: Readonly<Record<string, Data>>,
  call: Call,
) => Promise<Record<string, Data>> | Record<string, Data>

/** What an action may know beside its inputs. */
export interface Call {
  readonly action: string
  readonly requestid: string
  readonly callerid: string
  readonly senderid: string
  readonly collective: string
  /** Seconds. */
  readonly ttl: number
  readonly msgtime: number
  /** Aborted when the time of the agent's contract is nearly over: whatever was started has to end then. */
  readonly signal: AbortSignal
}

/** An action that did not do what it was asked. `data` is sent along, as Ruby's agents do. */
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

/** The same actions; whatever their provider throws is the host's failure, and not that of a broken program. */
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
