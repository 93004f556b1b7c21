import https from 'node:https'
import * as v from 'valibot'
import { networkFault } from '../../notifications/network_fault'
import { oneLine } from '../../notifications/words'
import type { Redact } from '../../system/redaction'
import { MonitoringFault } from './target'

export interface IcingaAccess {
  /** The address of the API, such as `https://icinga.example.net:5665`. */
  url: string
  user: string
  password: string
  /** The PEM of the authority that has signed for it; undefined for the system's authorities. */
  ca: string | undefined
}

/** An answer of the API: its status, and what it says of each object. */
export interface IcingaAnswer {
  status: number
  results: readonly IcingaResult[]
}

const result = v.looseObject({
  code: v.optional(v.number()),
  status: v.optional(v.unknown()),
  errors: v.optional(v.array(v.string())),
  attrs: v.optional(v.record(v.string(), v.unknown())),
})
const document = v.looseObject({ results: v.array(result) })
type IcingaResult = v.InferOutput<typeof result>

const WITHIN_MS = 30_000
const MAX_BYTES = 64 * 1024 * 1024
const MAX_SAID = 200

/** The API of Icinga 2. Its certificate is always checked, and it is sent nowhere else: no redirect is followed. */
export class IcingaApi {
  constructor(
    private readonly access: IcingaAccess,
    private readonly redact: Redact,
  ) {}

  /** Returns the attributes of the objects of a type: all of them, or those of a filter. @throws MonitoringFault */
  async query(
    type: 'hosts' | 'services' | 'downtimes',
    attrs: readonly string[],
    signal: AbortSignal,
    some: { filter?: string; filter_vars?: object } = {},
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    // A query that is long goes in a body, which takes a POST that says it is a GET.
    const answer = await this.ask('POST', `objects/${type}`, { attrs, ...some }, signal, {
      'x-http-method-override': 'GET',
    })
    if (answer.status !== 200)
      throw new MonitoringFault(`Icinga: its ${type} cannot be read: ${sayOf(answer, this.redact)}`)
    return answer.results.map(({ attrs: found = {} }) => found)
  }

  /** Returns the status of a part of Icinga, such as `CIB`. @throws MonitoringFault */
  async status(part: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.ask('GET', `status/${part}`, undefined, signal)
    if (answer.status !== 200)
      throw new MonitoringFault(`Icinga: its status cannot be read: ${sayOf(answer, this.redact)}`)
    return answer.results[0]?.status
  }

  /** Carries out a change, and returns why it was refused; undefined for one that was done. @throws MonitoringFault */
  async change(
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const answer = await this.ask(method, path, body, signal)
    const isDone =
      answer.status === 200 && answer.results.length > 0 && answer.results.every(({ code }) => code === 200)
    return isDone ? undefined : sayOf(answer, this.redact)
  }

  private async ask(
    method: string,
    path: string,
    body: object | undefined,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<IcingaAnswer> {
    const { status, text } = await this.send(method, path, body, signal, headers)
    if (status === 401)
      throw new MonitoringFault('Icinga: it does not know the user or the password; see its ApiUser objects')
    try {
      return { status, results: v.parse(document, JSON.parse(text)).results }
    } catch {
      const said = oneLine(this.redact(text), MAX_SAID)
      // An error of the whole request has a status in place of results.
      if (status === 403 || status === 404 || status >= 500) return { status, results: [{ status: said }] }
      throw new MonitoringFault(`Icinga: it answered ${status} with what is no answer of its API: ${said}`)
    }
  }

  private send(
    method: string,
    path: string,
    body: object | undefined,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string }> {
    const { url, user, password, ca } = this.access
    const text = body === undefined ? '' : JSON.stringify(body)
    const until = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)])
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        if (signal.aborted) return reject(signal.reason as Error)
        const why = until.aborted
          ? `did not answer within ${WITHIN_MS / 1000} s`
          : networkFault(error).message
        reject(new MonitoringFault(`Icinga: ${url} ${why}`))
      }
      const request = https.request(`${url}/v1/${path}`, {
        method,
        agent: false,
        signal: until,
        rejectUnauthorized: true,
        auth: `${user}:${password}`,
        headers: { accept: 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
        ...(ca === undefined ? {} : { ca }),
      })
      request.on('error', fail)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          chunks.push(chunk)
          if (bytes > MAX_BYTES) request.destroy(new Error('too much'))
        })
        response.on('error', fail)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        )
      })
      request.end(text)
    })
  }
}

/** Returns what an answer says of what it refused, without the places of Icinga's own files. A secret is hidden before the cut. */
function sayOf({ status, results }: IcingaAnswer, redact: Redact): string {
  const said = results.flatMap(({ code, errors = [], status: text }) =>
    code === 200 ? [] : errors.length > 0 ? errors : [typeof text === 'string' ? text : ''],
  )
  const line = oneLine(redact(said.join('; ')).replace(/\s*Location: in \S+/g, ''), MAX_SAID)
  return line === '' ? `it answered ${status}, and names no object` : line
}
