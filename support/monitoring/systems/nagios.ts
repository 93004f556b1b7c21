import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, type Clock } from '../../system/clock'
import type { CommandRunner } from '../../system/command'
import { writeWhole } from '../../system/whole_file'
import { exchangeFolder, valueIn } from './nagios_main'
import { formatNagiosHost, parseNagiosHost, parseObjects, type NagiosNames } from './nagios_objects'
import { MonitoringFault, type MonitoredHost, type MonitoringTarget, type RefusedHost } from './target'

export interface NagiosSettings extends NagiosNames {
  /** The main configuration of Nagios. */
  config: string
  /** The folder for the files of hosts; the main configuration reads it, and nothing else is in it. */
  folder: string
  /** The program of Nagios. */
  program: string
  /** The program that has Nagios read its configuration again, and its arguments. */
  reload: readonly string[]
}

export interface NagiosParts {
  run: CommandRunner
  clock: Clock
}

const CHECK_WITHIN_MS = 120_000
const RELOAD_WITHIN_MS = 60_000
/** Milliseconds that Nagios may take until its own cache shows what it was told to read. */
const SEEN_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 250
/** The file that says that Nagios has still to read what is in the folder. Nagios itself reads `*.cfg` alone. */
const OWED = '.reload-owed'

/**
 * Nagios, told by a file for each host. The whole configuration is checked with the new files before any of them is in
 * its place; what Nagios would refuse changes nothing. Done is when Nagios itself shows the hosts.
 */
export class Nagios implements MonitoringTarget {
  readonly name = 'Nagios'
  readonly takesChecks = true

  constructor(
    private readonly settings: NagiosSettings,
    private readonly parts: NagiosParts,
  ) {}

  async list(): Promise<readonly MonitoredHost[]> {
    // Files that Nagios has not read yet are not there: the next look goes through all of it again.
    return [...this.read().values()]
  }

  async apply(hosts: readonly MonitoredHost[], signal: AbortSignal): Promise<readonly RefusedHost[]> {
    const { folder } = this.settings
    const there = this.read()
    const texts = new Map(hosts.map((host) => [host.name, formatNagiosHost(host, this.settings)]))
    const written = [...texts].filter(([name, text]) => this.textOf(name) !== text)
    const removed = [...there.keys()].filter((name) => !texts.has(name))
    // The folder may have what Nagios was not told to read, such as after a reload that failed.
    if (!existsSync(join(folder, OWED)) && written.length + removed.length === 0) return []
    await this.check(texts, signal)
    signal.throwIfAborted()
    try {
      writeWhole(join(folder, OWED), '')
      for (const [name, text] of written) writeWhole(join(folder, `${name}.cfg`), text, 0o644)
      for (const name of removed) rmSync(join(folder, `${name}.cfg`))
    } catch (error) {
      throw new MonitoringFault(`Nagios: ${folder} cannot be written: ${(error as Error).message}`)
    }
    const before = this.cacheMark()
    await this.reload(signal)
    await this.untilRead(before, [...texts.keys()], removed, signal)
    rmSync(join(folder, OWED), { force: true })
    return []
  }

  private read(): ReadonlyMap<string, MonitoredHost> {
    const { folder } = this.settings
    let files: string[]
    try {
      files = readdirSync(folder).filter((file) => file.endsWith('.cfg'))
    } catch (error) {
      throw new MonitoringFault(
        `Nagios: its folder ${folder} cannot be read: ${(error as Error).message}; make it for the user of Lockstep, and name it with cfg_dir in ${this.settings.config}`,
      )
    }
    return new Map(
      files.map((file) => {
        const host = parseNagiosHost(readFileSync(join(folder, file), 'utf8'))
        if (host === undefined || `${host.name}.cfg` !== file)
          throw new MonitoringFault(
            `Nagios: ${join(folder, file)} is not as Lockstep writes it; move it away: the folder is for files of Lockstep alone`,
          )
        return [host.name, host]
      }),
    )
  }

  private textOf(name: string): string | undefined {
    try {
      return readFileSync(join(this.settings.folder, `${name}.cfg`), 'utf8')
    } catch {
      return undefined
    }
  }

  /** Has Nagios check its whole configuration with these hosts, in a folder that Nagios itself does not read. */
  private async check(texts: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    const { config, folder, program } = this.settings
    const place = mkdtempSync(join(tmpdir(), 'lockstep-nagios-'))
    try {
      const staged = join(place, 'hosts')
      const main = exchangeFolder(this.main(), { path: config, folder, by: staged })
      if (main === undefined)
        throw new MonitoringFault(
          `Nagios: ${config} does not read ${folder}, so nothing in it would be monitored; add the line cfg_dir=${folder}`,
        )
      writeWhole(join(staged, '.lockstep'), '')
      for (const [name, text] of texts) writeWhole(join(staged, `${name}.cfg`), text)
      const path = join(place, 'nagios.cfg')
      writeWhole(path, main, 0o600)
      const checked = await this.parts.run(program, ['-v', path], { within: CHECK_WITHIN_MS, signal })
      if (checked.exitCode === 0) return
      const said = checked.failure ?? firstErrorOf(checked.output.replaceAll(`${staged}/`, ''))
      throw new MonitoringFault(
        `Nagios: it refuses the new configuration, so it goes on with the last good one: ${said}`,
      )
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }

  private main(): string {
    const { config } = this.settings
    try {
      return readFileSync(config, 'utf8')
    } catch (error) {
      throw new MonitoringFault(`Nagios: ${config} cannot be read: ${(error as Error).message}`)
    }
  }

  private async reload(signal: AbortSignal): Promise<void> {
    const [program = '', ...args] = this.settings.reload
    const ended = await this.parts.run(program, args, { within: RELOAD_WITHIN_MS, signal })
    if (ended.exitCode === 0) return
    const why = ended.failure ?? `it ended with ${ended.exitCode}: ${ended.output.trim().slice(0, 200)}`
    throw new MonitoringFault(
      `Nagios: its files are written and right, but ${program} did not reload it: ${why}; it is tried again`,
    )
  }

  /** Returns what changes when Nagios writes its cache anew. */
  private cacheMark(): string {
    const cache = valueIn(this.main(), 'object_cache_file')
    const stat = cache === undefined ? undefined : statSync(cache, { throwIfNoEntry: false, bigint: true })
    return stat === undefined ? '' : `${stat.ino} ${stat.mtimeNs}`
  }

  /** Waits until the cache that Nagios writes when it reads its configuration is another one, and shows these hosts. */
  private async untilRead(
    mark: string,
    wanted: readonly string[],
    gone: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const cache = valueIn(this.main(), 'object_cache_file')
    if (cache === undefined) return
    const { clock } = this.parts
    const until = clock.elapsed() + SEEN_WITHIN_MS
    for (;;) {
      const shown = this.cacheMark() === mark ? new Set() : hostsInCache(cache)
      if (wanted.every((name) => shown.has(name)) && !gone.some((name) => shown.has(name))) {
        if (this.cacheMark() !== mark) return
      }
      if (clock.elapsed() > until)
        throw new MonitoringFault(
          `Nagios: its files are written and it was reloaded, but ${cache} does not show after ${SEEN_WITHIN_MS / 1000} s that it has read them; is it running?`,
        )
      await pause(clock, LOOK_EVERY_MS, signal)
    }
  }
}

function hostsInCache(path: string): ReadonlySet<string> {
  try {
    const objects = parseObjects(readFileSync(path, 'utf8')) ?? []
    return new Set(
      objects.flatMap(({ kind, values }) => (kind === 'host' ? (values.get('host_name') ?? []) : [])),
    )
  } catch {
    // Nagios removes it when it ends, and writes it anew.
    return new Set()
  }
}

/** Returns the errors that Nagios tells first; a duplicate is only a warning of it, which the errors follow from. */
function firstErrorOf(output: string): string {
  const lines = output.split('\n').filter((line) => /^(?:Error:|Warning: Duplicate)/.test(line))
  return lines.slice(0, 2).join(' ').slice(0, 400) || 'it does not say why'
}
