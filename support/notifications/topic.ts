import { DeliveryError, type Channel } from './channel'
import { documentOf } from './document'
import type { TopicSettings } from './settings'

/** Hands a text to a topic of the broker. Rejects when it cannot, or when `signal` is aborted first. */
export type Publish = (destination: string, body: string, signal: AbortSignal) => Promise<void>

/** Makes a channel that sends JSON to the subscribers of a topic of the fleet's own broker. */
export function topic({ destination, on, template }: TopicSettings, publish: Publish): Channel {
  return {
    name: `topic ${destination}`,
    on,
    async deliver(message, signal) {
      try {
        await publish(destination, documentOf(message, template), signal)
      } catch (error) {
        throw new DeliveryError((error as Error).message, true)
      }
    },
  }
}
