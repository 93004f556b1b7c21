import { X509Certificate } from 'node:crypto'
import https from 'node:https'
import { networkInterfaces } from 'node:os'
import type { TLSSocket } from 'node:tls'
import { localFiles } from '../../system/local_files'
import type { AskedServer, OpenServer, ServerSettings } from './puppetserver_program'

/** Bytes of a catalog, of which two words are kept. */
const MAX_CATALOG = 64 * 1024 * 1024
const MAX_TOLD = 300
const MAX_KEY = 1024 * 1024

/**
 * Opens the way to the puppetserver of this machine, as its own name leads to it. Agents of another machine cannot have it: the
 * private key would have to leave that one.
 */
export const openOwnServer: OpenServer = openServerAt(ownAddresses)

/** Opens the way to the puppetserver at one of some addresses. */
export function openServerAt(addresses: () => readonly string[]): OpenServer {
  return async (settings, signal) => serverOf(settings, await readKeys(settings), addresses(), signal)
}

/** Returns the addresses of this machine, of which one leads to its own puppetserver. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address))
}

function serverOf(
  { certname, hostcert, serverport }: ServerSettings,
  { cert, key, ca }: Keys,
  addresses: readonly string[],
  signal: AbortSignal,
): AskedServer {
  const url = `https://${certname}:${serverport}`
  const failure = (why: string) => new Error(`The puppetserver at ${url} ${why}`)
  const own = new X509Certificate(cert).fingerprint256
  const common = {
    cert,
    key,
    ca,
    headers: { accept: 'application/vnd.puppet.rich+json, application/json' },
    agent: false,
    signal,
  } satisfies https.RequestOptions
  const judge = (socket: TLSSocket): string | undefined => {
    const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
    if (socket.getPeerCertificate().fingerprint256 !== own)
      return `is another host's: it has another certificate than this host's ${hostcert}`
    // Masters that share one certificate have one name as well, which leads to a balancer.
    if (!addresses.includes(address))
      return `is another host's: ${certname} leads to ${address}, which is no address of this host`
    return undefined
  }
  /** Returns the text of an answer; a body is posted. */
  const ask = (what: string, path: string, body?: URLSearchParams): Promise<string> =>
    new Promise((resolve, reject) => {
      const fail = (why: string) => reject(failure(why))
      const failWith = (error: Error) =>
        fail(signal.aborted ? `gave no ${what} while it was waited for` : `does not answer: ${error.message}`)
      const options = { ...common, method: body === undefined ? 'GET' : 'POST' }
      const request = https.request(`${url}${path}`, options, (response) => {
        const why = judge(response.socket as TLSSocket)
        if (why !== undefined) {
          fail(why)
          return request.destroy()
        }
        const pieces: Buffer[] = []
        let size = 0
        response.on('data', (piece: Buffer) => {
          size += piece.length
          if (size > MAX_CATALOG) return request.destroy(new Error('it answers with more than a catalog'))
          pieces.push(piece)
        })
        response.once('error', failWith)
        response.once('end', () => {
          const text = Buffer.concat(pieces).toString('utf8')
          if (response.statusCode === 200) resolve(text)
          else fail(`gives no ${what} (${response.statusCode}): ${text.slice(0, MAX_TOLD)}`)
        })
      })
      request.once('error', failWith)
      if (body !== undefined) request.setHeader('content-type', 'application/x-www-form-urlencoded')
      request.end(body?.toString())
    })
  return { url, ask, failure }
}

interface Keys {
  cert: Buffer
  key: Buffer
  ca: Buffer
}

async function readKeys({ hostcert, hostprivkey, localcacert }: ServerSettings): Promise<Keys> {
  return {
    cert: await readOwn(hostcert, 'certificate'),
    key: await readOwn(hostprivkey, 'private key'),
    ca: await readOwn(localcacert, "authority's certificate"),
  }
}

async function readOwn(path: string, what: string): Promise<Buffer> {
  const fail = (why: string, cause?: unknown) =>
    new Error(`This host has no ${what} of puppet that can be read: ${why}`, { cause })
  const found = await localFiles.read(path, MAX_KEY).catch((cause: unknown) => {
    throw fail(`${path}: ${(cause as Error).message}`, cause)
  })
  if (found === undefined) throw fail(`there is no ${path}`)
  return found
}
