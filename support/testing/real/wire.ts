import { FrameParser } from '../../connectors/stomp/frame'
import { asText } from '../../protocol/plain'
import { decodeRpcRequest } from '../../protocol/rpc_body'
import { pskServer } from '../../protocol/security/psk'
import { ownContractOf } from '../../rpc/contracts'
import type { Proxy } from '../proxy'
import { tap } from '../tap'

/** The messages of clients to a broker and to HAProxies, read off the wire and not off the clients' reports. */
export class Wire {
  /** The names `agent action`, one for each message. */
  private readonly asked: string[] = []
  private readonly ordered: string[] = []
  /** Messages that could not be read, and so may have been anything. */
  private readonly unread: string[] = []
  private readonly taps: Proxy[] = []

  constructor(private readonly secret: string) {}

  /** Resolves with the port at which the broker is overheard. */
  broker(port: number): Promise<number> {
    const security = pskServer(this.secret)
    return this.overhear(port, () => {
      const sent = new FrameParser(({ command, body, dropped }) => {
        if (command !== 'SEND') return
        if (dropped !== undefined) throw new Error(`a message of over ${dropped} bytes`)
        const { agent, message } = security.openRequest(body)
        if (agent === 'discovery') return void this.asked.push(`discovery ${asText(message)}`)
        const request = decodeRpcRequest(message)
        this.asked.push(`${request.agent} ${request.action}`)
        if (request.agent !== agent) this.unread.push(`${request.agent} in an envelope for ${agent}`)
      })
      return (chunk) => sent.push(chunk)
    })
  }

  /** Resolves with the port at which a HAProxy's runtime socket is overheard. */
  haproxy(socket: string): Promise<number> {
    return this.overhear(socket, () => (chunk) => void this.ordered.push(chunk.toString().trim()))
  }

  /**
   * Returns the messages since the last call.
   * @throws Error when some of them could not be read
   */
  take(): { asked: string[]; ordered: string[] } {
    const unread = this.unread.splice(0)
    if (unread.length > 0)
      throw new Error(`there was more on the wire than could be read: ${unread.join('; ')}`)
    return { asked: distinct(this.asked.splice(0)), ordered: distinct(this.ordered.splice(0)) }
  }

  async stop(): Promise<void> {
    await Promise.all(this.taps.map((each) => each.stop()))
  }

  private async overhear(to: number | string, listen: Parameters<typeof tap>[1]): Promise<number> {
    const made = await tap(to, () => this.noting(listen()))
    this.taps.push(made)
    return made.port
  }

  private noting(ear: (chunk: Buffer) => void): (chunk: Buffer) => void {
    return (chunk) => {
      try {
        ear(chunk)
      } catch (error) {
        this.unread.push((error as Error).message)
      }
    }
  }
}

/**
 * Returns the requests and orders that do not only look: by the contract of their agent, and all that no contract
 * knows.
 */
export function changing({ asked, ordered }: ReturnType<Wire['take']>): string[] {
  const requests = asked.filter((request) => {
    const [agent = '', action = ''] = request.split(' ')
    return request !== 'discovery ping' && ownContractOf(agent)?.actions[action]?.effect !== 'readOnly'
  })
  return [...requests, ...ordered.filter((order) => !order.startsWith('show '))]
}

function distinct(all: readonly string[]): string[] {
  return [...new Set(all)].sort()
}
