import { DeliveryError, PartlyDelivered, type Channel, type Message } from '../notifications/channel'
import { TRY_WITHIN } from '../notifications/channel_queue'
import { Backoff } from '../pipeline/backoff'
import { pause, type Clock } from '../system/clock'

const FIRST_PAUSE_MS = 5_000
const MOST_PAUSE_MS = 600_000

interface DeliverParts {
  clock: Clock
  onTrouble(sentence: string): void
}

/**
 * Resolves once a channel has taken a message, or some of those whom it is for have it. A channel that refuses it is tried
 * again as well: a person may mend it, and the message is not lost.
 * @throws Error when the signal is aborted first
 */
export async function deliverAtLast(
  channel: Channel,
  message: Message,
  { clock, onTrouble }: DeliverParts,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(() => clock.elapsed(), FIRST_PAUSE_MS, MOST_PAUSE_MS)
  for (;;) {
    signal.throwIfAborted()
    const fault = await tryToDeliver(channel, message, clock, signal)
    if (fault === undefined) return
    if (fault instanceof PartlyDelivered)
      return onTrouble(`${channel.name}: ${fault.message}; the others have it`)
    signal.throwIfAborted()
    const rest = Math.max(backoff.fail(), Math.min(fault.retryAfter ?? 0, MOST_PAUSE_MS))
    onTrouble(`${channel.name}: ${fault.message}; it is told again in ${rest / 1000} s`)
    await pause(clock, rest, signal)
  }
}

/** Returns why a channel has not taken a message; undefined once it has. The try ends in time, also where it does not. */
async function tryToDeliver(
  channel: Channel,
  message: Message,
  clock: Clock,
  ended: AbortSignal,
): Promise<DeliveryError | undefined> {
  const late = new AbortController()
  const signal = AbortSignal.any([ended, late.signal])
  const over = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  const stop = clock.after(TRY_WITHIN, () => late.abort())
  try {
    await Promise.race([channel.deliver(message, signal), over])
    return undefined
  } catch (error) {
    if (late.signal.aborted && !(error instanceof DeliveryError))
      return new DeliveryError(`did not answer within ${TRY_WITHIN / 1000} s`, true)
    return error instanceof DeliveryError ? error : new DeliveryError('could not be sent', true)
  } finally {
    stop()
  }
}
