import type { Contract, Data } from '../contracts/contract'

/** An agent on a host: a contract, and for each of its actions what carries it out. */
export interface Agent {
  readonly contract: Contract
  readonly actions: Readonly<Record<string, Action>>
}

/** Resolves with the reply's data. @throws ActionFailed to answer with a status other than 0 */
export type Action = (
  inputs: Readonly<Record<string, Data>>,
) => Promise<Record<string, Data>> | Record<string, Data>

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
