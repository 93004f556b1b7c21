import net, { type AddressInfo } from 'node:net'

const LOOPBACK = '127.0.0.1'

/** A network between one broker and another: a proxy that can be cut off, and mended. */
export class BrokerLink {
  private readonly open = new Set<net.Socket>()
  private isCut = false

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  /** Starts a link to a port of this machine. */
  static async to(port: number): Promise<BrokerLink> {
    const server = net.createServer((near) => link.carry(near, port))
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
    const link: BrokerLink = new BrokerLink(server, (server.address() as AddressInfo).port)
    return link
  }

  /** Ends every connection, and each new one as soon as it is made. */
  cut(): void {
    this.isCut = true
    for (const socket of this.open) socket.destroy()
  }

  mend(): void {
    this.isCut = false
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private carry(near: net.Socket, to: number): void {
    if (this.isCut) return void near.destroy()
    const far = net.connect(to, LOOPBACK)
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(from)
      from.setNoDelay(true)
      from.pipe(into)
      from.on('error', () => into.destroy())
      from.on('close', () => {
        this.open.delete(from)
        into.destroy()
      })
    }
  }
}
