import net, { type AddressInfo } from 'node:net'

export interface Proxy {
  port: number
  stop(): Promise<void>
}

/**
 * Starts a proxy between a client and a broker. It hands every chunk on in pieces of `size` bytes, `delay` ms later.
 */
export async function slicingProxy(to: number, size: number, delay: number): Promise<Proxy> {
  const open = new Set<net.Socket>()
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1')
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.setNoDelay(true)
      from.on('data', (chunk: Buffer) => {
        setTimeout(() => {
          for (let at = 0; at < chunk.length; at += size) into.write(chunk.subarray(at, at + size))
        }, delay)
      })
      from.on('error', () => into.destroy())
      from.on('close', () => {
        open.delete(from)
        into.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
