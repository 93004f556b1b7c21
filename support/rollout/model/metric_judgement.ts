import type { Reading } from './reading'

/** The values of one series, at the moments of a window. */
export interface MetricSeries {
  /** The labels, such as `{instance="web1:9100"}`. */
  labels: string
  /** Values by their moment, in milliseconds since 1970 by Prometheus's clock. */
  values: ReadonlyMap<number, number>
}

/** Moments from `fromMs` to `toMs`, `stepMs` apart, by Prometheus's clock. */
export interface MetricWindow {
  fromMs: number
  toMs: number
  stepMs: number
}

/** The values that a metric may have. */
export interface MetricBound {
  /** True where the value has to be below, above or at the level. */
  is: 'below' | 'above' | 'at'
  level: number
}

/** The value that came closest to the bound, or went farthest beyond it. */
export interface WorstValue {
  value: number
  atMs: number
  labels: string
}

/** Returns whether each series has a value within the bound at each moment of a window, and the worst that it had. */
export function judgeMetric(
  series: readonly MetricSeries[],
  window: MetricWindow,
  bound: MetricBound,
): Reading & { worst?: WorstValue } {
  if (series.length === 0)
    return fault('has no value: no series fits; look at the name of the metric and at its labels')
  let worst: WorstValue | undefined
  for (const { labels, values } of series)
    for (let atMs = window.fromMs; atMs <= window.toMs; atMs += window.stepMs) {
      const value = values.get(atMs)
      if (value === undefined) return fault(`has no value at ${momentOf(atMs)}${inSeries(labels)}`)
      if (!Number.isFinite(value))
        return fault(`is ${nameOf(value)} at ${momentOf(atMs)}${inSeries(labels)}: no number to compare`)
      if (worst === undefined || distance(value, bound) > distance(worst.value, bound))
        worst = { value, atMs, labels }
    }
  // A window without a moment has shown nothing.
  if (worst === undefined) return fault('has no value: the look had no moment')
  if (isWithin(worst.value, bound)) return { passed: true, seen: describeWorst(worst, bound), worst }
  const { value, atMs, labels } = worst
  const seen = `is ${value} at ${momentOf(atMs)}${inSeries(labels)}, and should stay ${bound.is} ${bound.level}`
  return { passed: false, seen, worst }
}

/** Describes the worst value of a look that passed: `at most 0.2, at 2026-11-23T12:00:03Z in {job="web"}`. */
export function describeWorst({ value, atMs, labels }: WorstValue, { is }: MetricBound): string {
  const most = { below: 'at most ', above: 'at least ', at: '' }[is]
  return `${most}${value}, at ${momentOf(atMs)}${inSeries(labels)}`
}

/** Returns the worse of two values, the first where both are alike. */
export function worseOf(one: WorstValue | undefined, other: WorstValue, bound: MetricBound): WorstValue {
  return one === undefined || distance(other.value, bound) > distance(one.value, bound) ? other : one
}

/** The ages of the samples behind a query: the newest of each selector, its oldest series counting. */
export interface MetricSamples {
  selector: string
  /** True where a rule makes the samples: they say nothing of what is scraped. */
  isRecorded?: boolean
  /** The moment of the sample, by the moment of the look; none where there is no sample. */
  sampledMs: ReadonlyMap<number, number>
}

/**
 * Returns why the values of a window are older than they look; undefined where they are not. A selector may have no
 * sample yet, as in `errors or vector(0)`, if another has some; it may not lose those that it had. `sinceMs` is the moment
 * after which each has to have a sample; undefined before the end of a look.
 */
export function judgeAge(
  selectors: readonly MetricSamples[],
  window: MetricWindow,
  { staleAfterMs, sinceMs }: { staleAfterMs: number; sinceMs: number | undefined },
): string | undefined {
  const had = new Set<string>()
  for (let atMs = window.fromMs; atMs <= window.toMs; atMs += window.stepMs) {
    let there = 0
    for (const { selector, sampledMs, isRecorded = false } of selectors) {
      const sampled = sampledMs.get(atMs)
      if (sampled === undefined && had.has(selector))
        return `has no sample of ${selector} at ${momentOf(atMs)}: no target of it was scraped then, and a value would be made of older ones`
      if (sampled === undefined) continue
      had.add(selector)
      if (!isRecorded) there += 1
      if (atMs - sampled > staleAfterMs)
        return `is made of old samples: at ${momentOf(atMs)} the last one of a series of ${selector} was of ${momentOf(sampled)}`
    }
    if (there === 0) return `has no sample at ${momentOf(atMs)}: no target of it was scraped then`
  }
  if (sinceMs === undefined) return undefined
  for (const { selector, sampledMs } of selectors) {
    const last = lastMoment(window)
    const sampled = sampledMs.get(last)
    if (sampled !== undefined && sampled <= sinceMs)
      return `has no new sample since the look began: the last one of a series of ${selector} was of ${momentOf(sampled)}; let the look last longer than two scrapes`
  }
  return undefined
}

/** Returns the last moment of a window. */
function lastMoment({ fromMs, toMs, stepMs }: MetricWindow): number {
  return fromMs + Math.floor((toMs - fromMs) / stepMs) * stepMs
}

function isWithin(value: number, { is, level }: MetricBound): boolean {
  return { below: value < level, above: value > level, at: value === level }[is]
}

/** Returns how far a value is beyond a bound; less than 0 for one within it. */
function distance(value: number, { is, level }: MetricBound): number {
  return { below: value - level, above: level - value, at: Math.abs(value - level) }[is]
}

function momentOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

function inSeries(labels: string): string {
  return labels === '' ? '' : ` in ${labels}`
}

function nameOf(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function fault(seen: string): Reading {
  return { passed: false, seen }
}
