import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Redact } from '../system/redaction'
import { DeliveryError } from './channel'
import { networkFault } from './network_fault'
import { oneLine } from './words'

export interface Post {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  /** The PEM of the authorities that are trusted instead of the system's. */
  ca: string | undefined
  /** Takes secrets out of what the other side says. */
  redact: Redact
}

/** The most bytes that are read of a refusal. */
const MAX_BYTES = 1024
const MAX_RESPONSE = 120

/**
 * Posts JSON on a connection of its own. It follows no redirect, since that would hand the message and its secret to
 * another place than was configured. Of an answer it reads the status, and of a refusal the beginning. Resolves with the
 * status, from 200 to 299.
 * @throws DeliveryError
 */
export async function post(request: Post, signal: AbortSignal): Promise<number> {
  const response = await answerTo(request, signal)
  const { statusCode: status = 0 } = response
  if (status >= 200 && status < 300) {
    response.destroy()
    return status
  }
  if (status >= 300 && status < 400) {
    response.destroy()
    throw new DeliveryError(
      `answered ${status}, and no redirect is followed; configure where it leads`,
      false,
      undefined,
      status,
    )
  }
  const retry = status === 429 || status >= 500
  const retryAfter = secondsIn(response.headers['retry-after'])
  const said = oneLine(request.redact(await beginning(response)), MAX_RESPONSE)
  throw new DeliveryError(`answered ${status}${said === '' ? '' : `: ${said}`}`, retry, retryAfter, status)
}

function answerTo({ url, headers, body, ca }: Post, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith('https:')
    const options = {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      },
      agent: false,
      signal,
    } as const
    const request = isSecure
      ? https.request(url, { ...options, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) })
      : http.request(url, options)
    request.on('response', resolve)
    request.on('error', (error) => reject(networkFault(error)))
    // An answer that changes the protocol is no response, and no error either.
    request.on('close', () => reject(new DeliveryError('closed the connection', true)))
    request.end(body)
  })
}

async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= MAX_BYTES) break
    }
  } catch {
    // The part that has come says enough.
  } finally {
    response.destroy()
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString('utf8')
}

/** Parses a header of seconds to milliseconds; undefined for what is no number, such as a date by another clock. */
function secondsIn(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : undefined
}
