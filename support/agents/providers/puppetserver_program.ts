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
export type ServerSettings = Record<(typeof SETTINGS)[number], string>

const MAX_FACTS = 16 * 1024 * 1024

/** A puppetserver that is asked by its own host. */
export interface AskedServer {
  url: string
  /** Resolves with the text of an answer; a body is posted. @throws Error in words */
  ask(what: string, path: string, body?: URLSearchParams): Promise<string>
  /** Returns an error that says why the server does not do. */
  failure(why: string): Error
}

/** Opens the way to a host's own puppetserver. The host's private key never leaves the host. */
export type OpenServer = (settings: ServerSettings, signal: AbortSignal) => Promise<AskedServer>

/**
 * Returns the puppetserver of a host, asked with the host's own certificate under its own name. An answer of a
 * server with another certificate or at another address, such as one behind a balancer, does not count.
 */
export function puppetserverProgram(run: CommandRunner, puppet: string, open: OpenServer): PuppetServer {
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
      const server = await open(settings, signal)
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

function parseSettings(printed: string): ServerSettings {
  const found = SETTINGS.map((name) => {
    const [, value] = new RegExp(`^${name} = (.+)$`, 'm').exec(printed) ?? []
    if (value === undefined) throw new Error(`puppet does not say its ${name}`)
    return [name, value]
  })
  return Object.fromEntries(found) as ServerSettings
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
