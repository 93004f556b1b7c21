export type Labels = Readonly<Record<string, string>>

/** The most series of one metric; further ones are counted together. */
const MAX_SERIES = 2_000
const REST: Labels = { series: 'further' }

/** A metric with a number for each set of labels. */
export class Metric {
  private readonly values = new Map<string, { labels: Labels; value: number }>()

  constructor(
    readonly name: string,
    readonly kind: 'counter' | 'gauge',
    readonly help: string,
  ) {}

  add(labels: Labels, value = 1): void {
    const one = this.of(labels)
    one.value += value
  }

  set(labels: Labels, value: number): void {
    this.of(labels).value = value
  }

  /** Sets a number that never gets less. */
  raise(labels: Labels, value: number): void {
    const one = this.of(labels)
    one.value = Math.max(one.value, value)
  }

  /** Returns the metric as Prometheus reads it, with the series that may be seen. */
  format(sees: (labels: Labels) => boolean): string {
    const lines = [...this.values.values()]
      .filter(({ labels }) => sees(labels))
      .map(({ labels, value }) => `${this.name}${formatLabels(labels)} ${value}\n`)
    return lines.length === 0 ? '' : `${headOf(this)}${lines.join('')}`
  }

  private of(labels: Labels): { labels: Labels; value: number } {
    const key = formatLabels(labels)
    const known = this.values.get(key)
    if (known !== undefined) return known
    if (this.values.size >= MAX_SERIES && labels !== REST) return this.of(REST)
    const made = { labels, value: 0 }
    this.values.set(key, made)
    return made
  }
}

interface Observed {
  labels: Labels
  counts: number[]
  sum: number
  count: number
}

/** How often something took how long, in seconds. */
export class Histogram {
  private readonly series = new Map<
    string,
    { labels: Labels; counts: number[]; sum: number; count: number }
  >()

  constructor(
    readonly name: string,
    readonly help: string,
    private readonly bounds: readonly number[],
  ) {}

  observe(labels: Labels, seconds: number): void {
    const known = this.of(labels)
    known.sum += seconds
    known.count += 1
    for (const [index, bound] of this.bounds.entries())
      if (seconds <= bound) known.counts[index] = (known.counts[index] ?? 0) + 1
  }

  format(sees: (labels: Labels) => boolean): string {
    const lines = [...this.series.values()]
      .filter(({ labels }) => sees(labels))
      .map(({ labels, counts, sum, count }) => {
        const bucket = (le: string, value: number) =>
          `${this.name}_bucket${formatLabels({ ...labels, le })} ${value}\n`
        return [
          ...this.bounds.map((bound, index) => bucket(String(bound), counts[index] ?? 0)),
          bucket('+Inf', count),
          `${this.name}_sum${formatLabels(labels)} ${sum}\n`,
          `${this.name}_count${formatLabels(labels)} ${count}\n`,
        ].join('')
      })
    return lines.length === 0 ? '' : `${headOf({ ...this, kind: 'histogram' })}${lines.join('')}`
  }

  private of(labels: Labels): Observed {
    const key = formatLabels(labels)
    const known = this.series.get(key)
    if (known !== undefined) return known
    if (this.series.size >= MAX_SERIES && labels !== REST) return this.of(REST)
    const made = { labels, counts: this.bounds.map(() => 0), sum: 0, count: 0 }
    this.series.set(key, made)
    return made
  }
}

function headOf({ name, help, kind }: { name: string; help: string; kind: string }): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`
}

function formatLabels(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return all.length === 0 ? '' : `{${all.join(',')}}`
}

/** Returns a value without what would end it. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .slice(0, MAX_LABEL)
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
}

const MAX_LABEL = 120
