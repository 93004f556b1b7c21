import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { networkFault } from '../notifications/network_fault'
import { ControlHostFault } from '../rollout/ports'
import { formatDuration } from '../system/duration'

interface Exchange {
  url: string
  method: 'GET' | 'POST'
  headers: Readonly<Record<string, string>>
  body?: string
  /** The PEM of the authorities that are trusted instead of the system's. */
  ca: string | undefined
  withinMs: number
  /** The most bytes that are read; undefined where the body is not read at all. */
  maxBytes: number | undefined
}

export interface Exchanged {
  status: number
  text: string
}

/**
 * Asks over HTTP, on a connection of its own. Certificates are checked, and no redirect is followed.
 * @throws ControlHostFault
 */
export function exchange(asked: Exchange): Promise<Exchanged> {
  const { url, method, headers, body = '', ca, withinMs, maxBytes } = asked
  const late = AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)))
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(
        error instanceof ControlHostFault
          ? error
          : new ControlHostFault(
              late.aborted
                ? `did not answer within ${formatDuration(withinMs)}`
                : networkFault(error).message,
              { cause: error },
            ),
      )
    const options = { method, headers, agent: false, signal: late } as const
    const request = url.startsWith('https:')
      ? https.request(url, { ...options, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) })
      : http.request(url, options)
    request.on('error', fail)
    // An answer that changes the protocol is no response, and no error either.
    request.on('close', () => fail(new ControlHostFault('closed the connection before it had answered')))
    request.on('response', (response) => {
      const status = response.statusCode ?? 0
      if (maxBytes === undefined) {
        response.on('error', () => {})
        resolve({ status, text: '' })
        return request.destroy()
      }
      readText(response, maxBytes).then((text) => resolve({ status, text }), fail)
    })
    request.end(body)
  })
}

async function readText(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes)
      throw new ControlHostFault(
        `answered more than ${Math.floor(maxBytes / 1024 / 1024)} MB: ask for fewer series, as with max(…)`,
      )
    chunks.push(chunk)
  }
  if (!response.complete) throw new ControlHostFault('closed the connection in the middle of its answer')
  return Buffer.concat(chunks).toString('utf8')
}
