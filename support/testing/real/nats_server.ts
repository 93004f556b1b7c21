import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Authority, type IssuedCertificate } from '../authority'
import type { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'

export interface RealNats {
  port: number
  authority: Authority
  /** The path of the authority's certificate. */
  ca: string
  /** Writes a certificate and its key, and returns their paths. */
  write(name: string, issued: IssuedCertificate): { certificate: string; key: string }
  /** Ends the server, and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port. */
  start(): Promise<void>
}

/**
 * Starts Debian's nats-server on loopback with mutual TLS. `more` is added to its configuration; by default every
 * certificate of the authority may do everything.
 */
export async function startNats(scratch: Scratch, more = ''): Promise<RealNats> {
  const [authority, port] = [new Authority(), await freePort()]
  const folder = `nats-${port}`
  const ca = scratch.write(`${folder}/ca.pem`, authority.certificate)
  const write = (name: string, { certificate, key }: IssuedCertificate) => ({
    certificate: scratch.write(`${folder}/${name}.pem`, certificate),
    key: scratch.write(`${folder}/${name}.key`, key),
  })
  const own = write('server', authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] }))
  const config = scratch.write(
    `${folder}/nats.conf`,
    `listen: "127.0.0.1:${port}"
tls {
  cert_file: "${own.certificate}"
  key_file: "${own.key}"
  ca_file: "${ca}"
  verify: true
  timeout: 10
}
${more}
`,
  )
  const log = join(scratch.path, folder, 'nats.log')
  let running: Running | undefined
  const nats: RealNats = {
    port,
    authority,
    ca,
    write,
    async start() {
      const before = logOf(log).length
      running = start('nats-server', ['--config', config], log)
      await untilReady(
        'nats-server',
        running,
        async () => logOf(log).slice(before).includes('Server is ready'),
        60_000,
      )
    },
    stop: async (signal) => running?.stop(signal),
  }
  await nats.start()
  return nats
}

function logOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
