import type { CommandRunner } from '../../system/command'
import type { HostFiles } from '../../system/host_files'
import { readTexts, type HostText } from '../../system/host_texts'
import type { Data } from '../../rpc/contracts/contract'
import type { Puppet, PuppetSummary } from '../puppet'
import { findAlive, findProcess } from './process_search'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'
import { readReport } from './puppet_report'

export interface PuppetSettings {
  program: string
  /** Seconds over which runs that are not forced are spread; 0 for none. */
  splay: number
}

export interface PuppetProgram extends Puppet {
  /** Returns the file by which puppet keeps a second run from beginning. */
  lockFile(): Promise<string>
}

const PLACES = {
  disabled: 'agent_disabled_lockfile',
  applying: 'agent_catalog_run_lockfile',
  summary: 'lastrunfile',
  report: 'lastrunreport',
  daemon: 'pidfile',
} as const
type Places = Record<keyof typeof PLACES, string>

/**
 * Returns Puppet 6 to 8, through its own program and the files that it keeps. It asks for the places of the files once:
 * puppet takes a second for any answer.
 */
export function puppetProgram(
  run: CommandRunner,
  files: HostFiles,
  { program: puppet, splay }: PuppetSettings,
): PuppetProgram {
  const program = toItsEnd(run)
  let places: Promise<Places> | undefined
  const ask = async (): Promise<Places> => {
    const args = ['config', 'print', '--section', 'agent', ...Object.values(PLACES)]
    const ended = await program(puppet, args, { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(puppet, ended, /Error/)
    return readPlaces(ended.stdout)
  }
  const known = () => {
    places ??= ask()
    places.catch(() => (places = undefined))
    return places
  }
  const agent = async (...args: string[]) => {
    const ended = await program(puppet, ['agent', ...args], { within: LOOK_WITHIN })
    if (ended.exitCode !== 0) throw complaint(puppet, ended, /Error/)
  }
  return {
    async status() {
      const at = await known()
      const texts = await readTexts(run, [at.disabled, at.applying, at.daemon, at.summary])
      const pids = [at.applying, at.daemon].map((path) => pidIn(texts.get(path)))
      const alive = await findAlive(
        run,
        pids.filter((pid) => pid !== undefined),
      )
      const [applying, daemon] = pids.map((pid) => pid !== undefined && alive.has(pid))
      return {
        enabled: !isThere(at.disabled, texts.get(at.disabled)),
        applying: applying === true,
        daemon: daemon === true,
        lastrun: Math.floor(parseSummary(texts.get(at.summary)).time['last_run'] ?? 0),
        disable_message: messageIn(texts.get(at.disabled)),
      }
    },
    async summary() {
      const { summary } = await known()
      return parseSummary((await readTexts(run, [summary])).get(summary))
    },
    report: async () => readReport(files, (await known()).report),
    isGoing: (name) => findProcess(run, ordered(name)),
    async run({ force, options, run: name }) {
      const spread = force || splay === 0 ? [] : ['--splay', '--splaylimit', String(splay)]
      const own = Object.entries(options).flatMap(([name, value]) => optionOf(name, value))
      // Puppet itself goes into the background, and has its own process group from then on.
      const args = ['--onetime', '--daemonize', '--color=false', ...ordered(name), ...spread, ...own]
      await agent(...args)
      return `Started a background Puppet run using the '${[puppet, 'agent', ...args].join(' ')}' command`
    },
    lockFile: async () => (await known()).applying,
    enable: () => agent('--enable'),
    async disable(message) {
      await agent('--disable', message)
      await removeStale(run, (await known()).applying)
    },
  }
}

/** Returns the options by which a run has a name. Puppet keeps it in the report of the run, as `job_id`. */
function ordered(name: string): string[] {
  return ['--job-id', name]
}

function readPlaces(printed: string): Places {
  const found = Object.entries(PLACES).map(([name, setting]) => {
    const [, path] = new RegExp(`^${setting} = (/.*)$`, 'm').exec(printed) ?? []
    if (path === undefined) throw new Error(`puppet does not say where its ${setting} is`)
    return [name, path]
  })
  return Object.fromEntries(found) as Places
}

/**
 * Returns the options for a name: `--tags=a,b` for `tags`, `--noop` or `--no-noop` for a switch. Names come from the
 * contract, never from the wire.
 */
function optionOf(name: string, value: string | number | boolean): string[] {
  const known = name === 'server' && typeof value === 'string' ? value.split(':') : undefined
  if (known !== undefined) {
    const [server = '', port] = known
    return [`--server=${server}`, ...(port === undefined ? [] : [`--serverport=${port}`])]
  }
  if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
  return [`--${name}=${value}`]
}

/** Returns the number of a process that a file has; undefined for a file that has none. */
function pidIn(text: HostText): number | undefined {
  const pid = typeof text === 'string' ? Number(text.trim()) : 0
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
}

/** Removes a lock whose process has ended, unless it has become another's meanwhile. */
async function removeStale(run: CommandRunner, path: string): Promise<void> {
  const text = (await readTexts(run, [path])).get(path)
  if (typeof text !== 'string') return
  const pid = pidIn(text)
  if (pid !== undefined && (await findAlive(run, [pid])).has(pid)) return
  const args = ['-c', '[ "$(cat -- "$1")" != "$2" ] || rm -f -- "$1"', 'sh', path, text.replace(/\n+$/, '')]
  const ended = await toItsEnd(run)('sh', args, { within: LOOK_WITHIN })
  if (ended.exitCode !== 0) throw complaint('rm', ended, /./)
}

/** @throws Error where it cannot be seen: a puppet that may be disabled is not taken for one that is enabled */
function isThere(path: string, text: HostText): boolean {
  if (text instanceof Error && !text.isThere) throw new Error(`${path} cannot be looked for: ${text.message}`)
  return text !== undefined
}

function messageIn(text: HostText): string {
  if (typeof text !== 'string') return ''
  try {
    const { disabled_message = '' } = JSON.parse(text) as { disabled_message?: unknown }
    return typeof disabled_message === 'string' ? disabled_message : ''
  } catch {
    return ''
  }
}

function parseSummary(text: HostText): PuppetSummary {
  if (text === undefined) return { resources: {}, time: {}, version: {} }
  if (text instanceof Error) throw text
  const { parse } = require('yaml') as typeof import('yaml')
  const found: unknown = parse(text, { maxAliasCount: 20 })
  const section = (name: string): Record<string, unknown> => {
    const value = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : {}
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  }
  const numbers = (name: string) =>
    Object.fromEntries(
      Object.entries(section(name)).filter((pair): pair is [string, number] => typeof pair[1] === 'number'),
    )
  const version = Object.entries(section('version')).filter(
    (pair): pair is [string, Data & (string | number)] =>
      typeof pair[1] === 'string' || typeof pair[1] === 'number',
  )
  return { resources: numbers('resources'), time: numbers('time'), version: Object.fromEntries(version) }
}
