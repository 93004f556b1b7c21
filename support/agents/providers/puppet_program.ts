import { existsSync, readFileSync, rmSync } from 'node:fs'
import type { CommandRunner } from '../../system/command'
import { hasEnded } from '../../system/ended_process'
import type { Data } from '../../rpc/contracts/contract'
import type { Puppet, PuppetSummary } from '../puppet'
import { hasProcess } from './process_arguments'
import { readReport } from './puppet_report'
import { complaint, LOOK_WITHIN, toItsEnd } from './programs'

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
export function puppetProgram(run: CommandRunner, { program: puppet, splay }: PuppetSettings): PuppetProgram {
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
      return {
        enabled: !existsSync(at.disabled),
        applying: isAlive(at.applying),
        daemon: isAlive(at.daemon),
        lastrun: Math.floor(readSummary(at.summary).time['last_run'] ?? 0),
        disable_message: messageIn(at.disabled),
      }
    },
    summary: async () => readSummary((await known()).summary),
    report: async () => readReport((await known()).report),
    isGoing: (name) => hasProcess(ordered(name)),
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
      const { applying } = await known()
      if (existsSync(applying) && !isAlive(applying)) rmSync(applying, { force: true })
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

/**
 * Returns whether the process in a file goes on. The file may hold the number of one that is long gone, or that was killed
 * and is kept by the system until its parent asks for it.
 */
function isAlive(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 && !isKept(pid) && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Returns whether the system keeps a process that has ended. Where it has no /proc, nobody can tell. */
function isKept(pid: number): boolean {
  try {
    return hasEnded(String(pid))
  } catch {
    return false
  }
}

function messageIn(path: string): string {
  try {
    const { disabled_message = '' } = JSON.parse(readFileSync(path, 'utf8')) as { disabled_message?: unknown }
    return typeof disabled_message === 'string' ? disabled_message : ''
  } catch {
    return ''
  }
}

function readSummary(path: string): PuppetSummary {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { resources: {}, time: {}, version: {} }
    throw error
  }
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
