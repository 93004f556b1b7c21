import { Backoff } from '../pipeline/backoff'
import type { RunnerOrder } from '../pipeline/runner_report'
import { pause, type Clock } from '../system/clock'
import { shortId } from '../system/git_names'
import type { BuildHere, EndReport, OrderSource, ReportSink, ReportStore, TakenOrder } from './ports'

const FAULT_FIRST_MS = 5_000
const FAULT_MOST_MS = 600_000
const PUBLISH_AGAIN_MS = 1_000

export interface RunOrdersParts {
  orders: OrderSource
  reports: ReportSink
  store: ReportStore
  build: BuildHere
  clock: Clock
  onTaken(order: RunnerOrder): void
  onEnded(report: EndReport): void
  onTrouble(sentence: string): void
}

/**
 * Takes orders one at a time and carries them out until the signal is aborted. An order leaves its queue once a broker has
 * the report of its end; an end of this process before that gives it back. A build that ended here is never run again:
 * its report is on disk before anybody is told.
 */
export async function runOrders(parts: RunOrdersParts, signal: AbortSignal): Promise<void> {
  const { orders, store, clock } = parts
  const faults = new Backoff(() => clock.elapsed(), FAULT_FIRST_MS, FAULT_MOST_MS)
  for (const report of store.unconfirmed) await confirm(report, parts, signal)
  while (!signal.aborted) {
    if (faults.rest > 0) await pause(clock, faults.rest, signal).catch(() => {})
    const taken = await orders.take(signal)
    if (taken === undefined) continue
    try {
      const report = await carryOut(taken, parts, signal)
      // A machine at fault would take all orders, since it is done with each at once.
      if (report?.result === 'interrupted') faults.fail()
      else if (report !== undefined) faults.succeed()
    } finally {
      await taken.close()
    }
  }
}

/** Returns the report of the end; undefined where the order was given back. */
async function carryOut(
  taken: TakenOrder,
  parts: RunOrdersParts,
  signal: AbortSignal,
): Promise<EndReport | undefined> {
  const { order } = taken
  const report = parts.store.find(order.build) ?? (await buildAnew(order, parts, signal))
  if (report === undefined || !(await confirm(report, parts, signal))) return undefined
  await taken.acknowledge()
  return report
}

async function buildAnew(
  order: RunnerOrder,
  { reports, store, build: run, clock, onTaken, onEnded, onTrouble }: RunOrdersParts,
  signal: AbortSignal,
): Promise<EndReport | undefined> {
  const { build, repository, commit } = order
  onTaken(order)
  // People want to know it; the build does not wait for that.
  const told = reports.publish({ event: 'taken', build, repository, commit }, signal).catch(() => {})
  const from = clock.elapsed()
  const { isGone = false, ...outcome } = await run(order, signal)
  const seconds = Math.round((clock.elapsed() - from) / 100) / 10
  if (signal.aborted) return undefined
  const report: EndReport = { event: 'ended', build, repository, commit, isGone, seconds, ...outcome }
  try {
    store.add(report)
  } catch (error) {
    onTrouble(
      `the end of the tests of ${shortId(commit)} could not be kept: ${(error as Error).message}; they run anew if this ends before a broker has it`,
    )
  }
  onEnded(report)
  await told
  return report
}

/** Publishes a report until a broker has it. Returns false when the signal is aborted first: the report stays on disk. */
async function confirm(
  report: EndReport,
  { reports, store, clock, onTrouble }: RunOrdersParts,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await reports.publish(report, signal)
    } catch (error) {
      if (signal.aborted) return false
      onTrouble((error as Error).message)
      await pause(clock, PUBLISH_AGAIN_MS, signal).catch(() => {})
      continue
    }
    try {
      store.confirm(report.build)
    } catch (error) {
      onTrouble(`a report that was confirmed is sent again later: ${(error as Error).message}`)
    }
    return true
  }
  return false
}
