import {
  describeWorst,
  judgeAge,
  judgeMetric,
  worseOf,
  type MetricBound,
  type MetricSamples,
  type MetricWindow,
  type WorstValue,
} from '../model/metric_judgement'
import { selectorsBehind, type SelectorBehind } from '../model/recorded_metrics'
import type { HostGateway } from '../model/obligation'
import type { Reading } from '../model/reading'
import type { Metrics } from '../ports'

/** Milliseconds between two questions while a look lasts. */
const EVERY_MS = 5_000
const STEP_MS = 1_000
/** Milliseconds that a question reaches back behind the one before it: a scrape is stored when it ends. */
const OVERLAP_MS = 15_000
/** Prometheus answers 11,000 moments at most. */
const MAX_MOMENTS = 10_000
/** Milliseconds by which Prometheus's clock may stay behind ours in the course of a look. */
const MAX_BEHIND_MS = 30_000

/** A metric and how long it is looked at. */
interface Watch {
  metrics: Metrics
  query: string
  bound: MetricBound
  duringMs: number
}

/**
 * Looks at a metric from now on. Prometheus's own clock says what time it is; ours says how long it has been. The first
 * value beyond the bound ends the look, as does everything that keeps it from seeing.
 * @throws ControlHostFault
 */
export async function watchMetric(watch: Watch, gateway: HostGateway): Promise<Reading> {
  const { metrics, bound, duringMs } = watch
  const began = gateway.elapsed()
  const behind = selectorsBehind(watch.query, await metrics.recorded())
  const fromMs = await metrics.now()
  let seenMs = fromMs
  let worst: WorstValue | undefined
  for (;;) {
    const nowMs = await metrics.now()
    const elapsed = gateway.elapsed() - began
    if (nowMs < seenMs) return fault('has a clock that went back; what it has stored since cannot be told')
    // The last moment lies behind the whole time.
    const isOver = elapsed >= duringMs && nowMs - fromMs >= duringMs + STEP_MS
    if (!isOver && elapsed > duringMs + MAX_BEHIND_MS)
      return fault('has a clock that stands still, or goes slower than the one here')
    const window = isOver ? wholeOf(fromMs, nowMs) : pieceOf(fromMs, seenMs, nowMs)
    const reading = await judgeWindow({ ...watch, behind }, window, isOver ? fromMs : undefined)
    if (!reading.passed || reading.worst === undefined) return { passed: false, seen: reading.seen }
    worst = worseOf(worst, reading.worst, bound)
    if (isOver) return { passed: true, seen: `${describeWorst(worst, bound)}${reading.without ?? ''}` }
    seenMs = nowMs
    const left = Math.max(duringMs - elapsed, duringMs + STEP_MS - (nowMs - fromMs))
    await gateway.wait(Math.min(EVERY_MS, Math.max(left, 100), metrics.staleAfterMs))
  }
}

async function judgeWindow(
  { metrics, query, bound, behind }: Watch & { behind: readonly SelectorBehind[] },
  window: MetricWindow,
  sinceMs: number | undefined,
): Promise<Reading & { worst?: WorstValue; without?: string }> {
  const reading = judgeMetric(await metrics.valuesOf(query, window), window, bound)
  if (!reading.passed) return reading
  const samples: MetricSamples[] = []
  for (const { selector, rule, isRecorded } of behind) {
    const [oldest] = await metrics.valuesOf(`min(timestamp(${selector}))`, window)
    const seconds = [...(oldest?.values ?? [])]
    samples.push({
      selector: rule === undefined ? selector : `${selector} (read by the rule ${rule})`,
      isRecorded,
      sampledMs: new Map(seconds.map(([at, value]) => [at, value * 1_000])),
    })
  }
  const old = judgeAge(samples, window, { staleAfterMs: metrics.staleAfterMs, sinceMs })
  if (old !== undefined) return { passed: false, seen: old }
  const without = samples.filter(({ sampledMs }) => sampledMs.size === 0).map(({ selector }) => selector)
  return { ...reading, without: without.length === 0 ? '' : `; without a sample of ${without.join(' and ')}` }
}

/** Returns a window over a whole look. Its moments are farther apart where Prometheus would refuse so many. */
function wholeOf(fromMs: number, toMs: number): MetricWindow {
  const seconds = Math.max(1, Math.ceil((toMs - fromMs) / MAX_MOMENTS / STEP_MS))
  return { fromMs, toMs, stepMs: seconds * STEP_MS }
}

/** Returns a window over what came since the last one. Its moments are some of those of the whole look. */
function pieceOf(fromMs: number, seenMs: number, toMs: number): MetricWindow {
  const behind = Math.max(0, seenMs - OVERLAP_MS - fromMs)
  return { fromMs: fromMs + Math.floor(behind / STEP_MS) * STEP_MS, toMs, stepMs: STEP_MS }
}

function fault(seen: string): Reading {
  return { passed: false, seen }
}
