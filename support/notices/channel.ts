import type { EventName, RolloutEvent } from './event'

/** An event on its way; `key` is the same however often it is tried. */
export interface Message {
  key: string
  event: RolloutEvent
}

/** A way that notices go. Knows nothing of queues, of trying again, and of what was sent before. */
export interface Channel {
  /** What an operator reads of it; nothing secret. */
  readonly name: string
  readonly on: readonly EventName[]
  /** Stops when `signal` is aborted. @throws DeliveryError when the message was not taken */
  deliver(message: Message, signal: AbortSignal): Promise<void>
}

/** Why a message was not taken, in a few words that hold no secret. */
export class DeliveryError extends Error {
  /** `retry`: the same message may be taken later; after so many ms at the earliest, if the other side has said so. */
  constructor(
    message: string,
    readonly retry: boolean,
    readonly retryAfter?: number,
  ) {
    super(message)
  }
}
