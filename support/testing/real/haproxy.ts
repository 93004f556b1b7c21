import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'

export interface RealHaproxy {
  /** The port at which HAProxy takes requests. */
  port: number
  /** The runtime sockets: for administrators, for users, and on loopback. */
  socket: string
  userSocket: string
  runtimePort: number
  kill(): Promise<void>
  /** Starts HAProxy again, without any earlier order. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface HaproxyOptions {
  backend: string
  /** The path that says whether a server is well. */
  check?: string
  /** A port with TLS beside the plain one, and the file with its certificate and key. Servers are told who asks there. */
  tls?: { port: number; pem: string }
  /** The servers; `disabled` for one in maintenance by configuration, until it is made ready. */
  servers: readonly { name: string; address?: string; port: number; disabled?: boolean }[]
}

/**
 * Starts Debian's HAProxy on loopback, strict: a request goes to one server once. A server that is taken down while it
 * is in service is noticed; one that is slow to answer a check, as on a busy machine, is not taken for down.
 */
export async function startHaproxy(
  scratch: Scratch,
  { backend, check = '/health', tls, servers }: HaproxyOptions,
): Promise<RealHaproxy> {
  const [port, runtimePort] = [await freePort(), await freePort()]
  // The path of a unix socket must be short.
  const [socket, userSocket] = [join(scratch.path, 'ha.sock'), join(scratch.path, 'ha-user.sock')]
  const config = scratch.write(
    'haproxy.cfg',
    `global
  stats socket ${socket} level admin
  stats socket ${userSocket} level user
  stats socket ipv4@127.0.0.1:${runtimePort} level admin
  hard-stop-after 1s
defaults
  mode http
  retries 0
  timeout connect 10s
  timeout client 30s
  timeout check 20s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
${tls === undefined ? '' : `  bind 127.0.0.1:${tls.port} ssl crt ${tls.pem}\n  option forwardfor\n`}  default_backend ${backend}
backend ${backend}
  option httpchk GET ${check}
  default-server check inter 200ms fall 2 rise 1
${servers.map(({ name, address = '127.0.0.1', port, disabled }) => `  server ${name} ${address}:${port}${disabled === true ? ' disabled' : ''}\n`).join('')}`,
  )
  const log = join(scratch.path, 'haproxy.log')
  let running: Running
  const begin = async () => {
    running = start('/usr/sbin/haproxy', ['-db', '-f', config], log)
    await untilReady('haproxy', running, async () => existsSync(socket) && (await answers(port)), 120_000)
  }
  await begin()
  return {
    port,
    socket,
    userSocket,
    runtimePort,
    kill: () => running.stop('SIGKILL'),
    async restart() {
      await running.stop('SIGKILL')
      await begin()
    },
    stop: () => running.stop(),
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}/`)
    return status < 500
  } catch {
    return false
  }
}
