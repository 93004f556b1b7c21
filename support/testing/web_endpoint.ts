import http, { type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { TEST_CERTIFICATE, TEST_KEY } from './test_certificate'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A web server on loopback whose every answer a test decides. */
export class WebEndpoint {
  readonly received: Received[] = []
  /** Answers a request that has been read. */
  answer: (response: ServerResponse) => void = (response) => void response.end('ok')
  private constructor(
    private readonly server: http.Server | https.Server,
    private readonly scheme: 'http' | 'https',
  ) {}

  static async start(scheme: 'http' | 'https' = 'http'): Promise<WebEndpoint> {
    const listener: RequestListener = (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { url: path = '', headers } = request
        endpoint.received.push({ path, headers, body: Buffer.concat(chunks).toString('utf8') })
        endpoint.answer(response)
      })
    }
    const server =
      scheme === 'http'
        ? http.createServer(listener)
        : https.createServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, listener)
    const endpoint = new WebEndpoint(server, scheme)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return endpoint
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  url(path: string, host = '127.0.0.1'): string {
    return `${this.scheme}://${host}:${this.port}${path}`
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeAllConnections()
    await closed
  }
}
