import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { LockstepError } from '../system/errors'

/** The most connections at a time; a sender comes again where another one is refused. */
const MAX_CONNECTIONS = 512
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_WITHIN_MS = 10_000
/** A whole body has to come within this; senders wait ten seconds for their answer. */
const REQUEST_WITHIN_MS = 30_000
/** Milliseconds for which open requests may go on once the end has come. */
const CLOSE_WITHIN_MS = 5_000

export interface Listening {
  port: number
  /** Takes no further connection, and resolves when the open requests are answered. */
  close(): Promise<void>
}

/**
 * Listens for requests.
 * @throws LockstepError `bad-config` where the address cannot be had
 */
export async function listen(
  app: Pick<Hono, 'fetch'>,
  { host, port, tls }: { host: string; port: number; tls?: { cert: string; key: string } | undefined },
  onTrouble: (what: string) => void,
): Promise<Listening> {
  const limits = {
    headersTimeout: HEADERS_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  const server = createAdaptorServer({
    fetch: app.fetch,
    // A balancer that looks whether the process is well may name no host, as HTTP/1.0 has it.
    hostname: 'localhost',
    overrideGlobalObjects: false,
    ...(tls === undefined
      ? { serverOptions: limits }
      : { createServer: createTlsServer, serverOptions: { ...limits, ...tls, minVersion: 'TLSv1.2' } }),
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new LockstepError('bad-config', `${host} port ${port} ${reasonOf(error)}`, { cause: error })
  }
  // Such as a connection for which no file number is left; the others go on.
  server.on('error', (error) => onTrouble(`a connection could not be taken: ${error.message}`))
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

async function close(server: Server): Promise<void> {
  const isClosed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS)
  await isClosed
  clearTimeout(timer)
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const next = 'name another one in lockstep.yaml, as in pipeline: { listen: { port: 8091 } }'
  if (code === 'EADDRINUSE') return `is taken by another process; end it, or ${next}`
  if (code === 'EACCES') return `is not for this user; expected a port from 1024 on: ${next}`
  return `cannot be listened on: ${message}; ${next}`
}
