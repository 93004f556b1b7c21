import https from 'node:https'
import { Readable } from 'node:stream'

/**
 * Returns what answers requests by sending them over TLS, each on a connection of its own, to where its address says. An answer comes as it
 * is: a redirect is not followed, and a body that goes on is a stream.
 */
export function httpsClient(ca: string): { fetch: (request: Request) => Promise<Response> } {
  const agent = new https.Agent({ keepAlive: false, ca })
  return {
    async fetch(request) {
      const body = await request.text()
      const headers = Object.fromEntries(request.headers)
      return new Promise((resolve, reject) => {
        const sent = https.request(request.url, { agent, method: request.method, headers }, (answer) => {
          const { statusCode: status = 0 } = answer
          const own = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          )
          const hasBody = ![204, 303, 304].includes(status)
          if (!hasBody) answer.resume()
          const stream = Readable.toWeb(answer) as ReadableStream<Uint8Array>
          resolve(new Response(hasBody ? stream : null, { status, headers: own }))
        })
        sent.on('error', reject)
        sent.end(body)
      })
    },
  }
}
