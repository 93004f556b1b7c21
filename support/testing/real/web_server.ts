import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** Milliseconds that a request takes to be answered, and a service to be started again. */
const ANSWER = 15
const RESTART = 500

/** A small web server in this process, with a second address at which it can be restarted. */
export class WebServer {
  readonly port: number
  readonly restartUrl: string
  /** Called with the answer of a slow request, which is answered when that is called. */
  onSlow: (answer: () => void) => void = (answer) => answer()
  /** True when health checks pass; the server serves in any case. */
  healthy = true

  private constructor(
    readonly name: string,
    private readonly site: http.Server,
    private readonly door: http.Server,
  ) {
    this.port = (site.address() as AddressInfo).port
    this.restartUrl = `http://127.0.0.1:${(door.address() as AddressInfo).port}/`
  }

  static async start(name: string): Promise<WebServer> {
    const site = http.createServer((request, response) => {
      const answer = () => response.end(`${name}\n`)
      if (request.url === '/slow') server.onSlow(answer)
      else if (request.url === '/health' && !server.healthy) response.writeHead(500).end()
      else setTimeout(answer, ANSWER)
    })
    const door = http.createServer((_request, response) => {
      void server.restart().then(() => response.end('up\n'))
    })
    await Promise.all([listening(site, 0), listening(door, 0)])
    const server = new WebServer(name, site, door)
    return server
  }

  /** Cuts every connection and refuses new ones, until the server is up again. */
  async restart(): Promise<void> {
    const closed = new Promise((resolve) => this.site.close(resolve))
    this.site.closeAllConnections()
    await closed
    await new Promise((resolve) => setTimeout(resolve, RESTART))
    await listening(this.site, this.port)
  }

  async stop(): Promise<void> {
    for (const server of [this.site, this.door]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

function listening(server: http.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
