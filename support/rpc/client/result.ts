import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { Data } from '../contracts/contract'

/** What one host made of a call. Every host that was asked has exactly one. */
export type Outcome =
  | { kind: 'answered'; data: Record<string, Data> }
  /** The agent said no. `code` is MCollective's statuscode, 1 to 5. */
  | { kind: 'failed'; code: number; message: string; data: Record<string, Data> }
  /** Nothing came in time; whether the host did anything is not known. `pings` where it was pinged meanwhile. */
  | { kind: 'silent'; waited: number; pings?: boolean }
  /** Something came that cannot be believed: badly signed, unreadable, stale, or two answers that differ. */
  | { kind: 'untrusted'; reason: string }

/** A message that is no host's answer. Those that `fails` mean that the fleet is not what it was taken for. */
export interface UnexpectedReply extends UnexpectedMessage {
  kind: 'late' | 'duplicate' | 'unexpected' | 'contradiction' | 'foreign'
}

export interface CallResult {
  requestId: string
  outcomes: Map<string, Outcome>
  unexpected: UnexpectedReply[]
  /** The broker was lost in between: a silent host may have done what it was asked. */
  interrupted: boolean
}
