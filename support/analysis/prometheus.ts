import * as v from 'valibot'
import { oneLine } from '../notifications/words'
import type { MetricSeries, MetricWindow } from '../rollout/model/metric_judgement'
import type { RecordedMetric } from '../rollout/model/recorded_metrics'
import { ControlHostFault, type Metrics } from '../rollout/ports'
import type { Redact } from '../system/redaction'
import { exchange, type Exchanged } from './exchange'

/** The Prometheus of an environment, and how it is asked. */
export interface PrometheusAccess {
  /** Its address, such as `https://prometheus.example.net`, with the path that a proxy has put before it. */
  url: string
  /** The PEM of the authorities that are trusted instead of the system's. */
  ca: string | undefined
  /** The value of the header `Authorization`; undefined where it asks for none. */
  authorization: string | undefined
  /** Milliseconds that a sample may be old while it counts. */
  staleAfterMs: number
  secrets: readonly string[]
}

const WITHIN_MS = 30_000
const MAX_BYTES = 32 * 1024 * 1024
const MAX_SAID = 200
const MAX_LABELS = 120

const value = v.tuple([v.number(), v.string()])
const document = v.looseObject({
  status: v.picklist(['success', 'error']),
  data: v.optional(v.unknown()),
  error: v.optional(v.string()),
  warnings: v.optional(v.array(v.string())),
})
const scalar = v.looseObject({ resultType: v.literal('scalar'), result: value })
const matrix = v.looseObject({
  resultType: v.literal('matrix'),
  result: v.array(v.looseObject({ metric: v.record(v.string(), v.string()), values: v.array(value) })),
})

const rules = v.looseObject({
  groups: v.array(
    v.looseObject({
      rules: v.array(v.looseObject({ type: v.string(), name: v.string(), query: v.string() })),
    }),
  ),
})

type Api = 'query' | 'query_range' | 'format_query' | 'rules?type=record'

/** The metrics of a real Prometheus, by its HTTP API. */
export class Prometheus implements Metrics {
  readonly staleAfterMs: number

  constructor(
    private readonly access: PrometheusAccess,
    private readonly redact: Redact,
  ) {
    this.staleAfterMs = access.staleAfterMs
  }

  async now(): Promise<number> {
    const { result } = expectForm(
      scalar,
      dataOf(await this.send('query', { query: 'time()' }), this.redact),
      'its time',
    )
    const ms = Math.round(Number(result[1]) * 1_000)
    if (!Number.isSafeInteger(ms)) throw noPrometheus(`its time is ${oneLine(result[1], MAX_SAID)}`)
    return ms
  }

  async faultOf(query: string): Promise<string | undefined> {
    const fault = await this.readFault(query)
    if (fault !== undefined) return fault
    // A text and a range of samples can be read, and not be computed; neither can be negated.
    const kind = /\bgot "(range vector|string)"$/.exec((await this.readFault(`-(${query}\n)`)) ?? '')?.[1]
    if (kind === undefined) return undefined
    return `it gives a ${kind}, and has to give one value at each moment, such as max_over_time(up[1m])`
  }

  private async readFault(query: string): Promise<string | undefined> {
    const answer = await this.send('format_query', { query })
    const { status, error } = readDocument(answer, this.redact)
    if (status === 'success') return undefined
    return oneLine(this.redact(error ?? '').replace(/^invalid parameter "query": /, ''), MAX_SAID)
  }

  async recorded(): Promise<readonly RecordedMetric[]> {
    const answer = dataOf(await this.send('rules?type=record'), this.redact)
    const { groups } = expectForm(rules, answer, 'its rules')
    return groups.flatMap((group) => group.rules).filter(({ type }) => type === 'recording')
  }

  async valuesOf(query: string, { fromMs, toMs, stepMs }: MetricWindow): Promise<readonly MetricSeries[]> {
    const [start, end, step] = [fromMs, toMs, stepMs].map((ms) => (ms / 1_000).toFixed(3))
    const asked = { query, start: start ?? '', end: end ?? '', step: step ?? '' }
    const { result } = expectForm(
      matrix,
      dataOf(await this.send('query_range', asked), this.redact),
      'a value for each moment',
    )
    return result.map(({ metric, values }) => ({
      labels: labelsOf(metric),
      values: new Map(values.map(([at, text]) => [Math.round(at * 1_000), numberOf(text)])),
    }))
  }

  /** Sends a question: by POST with fields, as a query may be long, or by GET without. */
  private send(api: Api, fields?: Readonly<Record<string, string>>): Promise<Exchanged> {
    const { url, ca, authorization } = this.access
    const body = new URLSearchParams(fields).toString()
    const form = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
    }
    return exchange({
      url: `${url}/api/v1/${api}`,
      method: fields === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(fields === undefined ? {} : form),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      ca,
      withinMs: WITHIN_MS,
      maxBytes: MAX_BYTES,
    })
  }
}

/** Returns the data of an answer that succeeded. */
function dataOf(answer: Exchanged, redact: Redact): unknown {
  const { status, data, error, warnings = [] } = readDocument(answer, redact)
  if (status === 'error') throw new ControlHostFault(`cannot say: ${oneLine(redact(error ?? ''), MAX_SAID)}`)
  // With a warning the answer may be a part of what there is.
  if (warnings.length > 0)
    throw new ControlHostFault(
      `warns, and may have answered in part: ${oneLine(redact(warnings.join('; ')), MAX_SAID)}`,
    )
  return data
}

/** Reads an answer of the API: 400, 422 and 503 have a document of their own too. */
function readDocument({ status, text }: Exchanged, redact: Redact): v.InferOutput<typeof document> {
  if (status === 401 || status === 403)
    throw new ControlHostFault(`answered ${status}: it does not let in the user or token of lockstep.yaml`)
  if (status >= 300 && status < 400)
    throw new ControlHostFault(`answered ${status}, and no redirect is followed; configure where it leads`)
  if (status === 404) throw noPrometheus('it answered 404; look at the path of its url')
  const said = oneLine(redact(text), MAX_SAID)
  const read = v.safeParse(document, parseJson(text))
  if (read.success && (status === 200) === (read.output.status === 'success')) return read.output
  if (status === 200) throw noPrometheus(`it answered: ${said}`)
  throw new ControlHostFault(`answered ${status}: ${said}`)
}

function expectForm<T>(schema: v.GenericSchema<unknown, T>, data: unknown, expected: string): T {
  const read = v.safeParse(schema, data)
  if (read.success) return read.output
  throw noPrometheus(`it did not answer ${expected}`)
}

function noPrometheus(why: string): ControlHostFault {
  return new ControlHostFault(`does not answer as a Prometheus: ${why}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns a value as Prometheus writes it. A text that is no number is `NaN`. */
function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return text.trim() === '' ? Number.NaN : Number(text)
}

function labelsOf(metric: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...labels } = metric
  const written = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`)
  return oneLine(written.length === 0 ? name : `${name}{${written.join(', ')}}`, MAX_LABELS)
}
