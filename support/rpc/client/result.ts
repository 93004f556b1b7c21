import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { Data } from '../contracts/contract'

/** The outcome of a call on one host. Every host that was asked has exactly one. */
export type Outcome =
  | { kind: 'answered'; data: Record<string, Data> }
  /** An answer in which the agent reports a failure. `code` is MCollective's statuscode, 1 to 5. */
  | { kind: 'failed'; code: number; message: string; data: Record<string, Data> }
  /** No answer in time; the host may or may not have acted. `pings` is set when the host was pinged meanwhile. */
  | { kind: 'silent'; waited: number; pings?: boolean }
  /** An answer that cannot be believed: badly signed, unreadable, stale, or one of two that differ. */
  | { kind: 'untrusted'; reason: string }

/** A message that is no host's answer. One that `fails` means that the fleet is another than expected. */
export interface UnexpectedReply extends UnexpectedMessage {
  kind: 'late' | 'duplicate' | 'unexpected' | 'contradiction' | 'foreign'
}

export interface CallResult {
  requestId: string
  outcomes: Map<string, Outcome>
  unexpected: UnexpectedReply[]
  /**
   * True when the broker was lost in between, or a silent host may have lost its own: it may have done what it was asked.
   */
  interrupted: boolean
}

/** The hosts with whose answers a discovery ends before its window does. */
export interface EnoughHosts {
  /** The hosts that have to answer; at least one. */
  hosts: readonly string[]
  /** Called with each other host that answers between the end of the discovery and that of its window. */
  onLater: (host: string) => void
  /** Called with each message of that time that is no host's answer. */
  onUnexpected: (message: UnexpectedReply) => void
}
