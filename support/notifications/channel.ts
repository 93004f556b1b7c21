import type { EventName, RolloutEvent } from './event'

/** An event on its way; `key` is the same however often the event is tried. */
export interface Message {
  key: string
  event: RolloutEvent
}

/** A way that notifications go. It knows nothing of queues, of trying again, and of what was sent before. */
export interface Channel {
  /** The name that an operator reads; no secret is in it. */
  readonly name: string
  readonly on: readonly EventName[]
  /** Delivers a message, and stops when `signal` is aborted. @throws DeliveryError when the message was not taken */
  deliver(message: Message, signal: AbortSignal): Promise<void>
}

/** The reason why a message was not taken, in a few words that hold no secret. */
export class DeliveryError extends Error {
  /**
   * Takes the reason. `retry` is true when the same message may be taken later. `retryAfter` is the least wait in ms,
   * if the other side has said so. `status` is that of an answer over HTTP.
   */
  constructor(
    message: string,
    readonly retry: boolean,
    readonly retryAfter?: number,
    readonly status?: number,
  ) {
    super(message)
  }
}

/** The reason why only some of those have a message whom it was for. Another try would tell the others twice. */
export class PartlyDelivered extends DeliveryError {
  constructor(message: string) {
    super(message, false)
  }
}
