import type { MetricSeries, MetricWindow } from '../rollout/model/metric_judgement'
import { queryFault } from '../rollout/model/metric_query'
import type { RecordedMetric } from '../rollout/model/recorded_metrics'
import type { Metrics } from '../rollout/ports'

/** A series of pretended metrics: its value at each moment, and when that was sampled. */
export interface FakeSeries {
  labels: string
  /** Returns the value at a moment; undefined where there is none. */
  at: (ms: number) => number | undefined
  /** Returns the moment of the sample behind it: the moment itself where that is left out. */
  sampledAt?: (ms: number) => number
}

/** Metrics that a test has made up, by their query. Time is what its clock says. */
export class FakeMetrics implements Metrics {
  staleAfterMs = 90_000
  readonly series: Record<string, readonly FakeSeries[]> = {}
  rules: readonly RecordedMetric[] = []
  /** The windows that were asked for. */
  readonly asked: { query: string; window: MetricWindow }[] = []
  /** Called before each answer; it may throw. */
  beforeAnswer: () => void = () => {}

  constructor(private readonly clock: () => number) {}

  async now(): Promise<number> {
    this.beforeAnswer()
    return this.clock()
  }

  async faultOf(query: string): Promise<string | undefined> {
    return queryFault(query) ?? (query.endsWith(']') ? 'it gives a range vector' : undefined)
  }

  async recorded(): Promise<readonly RecordedMetric[]> {
    this.beforeAnswer()
    return this.rules
  }

  async valuesOf(query: string, window: MetricWindow): Promise<readonly MetricSeries[]> {
    this.beforeAnswer()
    this.asked.push({ query, window })
    const [, selector] = /^min\(timestamp\((.*)\)\)$/.exec(query) ?? []
    if (selector === undefined)
      return (this.series[query] ?? []).flatMap(({ labels, at }) => seriesOf(labels, window, at))
    const all = this.series[selector] ?? []
    return seriesOf('', window, (ms) => {
      const there = all.filter((each) => each.at(ms) !== undefined)
      if (there.length === 0) return undefined
      return Math.min(...there.map(({ sampledAt = (own) => own }) => sampledAt(ms))) / 1_000
    })
  }
}

function seriesOf(
  labels: string,
  { fromMs, toMs, stepMs }: MetricWindow,
  at: (ms: number) => number | undefined,
): MetricSeries[] {
  const values = new Map<number, number>()
  for (let ms = fromMs; ms <= toMs; ms += stepMs) {
    const value = at(ms)
    if (value !== undefined) values.set(ms, value)
  }
  return values.size === 0 ? [] : [{ labels, values }]
}
