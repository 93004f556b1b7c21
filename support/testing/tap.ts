import net, { type AddressInfo } from 'node:net'
import type { Proxy } from './proxy'

/**
 * Starts a proxy between clients and a server on loopback that hands every byte on. `listen` makes an ear for the bytes
 * of one client.
 */
export async function tap(to: number | string, listen: () => (chunk: Buffer) => void): Promise<Proxy> {
  const open = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    near.on('data', listen())
    const far =
      typeof to === 'string'
        ? net.connect({ path: to, allowHalfOpen: true })
        : net.connect({ host: '127.0.0.1', port: to, allowHalfOpen: true })
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.setNoDelay(true)
      from.on('data', (chunk: Buffer) => into.write(chunk))
      from.on('end', () => into.end())
      from.on('error', () => into.destroy())
      from.on('close', () => {
        open.delete(from)
        into.end()
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
