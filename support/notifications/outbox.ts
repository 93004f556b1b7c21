import type { Clock } from '../system/clock'
import type { Channel } from './channel'
import { ChannelQueue } from './channel_queue'
import type { RolloutEvent } from './event'

export interface OutboxOptions {
  channels: readonly Channel[]
  clock: Clock
  /** Returns a number from 0 up to 1; it spreads what is tried again. */
  random: () => number
}

/**
 * A queue of notifications for each channel, each in its own time. Posting waits for nothing and reports no failure: a
 * notification never affects a rollout.
 */
export class Outbox {
  private readonly queues: readonly ChannelQueue[]

  constructor(private readonly options: OutboxOptions) {
    this.queues = options.channels.map((channel) => new ChannelQueue(channel, options))
  }

  /** Queues an event for all channels. An event is sent once, however often it is posted. */
  post(event: RolloutEvent): void {
    for (const queue of this.queues) queue.post(event)
  }

  /**
   * Waits for notifications that are still on their way, for at most `within` ms, and gives up the rest. Resolves with a
   * sentence for each channel that did not take everything.
   */
  async close(within: number): Promise<readonly string[]> {
    const tooLate = new AbortController()
    const stop = this.options.clock.after(within, () => tooLate.abort())
    const notes = await Promise.all(this.queues.map((queue) => queue.close(tooLate.signal)))
    stop()
    return notes.flatMap((note) => note ?? [])
  }
}
