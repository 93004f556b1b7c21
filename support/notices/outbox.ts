import type { Clock } from '../system/clock'
import type { Channel } from './channel'
import { ChannelQueue } from './channel_queue'
import type { RolloutEvent } from './event'

export interface OutboxOptions {
  channels: readonly Channel[]
  clock: Clock
  /** From 0 up to 1; spreads what is tried again. */
  random: () => number
}

/**
 * Notices on their way to all channels, each channel in its own time. Whoever posts waits for nothing and hears of no
 * failure: a notice decides nothing about a rollout.
 */
export class Outbox {
  private readonly queues: readonly ChannelQueue[]

  constructor(private readonly options: OutboxOptions) {
    this.queues = options.channels.map((channel) => new ChannelQueue(channel, options))
  }

  /** The same event is sent once, however often it is posted. */
  post(event: RolloutEvent): void {
    for (const queue of this.queues) queue.post(event)
  }

  /**
   * Waits for what is still on its way, for at most `within` ms, and gives up the rest. Resolves with a sentence for each
   * channel that did not take everything.
   */
  async close(within: number): Promise<readonly string[]> {
    const tooLate = new AbortController()
    const stop = this.options.clock.after(within, () => tooLate.abort())
    const notes = await Promise.all(this.queues.map((queue) => queue.close(tooLate.signal)))
    stop()
    return notes.flatMap((note) => note ?? [])
  }
}
