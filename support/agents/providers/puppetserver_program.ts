import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import https from 'node:https'
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
const MAX_TOLD = 300

/**
 * Returns the puppetserver of this host, asked with the host's own certificate under its own name. An answer of a
 * server with another certificate, such as one behind a balancer, does not count.
 */
export function puppetserverProgram(run: CommandRunner, puppet: string): PuppetServer {
  const program = toItsEnd(run)
  const read = async (environment: string | undefined): Promise<Settings> => {
    const chosen = environment === undefined ? [] : ['--environment', environment]
    const args = ['config', 'print', '--section', 'server', ...chosen, ...SETTINGS]
    const ended = await program(puppet, args, { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(puppet, ended, /Error/)
    return parseSettings(ended.stdout)
  }
  return {
    async serving(wanted, signal) {
      const settings = await read(wanted)
      const environment = wanted ?? settings.environment
      const url = `https://${settings.certname}:${settings.serverport}`
      const catalog = await askCatalog(url, environment, settings, signal)
      return { ...catalog, environmentTimeout: settings.environment_timeout, url }
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

function askCatalog(
  url: string,
  environment: string,
  { certname, hostcert, hostprivkey, localcacert }: Settings,
  signal: AbortSignal,
): Promise<{ version: string; environment: string }> {
  const cert = readFileSync(hostcert)
  const path = `/puppet/v3/catalog/${encodeURIComponent(certname)}?environment=${encodeURIComponent(environment)}`
  const own = new X509Certificate(cert).fingerprint256
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The puppetserver at ${url} ${why}`))
    const options: https.RequestOptions = {
      cert,
      key: readFileSync(hostprivkey),
      ca: readFileSync(localcacert),
      headers: { accept: 'application/vnd.puppet.rich+json, application/json' },
      agent: false,
      signal,
    }
    const request = https.get(`${url}${path}`, options, (response) => {
      const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate()
      if (fingerprint256 !== own) {
        fail(`is another host's: it has another certificate than this host's ${hostcert}`)
        return request.destroy()
      }
      const pieces: Buffer[] = []
      let size = 0
      response.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > MAX_CATALOG) return request.destroy(new Error('it answers with more than a catalog'))
        pieces.push(piece)
      })
      response.once('error', (error) => fail(`does not answer: ${error.message}`))
      response.once('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        if (response.statusCode !== 200)
          return fail(
            `gives no catalog of ${environment} (${response.statusCode}): ${text.slice(0, MAX_TOLD)}`,
          )
        const catalog = parseCatalog(text)
        if (catalog === undefined) return fail('gives a catalog without a version')
        resolve(catalog)
      })
    })
    request.once('error', (error) => fail(`does not answer: ${error.message}`))
  })
}

function parseCatalog(text: string): { version: string; environment: string } | undefined {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return undefined
  }
  const { version, environment } = (found ?? {}) as { version?: unknown; environment?: unknown }
  // Without config_version, the version is a time.
  if (typeof environment !== 'string' || (typeof version !== 'string' && typeof version !== 'number'))
    return undefined
  return { version: String(version), environment }
}
