import http from 'node:http'

const AT_ONCE = 6
const LATE = 25_000

export interface LoadResult {
  requests: number
  failed: number
  /** The first few failures, in words. */
  failures: string[]
}

/**
 * A load of requests, one after the other on a few connections, until it is stopped. A status from 500 on, or none, has
 * failed.
 */
export class Load {
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE })
  private readonly result: LoadResult = { requests: 0, failed: 0, failures: [] }
  private running = true
  private readonly loops: Promise<void>[]

  constructor(private readonly port: number) {
    this.loops = Array.from({ length: AT_ONCE }, () => this.loop())
  }

  async stop(): Promise<LoadResult> {
    this.running = false
    await Promise.all(this.loops)
    this.agent.destroy()
    return this.result
  }

  private async loop(): Promise<void> {
    while (this.running) {
      const failure = await this.request()
      this.result.requests += 1
      if (failure === undefined) continue
      this.result.failed += 1
      if (this.result.failures.length < 10) this.result.failures.push(failure)
    }
  }

  private request(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const request = http.get(
        { port: this.port, host: '127.0.0.1', agent: this.agent, timeout: LATE },
        (response) => {
          response.resume()
          response.once('end', () => {
            const status = response.statusCode ?? 0
            resolve(status < 500 ? undefined : `status ${status}`)
          })
          response.once('error', (error) => resolve(error.message))
        },
      )
      request.once('timeout', () => request.destroy(new Error('no answer')))
      request.once('error', (error) => resolve(error.message))
    })
  }
}
