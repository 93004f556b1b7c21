import { readOrder } from '../bus/build_order'
import { oneByOne, type BelievedKey } from '../bus/sealed'
import type { RunnerSettings } from '../config/runner_setting'
import { StompConnection } from '../connectors/stomp/connection'
import { asHost } from '../connectors/stomp/delays'
import type { Frame } from '../connectors/stomp/frame'
import type { Clock } from '../system/clock'
import type { Redact } from '../system/redaction'
import type { RunnerOrder } from '../pipeline/runner_report'
import type { OrderSource, TakenOrder } from './ports'

export interface OrderLinesOptions extends Pick<
  RunnerSettings,
  'brokers' | 'virtualHost' | 'connectWithin' | 'heartBeat' | 'queues'
> {
  /** The names of the repositories whose orders are taken. */
  repositories: readonly string[]
  /** The key of `lockstep serve`, by its name. */
  believed: ReadonlyMap<string, BelievedKey>
  clock: Clock
  random: () => number
  redact: Redact
  /** Hears why a message was taken off its queue and dropped. */
  onRefused(why: string): void
  /** Tells of an order that is dropped since its signature is not believed; it may be forged. No end of it throws. */
  tellDropped(
    claimed: Pick<RunnerOrder, 'build' | 'repository' | 'commit'>,
    signal: AbortSignal,
  ): Promise<void>
  onTrouble(sentence: string): void
}

/**
 * Listens to the queue of each repository over a connection of its own. The first order that can be believed ends all the
 * other connections, which gives back what they have brought: a runner keeps no order from others that it does not build.
 */
export class OrderLines implements OrderSource {
  constructor(private readonly options: OrderLinesOptions) {}

  async take(signal: AbortSignal): Promise<TakenOrder | undefined> {
    const { tellDropped } = this.options
    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    const lines: StompConnection[] = []
    const taken = await new Promise<(TakenOrder & { line: StompConnection }) | undefined>((resolve) => {
      let isTaken = false
      signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: over.signal })
      if (signal.aborted) resolve(undefined)
      for (const repository of this.options.repositories) {
        const line = this.line(
          repository,
          () => isTaken || signal.aborted,
          (frame) => {
            // What comes now goes back when its connection ends.
            if (isTaken || signal.aborted) return
            const order = readOrder(frame, this.options.believed, repository)
            if ('why' in order) {
              this.options.onRefused(`a message on the queue of ${repository} ${order.why}; it was dropped`)
              const { claimed } = order
              const told = claimed === undefined ? Promise.resolve() : tellDropped(claimed, until)
              // Nobody was told where another order came first: this one goes back.
              void told.then(() => (until.aborted ? undefined : line.acknowledge(frame)))
              return
            }
            isTaken = true
            const acknowledge = async () => void (await line.acknowledge(frame))
            resolve({ order, acknowledge, close: () => line.close(), line })
          },
        )
        lines.push(line)
        void line.openAtLast(until, this.options.onTrouble)
      }
    })
    over.abort()
    await Promise.all(lines.filter((line) => line !== taken?.line).map((line) => line.close()))
    return taken
  }

  private line(repository: string, isBusy: () => boolean, onMessage: (frame: Frame) => void) {
    const { onTrouble, queues } = this.options
    const line: StompConnection = new StompConnection({
      ...this.options,
      reconnecting: asHost,
      subscriptions: () => [oneByOne(queues.ordersOf(repository))],
      onMessage,
      onLost: (reason) => {
        onTrouble(reason.message)
        // The order is on its queue again. A line that came back would bring another one, to wait here for the end.
        if (isBusy()) void line.close()
      },
      onRestored: () => onTrouble('the connection to the broker is back'),
    })
    return line
  }
}
