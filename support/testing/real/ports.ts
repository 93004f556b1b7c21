import net from 'node:net'

const LOOPBACK = '127.0.0.1'
/** Below those that the system gives to connections, and to servers that ask for any port. */
const FIRST = 10_000
const BLOCK = 200
const BLOCKS = 100

/** The ports of this process alone: while it lives it listens at the first one, so that no other process takes the block. */
let block: { next: number; last: number } | undefined

/**
 * Returns a port for a program that is started later, or started again: no other suite and no connection takes it
 * meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    if (block === undefined || block.next > block.last) block = await ownBlock()
    const port = block.next
    block.next += 1
    const server = await listenAt(port)
    if (server === undefined) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

async function ownBlock(): Promise<{ next: number; last: number }> {
  for (let each = 0; each < BLOCKS; each += 1) {
    const first = FIRST + each * BLOCK
    const claim = await listenAt(first)
    if (claim === undefined) continue
    claim.unref()
    return { next: first + 1, last: first + BLOCK - 1 }
  }
  throw new Error(`no ports are free from ${FIRST} to ${FIRST + BLOCKS * BLOCK}`)
}

/** Resolves with a server at a port, or with nothing where another listens there. */
function listenAt(port: number): Promise<net.Server | undefined> {
  const server = net.createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => resolve(server))
  })
}
