import type { UnexpectedMessage } from '../../system/unexpected_messages'

/** A request to an agent; `mutating` says whether a host can be other than before once it is done. */
export interface Request {
  agent: string
  action: string
  inputs: Record<string, string | boolean | number>
  mutating: boolean
  /** The names of inputs that no journal has. */
  hidden?: readonly string[]
}

export type Answer =
  | { kind: 'answered'; data: Record<string, unknown> }
  | { kind: 'failed'; message: string; data: Record<string, unknown> }
  /**
   * A host that has not answered for `waited` milliseconds. `pings` says whether it answered a ping near the end of
   * that time; undefined where it was not pinged.
   */
  | { kind: 'silent'; waited: number; pings?: boolean }
  | { kind: 'untrusted'; reason: string }

export interface Answers {
  requestId: string
  outcomes: ReadonlyMap<string, Answer>
  unexpected: readonly UnexpectedMessage[]
  /** True when the connection was lost in between: a silent host may have done what it was told. */
  interrupted: boolean
}
