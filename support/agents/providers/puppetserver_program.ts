import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { networkInterfaces } from 'node:os'
import type { TLSSocket } from 'node:tls'
import type { CommandRunner } from '../../system/command'
import type { PuppetServer } from '../puppetserver'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

const SETTINGS = [
  'certname',
  'hostcert',
  'hostprivkey',
  'localcacert',
  'serverport',
  'environment',
  'environment_timeout',
] as const
type Settings = Record<(typeof SETTINGS)[number], string>

/** Bytes of a catalog, of which two words are kept. */
const MAX_CATALOG = 64 * 1024 * 1024
const MAX_FACTS = 16 * 1024 * 1024
const MAX_TOLD = 300

/** Returns the addresses of this host, of which one leads to its own puppetserver. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address))

/**
 * Returns the puppetserver of this host, asked with the host's own certificate under its own name. An answer of a
 * server with another certificate or at another address, such as one behind a balancer, does not count.
 */
export function puppetserverProgram(
  run: CommandRunner,
  puppet: string,
  addresses: () => readonly string[] = ownAddresses,
): PuppetServer {
  const program = toItsEnd(run)
  const tell = async (args: readonly string[], signal: AbortSignal) => {
    const ended = await program(puppet, args, { within: LOOK_WITHIN, signal, outputAtMost: MAX_FACTS })
    if (ended.exitCode !== 0) throw complaint(puppet, ended, /Error/)
    return ended.stdout
  }
  return {
    async serving(wanted, signal) {
      const chosen = wanted === undefined ? [] : ['--environment', wanted]
      const settings = parseSettings(
        await tell(['config', 'print', '--section', 'server', ...chosen, ...SETTINGS], signal),
      )
      const environment = wanted ?? settings.environment
      // Without them, the server compiles with those of an earlier run that came to it, or with none.
      const facts = parseFacts(
        await tell(['facts', 'find', settings.certname, '--render-as', 'json'], signal),
      )
      const server = serverOf(settings, addresses(), signal)
      const asked = new URLSearchParams({
        environment,
        facts_format: 'application/json',
        facts: encodeURIComponent(facts),
      })
      const path = `/puppet/v3/catalog/${encodeURIComponent(settings.certname)}`
      const catalog = parseCatalog(await server.ask(`catalog of ${environment}`, path, asked))
      if (catalog === undefined) throw server.failure('gives a catalog without a version')
      if (catalog.environment !== environment)
        throw server.failure(
          `compiles this host in ${catalog.environment} although ${environment} was asked for: it has no environment ${environment}, or its node classifier says so`,
        )
      // The one on disk is that of a server that is started now, and the other one that of the server that runs.
      const running = parseTimeout(
        await server.ask(
          'list of environments',
          `/puppet/v3/environments?${new URLSearchParams({ environment }).toString()}`,
        ),
        environment,
      )
      if (running === undefined)
        throw server.failure(`does not say the environment_timeout of ${environment}`)
      const onDisk = settings.environment_timeout
      return {
        ...catalog,
        environmentTimeout: onDisk === '0' ? running : onDisk,
        url: server.url,
      }
    },
  }
}

function parseSettings(printed: string): Settings {
  const found = SETTINGS.map((name) => {
    const [, value] = new RegExp(`^${name} = (.+)$`, 'm').exec(printed) ?? []
    if (value === undefined) throw new Error(`puppet does not say its ${name}`)
    return [name, value]
  })
  return Object.fromEntries(found) as Settings
}

/** Returns the server of this host, as its own name leads to it. */
function serverOf(
  { certname, hostcert, hostprivkey, localcacert, serverport }: Settings,
  addresses: readonly string[],
  signal: AbortSignal,
) {
  const url = `https://${certname}:${serverport}`
  const failure = (why: string) => new Error(`The puppetserver at ${url} ${why}`)
  const cert = readOwn(hostcert, 'certificate')
  const own = new X509Certificate(cert).fingerprint256
  const common = {
    cert,
    key: readOwn(hostprivkey, 'private key'),
    ca: readOwn(localcacert, "authority's certificate"),
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

function readOwn(path: string, what: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Error(`This host has no ${what} of puppet that can be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** Returns the facts of this host as its agent sends them. */
function parseFacts(printed: string): string {
  const found = parseJson(printed) as { values?: unknown } | undefined
  if (typeof found?.values !== 'object' || found.values === null)
    throw new Error('puppet does not tell the facts of this host')
  return JSON.stringify(found)
}

function parseTimeout(text: string, environment: string): string | undefined {
  const { environments } = (parseJson(text) ?? {}) as {
    environments?: Readonly<Record<string, { settings?: { environment_timeout?: unknown } } | undefined>>
  }
  const found = environments?.[environment]?.settings?.environment_timeout
  return typeof found === 'number' || typeof found === 'string' ? String(found) : undefined
}

function parseCatalog(text: string): { version: string; environment: string } | undefined {
  const { version, environment } = (parseJson(text) ?? {}) as { version?: unknown; environment?: unknown }
  // Without config_version, the version is a time.
  if (typeof environment !== 'string' || (typeof version !== 'string' && typeof version !== 'number'))
    return undefined
  return { version: String(version), environment }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
