import { randomUUID } from 'node:crypto'
import { documentOfOrder } from '../bus/build_order'
import { readReport } from '../bus/build_report'
import { oneByOne, seal } from '../bus/sealed'
import { openSigningKey } from '../bus/signing_key'
import type { BusBroker } from '../config/bus_broker'
import { mayReport } from '../config/runners_setting'
import { StompConnection } from '../connectors/stomp/connection'
import { asHost } from '../connectors/stomp/delays'
import type { Frame } from '../connectors/stomp/frame'
import { BuildFolders } from '../pipeline/build_folders'
import { keepReportedOutput, MAX_KEPT_BUILDS } from '../pipeline/reported_output'
import { RunnerOrders } from '../pipeline/runner_orders'
import { sayOnce } from '../system/say_once'
import { lookAfterEvents } from './loops'
import type { Part, PartContext } from './part'
import { Refusals } from './refusals'

/** The events after which another order may be due. */
const CHANGES_IT = ['commit seen', 'build asked for', 'build ended', 'order lost'] as const

/**
 * Gives builds to runners on other machines over durable queues of the broker of the bus, and takes what they report. A
 * broker that is away keeps no push and no build of this machine waiting.
 */
export function runnersPart(broker: BusBroker): Part {
  return {
    name: 'runners',
    async run(context) {
      const { settings, state, pipeline, clock, log, redact, signal } = context
      const key = openSigningKey(state)
      const onTrouble = sayOnce((sentence) => log.warn(`runners: ${redact(sentence)}`))
      const refusals = new Refusals(clock, (count, why) => log.warn({ count, why }, 'reports dropped'))
      // What a runner sends again is no fault: an end of its connection makes it come twice.
      const repeats = new Refusals(clock, (count, why) =>
        log.info({ count, why }, 'reports that change nothing'),
      )
      const folders = new BuildFolders(state)
      const inbox = new Inbox()
      const connection = new StompConnection({
        ...broker,
        clock,
        random: Math.random,
        redact,
        reconnecting: asHost,
        subscriptions: () => [oneByOne(broker.queues.results)],
        onMessage: (frame) => inbox.put(frame),
        onLost: (reason) => onTrouble(reason.message),
        onRestored: () => log.info('runners: the broker is back'),
      })
      const orders = new RunnerOrders({
        repositories: settings.repositories,
        log: pipeline,
        clock,
        newId: randomUUID,
        key: key.id,
        publish: (order, until) =>
          connection.publish(
            [seal(key, broker.queues.ordersOf(order.repository), documentOfOrder(order, clock.now()))],
            until,
          ),
        counts: (name, repository) =>
          [...settings.runners.values()].some((each) => each.name === name && mayReport(each, repository)),
        keepOutput: (build, runner, output) => keepReportedOutput(folders, build, runner, output),
        tidyUp: async (builds) => {
          const why = await folders.keep(new Set(builds.slice(-MAX_KEPT_BUILDS)))
          if (why !== undefined) onTrouble(`the folder of a build is still there: ${why}`)
        },
        onTrouble,
      })
      /** A report leaves its queue once it is in the journal, or can never count. */
      const take = async (frame: Frame) => {
        const read = readReport(frame, settings.runners)
        if ('why' in read) {
          refusals.add(`a message on ${broker.queues.results} ${read.why}; it was dropped`)
          // Who reports an end has taken the order off its queue.
          if (read.ended !== undefined) await orders.lose(read.ended, read.why, signal)
        } else {
          const why = await orders.take(read.report, read.runner, signal)
          if (why !== undefined) repeats.add(`a report of the runner ${read.runner} ${why}`)
        }
        await connection.acknowledge(frame)
      }
      log.info(
        { key: key.publicKey, runners: [...settings.runners.values()].map(({ name }) => name) },
        'builds by runners',
      )
      try {
        await together(context, [
          () => connection.openAtLast(signal, onTrouble),
          (until) => inbox.each(take, until),
          (until) =>
            lookAfterEvents({ pipeline, clock, signal: until }, CHANGES_IT, () => orders.look(until)),
        ])
      } finally {
        refusals.stop()
        repeats.stop()
        await connection.close()
      }
    },
  }
}

/** Runs works beside one another; the first fault ends all of them. */
async function together(
  { signal }: Pick<PartContext, 'signal'>,
  works: readonly ((until: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController()
  const until = AbortSignal.any([signal, failed.signal])
  const ends = await Promise.allSettled(
    works.map((work) =>
      work(until).catch((error: unknown) => {
        failed.abort()
        // What was given up because of the end is no fault.
        if (!signal.aborted) throw error
      }),
    ),
  )
  const fault = ends.find((end) => end.status === 'rejected')
  if (fault !== undefined) throw fault.reason
}

/** Messages in the order of their arrival, each taken when the one before was done with. */
class Inbox {
  private readonly waiting: Frame[] = []
  private wake: (() => void) | undefined

  put(frame: Frame): void {
    this.waiting.push(frame)
    this.wake?.()
  }

  /** Works until the signal is aborted. @throws what the work throws */
  async each(work: (frame: Frame) => Promise<void>, until: AbortSignal): Promise<void> {
    until.addEventListener('abort', () => this.wake?.(), { once: true })
    while (!until.aborted) {
      const frame = this.waiting.shift()
      if (frame !== undefined) await work(frame)
      else await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
