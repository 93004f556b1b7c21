import net, { type AddressInfo } from 'node:net'

/** What becomes of one message from a client: it goes on, or the connection is cut before or after the server has it. */
export type Fate = 'on' | 'cut before' | 'cut after' | 'lost'

/** A proxy before a server whose connections are cut where a test says so. */
export class CuttingProxy {
  /** Says what becomes of the next message of a client. */
  fateOf: () => Fate = () => 'on'
  /** Called when a connection was cut. */
  onCut: () => void = () => {}
  private readonly open = new Set<net.Socket>()

  private constructor(
    private readonly server: net.Server,
    readonly port: number,
  ) {}

  static async start(to: number): Promise<CuttingProxy> {
    const server = net.createServer((near) => proxy.carry(near, to))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new CuttingProxy(server, (server.address() as AddressInfo).port)
    return proxy
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private carry(near: net.Socket, to: number): void {
    const far = net.connect(to, '127.0.0.1')
    let isCut = false
    for (const socket of [near, far]) {
      this.open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => this.open.delete(socket))
    }
    near.on('data', (chunk) => {
      const fate = this.fateOf()
      // A network that loses everything says nothing to either end.
      if (fate === 'lost' || isCut) return
      if (fate !== 'on') isCut = true
      if (fate !== 'cut before') far.write(chunk)
      if (fate === 'cut before') this.cut(near, far)
    })
    far.on('data', (chunk) => {
      // The server has done what was asked, and nobody hears of it.
      if (isCut) this.cut(near, far)
      else near.write(chunk)
    })
    near.on('close', () => far.end())
    far.on('close', () => near.destroy())
  }

  private cut(near: net.Socket, far: net.Socket): void {
    this.onCut()
    near.destroy()
    far.end()
  }
}
