import { pause, type Clock } from '../system/clock'
import { backoff, RETRIES } from './backoff'
import { DeliveryError, type Channel, type Message } from './channel'
import { keyOf, type RolloutEvent } from './event'

interface QueueOptions {
  clock: Clock
  random: () => number
}

const MAX_QUEUED = 100
/** Milliseconds for one try. */
export const TRY_WITHIN = 5_000

/** The messages that one channel has still to take, in order. The queue is unaware of the others. */
export class ChannelQueue {
  private readonly waiting: Message[] = []
  private readonly seen = new Set<string>()
  private readonly over = new AbortController()
  private work: Promise<void> | undefined
  private lost = 0
  private dropped = 0
  private reason: string | undefined

  constructor(
    private readonly channel: Channel,
    private readonly options: QueueOptions,
  ) {}

  post(event: RolloutEvent): void {
    const key = keyOf(event)
    if (this.over.signal.aborted || !this.channel.on.includes(event.event) || this.seen.has(key)) return
    this.seen.add(key)
    if (this.waiting.length >= MAX_QUEUED) {
      this.dropped += 1
      return
    }
    this.waiting.push({ key, event })
    this.work ??= this.deliverAll()
  }

  /** Resolves when nothing is left, or soon after `tooLate` is aborted, with what was not delivered as a sentence. */
  async close(tooLate: AbortSignal): Promise<string | undefined> {
    const giveUp = () => this.over.abort()
    tooLate.addEventListener('abort', giveUp, { once: true })
    await this.work
    tooLate.removeEventListener('abort', giveUp)
    this.over.abort()
    return this.shortfall()
  }

  private async deliverAll(): Promise<void> {
    // The caller that posts does not wait for what a channel does at once.
    await Promise.resolve()
    for (
      let next = this.waiting[0];
      next !== undefined && !this.over.signal.aborted;
      next = this.waiting[0]
    ) {
      const failure = await this.deliver(next)
      if (failure !== undefined) {
        this.lost += 1
        this.reason = failure.message
      }
      this.waiting.shift()
    }
    this.work = undefined
  }

  private async deliver(message: Message): Promise<DeliveryError | undefined> {
    const { clock, random } = this.options
    for (let tried = 0; ; tried += 1) {
      const failure = await this.try(message)
      if (failure === undefined || !failure.retry || tried >= RETRIES) return failure
      try {
        await pause(clock, backoff(tried, random(), failure.retryAfter), this.over.signal)
      } catch {
        return failure
      }
    }
  }

  /** Tries to deliver a message. The try ends in time, whether or not the channel heeds its signal. */
  private async try(message: Message): Promise<DeliveryError | undefined> {
    const late = new AbortController()
    const stop = this.options.clock.after(TRY_WITHIN, () => late.abort())
    const signal = AbortSignal.any([late.signal, this.over.signal])
    try {
      await Promise.race([this.channel.deliver(message, signal), rejectOnAbort(signal)])
      return undefined
    } catch (error) {
      if (this.over.signal.aborted) return new DeliveryError('had not answered when the run was over', false)
      if (late.signal.aborted) return new DeliveryError(`did not answer within ${TRY_WITHIN / 1000} s`, true)
      return error instanceof DeliveryError ? error : new DeliveryError('could not be sent', false)
    } finally {
      stop()
    }
  }

  private shortfall(): string | undefined {
    const { dropped } = this
    const missing = this.lost + dropped + this.waiting.length
    if (missing === 0) return undefined
    const why = [
      ...(this.reason === undefined ? [] : [this.reason]),
      ...(dropped === 0 ? [] : [`${dropped} were more than can wait`]),
    ]
    const many = missing === 1 ? '1 notification was' : `${missing} notifications were`
    return `${many} not delivered to ${this.channel.name}${why.length === 0 ? '' : `: ${why.join('; ')}`}`
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
