import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs'
import { groupBy } from '../../system/groups'
import {
  DOWNTIME_AUTHOR,
  isOwn,
  type CheckedPart,
  type DowntimeSystem,
  type EndedDowntime,
  type MonitoringSight,
  type OwnDowntime,
  type WatchedPart,
} from './downtime_system'
import type { Wait } from './downtime_system'
import { valueIn } from './nagios_main'
import { parseNagiosStatus, type StatusBlock } from './nagios_status'
import { MonitoringFault } from './target'

export interface NagiosDowntimeParts {
  /** The main configuration of Nagios; it names the file of commands and that of the status. */
  config: string
  /** Milliseconds since 1970. Nagios is on the same machine. */
  now: () => number
}

/** Seconds between two writes of the status, where the main configuration does not say it. */
const STATUS_EVERY_S = 60
/** Milliseconds that Nagios may be late with its status. */
const LATE_MS = 30_000
const LOOK_EVERY_MS = 250
/** Milliseconds that Nagios may take until its pipe takes commands again. */
const TAKEN_WITHIN_MS = 30_000

/**
 * Downtimes of Nagios, by its file of external commands. A command there is answered by nothing: what Nagios writes into its
 * status afterwards is the only proof.
 */
export class NagiosDowntimes implements DowntimeSystem {
  readonly name = 'Nagios'

  constructor(private readonly parts: NagiosDowntimeParts) {}

  async look(hosts: readonly string[], wait: Wait): Promise<MonitoringSight> {
    const { blocks, created } = await this.freshStatus(wait)
    const of = new Set(hosts)
    const ofHosts = blocks.filter(({ values }) => of.has(values.get('host_name') ?? ''))
    const byKind = groupBy(ofHosts, ({ kind }) => kind)
    const own = groupBy(
      [...(byKind.get('hostdowntime') ?? []), ...(byKind.get('servicedowntime') ?? [])].filter(
        ({ values }) =>
          isOwn(values.get('author'), values.get('comment')) && numberOf(values, 'end_time') * 1000 > created,
      ),
      placeOf,
    )
    const services = groupBy(byKind.get('servicestatus') ?? [], ({ values }) => values.get('host_name') ?? '')
    return {
      now: created,
      hosts: new Map(
        (byKind.get('hoststatus') ?? []).map((block) => {
          const host = block.values.get('host_name') ?? ''
          const all = [block, ...(services.get(host) ?? [])]
          return [host, all.map((each) => partOf(each, own.get(placeOf(each)) ?? []))]
        }),
      ),
    }
  }

  async begin(
    hosts: readonly string[],
    { comment, from, until }: { comment: string; from: number; until: number },
    wait: Wait,
  ): Promise<ReadonlyMap<string, string>> {
    const [start, end] = [Math.floor(from / 1000), Math.ceil(until / 1000)]
    const rest = `${start};${end};1;0;${end - start};${DOWNTIME_AUTHOR};${comment}`
    const refused = new Map(
      hosts.flatMap((host) =>
        isWritable(host) ? [] : [[host, 'its name cannot stand in a command'] as const],
      ),
    )
    await this.tell(
      hosts
        .filter((host) => !refused.has(host))
        .flatMap((host) => [
          `SCHEDULE_HOST_DOWNTIME;${host};${rest}`,
          `SCHEDULE_HOST_SVC_DOWNTIME;${host};${rest}`,
        ]),
      wait,
    )
    return refused
  }

  async end(downtimes: readonly EndedDowntime[], wait: Wait): Promise<undefined> {
    await this.tell(
      downtimes.map(({ id, isOfService }) => `DEL_${isOfService ? 'SVC' : 'HOST'}_DOWNTIME;${id}`),
      wait,
    )
  }

  async check(parts: readonly CheckedPart[], now: number, wait: Wait): Promise<undefined> {
    const at = Math.ceil(now / 1000)
    await this.tell(
      parts
        .filter(({ host }) => isWritable(host))
        .map(({ host, service }) =>
          service === undefined
            ? `SCHEDULE_FORCED_HOST_CHECK;${host};${at}`
            : `SCHEDULE_FORCED_SVC_CHECK;${host};${service};${at}`,
        ),
      wait,
    )
  }

  /** Waits for a status that Nagios has begun to write after this call. */
  private async freshStatus(wait: Wait): Promise<{ blocks: readonly StatusBlock[]; created: number }> {
    const { main, config } = this.main()
    const path = valueIn(main, 'status_file')
    if (path === undefined)
      throw new MonitoringFault(
        `Nagios: ${config} names no status_file, which shows whether there is a downtime`,
      )
    const everyS = Number(valueIn(main, 'status_update_interval') ?? STATUS_EVERY_S)
    const withinMs = (Number.isFinite(everyS) ? everyS : STATUS_EVERY_S) * 1000 + LATE_MS
    const began = this.parts.now()
    for (;;) {
      const blocks = parseNagiosStatus(readText(path))
      const info = blocks?.find(({ kind }) => kind === 'info')
      const created = info === undefined ? 0 : numberOf(info.values, 'created') * 1000
      // The time of a status has whole seconds: one of the same second may be from before.
      if (blocks !== undefined && created > began) return { blocks, created }
      if (this.parts.now() - began > withinMs)
        throw new MonitoringFault(
          `Nagios: it has not written ${path} anew within ${Math.round(withinMs / 1000)} s, so nothing shows its downtimes; is it running?`,
        )
      await wait(LOOK_EVERY_MS)
    }
  }

  /** Writes commands into the pipe of Nagios. A pipe that no Nagios reads is refused, and not waited for. */
  private async tell(commands: readonly string[], wait: Wait): Promise<void> {
    if (commands.length === 0) return
    const { main, config } = this.main()
    const path = valueIn(main, 'command_file')
    if (path === undefined || valueIn(main, 'check_external_commands') === '0')
      throw new MonitoringFault(
        `Nagios: it takes no commands by ${config}; set check_external_commands=1 and command_file there`,
      )
    const pipe = openPipe(path)
    try {
      const began = this.parts.now()
      const second = Math.floor(began / 1000)
      for (const command of commands) {
        const line = Buffer.from(`[${second}] ${command}\n`)
        while (!isTaken(pipe, line, path)) {
          if (this.parts.now() - began > TAKEN_WITHIN_MS)
            throw new MonitoringFault(`Nagios: it does not read its commands from ${path}; is it stopped?`)
          await wait(LOOK_EVERY_MS)
        }
      }
    } finally {
      closeSync(pipe)
    }
  }

  private main(): { main: string; config: string } {
    const { config } = this.parts
    try {
      return { main: readFileSync(config, 'utf8'), config }
    } catch (error) {
      throw new MonitoringFault(
        `Nagios: ${config} cannot be read: ${(error as Error).message}; its downtimes need Lockstep on the machine of Nagios`,
      )
    }
  }
}

/** Opens the pipe of commands without waiting for a reader. @throws MonitoringFault */
function openPipe(path: string): number {
  let pipe: number
  try {
    pipe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ENXIO' || code === 'ENOENT'
        ? 'no Nagios reads it; is it running, with check_external_commands=1?'
        : message
    throw new MonitoringFault(`Nagios: its command_file ${path} takes nothing: ${why}`)
  }
  if (fstatSync(pipe).isFIFO()) return pipe
  closeSync(pipe)
  throw new MonitoringFault(
    `Nagios: its command_file ${path} is no pipe, so no Nagios reads it; move it away`,
  )
}

/** Writes a line whole; false where the pipe is full. A pipe takes a line of this length whole or not at all. */
function isTaken(pipe: number, line: Buffer, path: string): boolean {
  try {
    return writeSync(pipe, line) === line.length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
    throw new MonitoringFault(`Nagios: its command_file ${path} takes nothing: ${(error as Error).message}`)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Nagios removes it when it ends, and writes it anew.
    return '-'
  }
}

/** Returns whether a name can stand in a command: nothing in it ends the field or the line. */
function isWritable(host: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(host)
}

function partOf({ kind, values }: StatusBlock, own: readonly StatusBlock[]): WatchedPart {
  const state = numberOf(values, 'current_state')
  const isHost = kind === 'hoststatus'
  const isPending = values.get('has_been_checked') === '0'
  return {
    service: isHost ? undefined : values.get('service_description'),
    problem: isPending ? undefined : (isHost ? HOST : SERVICE)(state),
    checkedAt: numberOf(values, 'last_check') * 1000,
    // Nagios never checks a host without a command, and takes it for up.
    isChecked: values.get('active_checks_enabled') === '1' && values.get('check_command') !== '',
    own: own.map((block): OwnDowntime => ({
      id: block.values.get('downtime_id') ?? '',
      isInEffect:
        block.values.get('is_in_effect') === '1' && numberOf(values, 'scheduled_downtime_depth') > 0,
      until: numberOf(block.values, 'end_time') * 1000,
    })),
  }
}

const HOST = (state: number) => (state === 0 ? undefined : state === 1 ? 'DOWN' : 'UNREACHABLE')
const SERVICE = (state: number) =>
  state === 0 || state === 1 ? undefined : state === 2 ? 'CRITICAL' : 'UNKNOWN'

function placeOf({ values }: StatusBlock): string {
  return `${values.get('host_name')}!${values.get('service_description') ?? ''}`
}

function numberOf(values: ReadonlyMap<string, string>, key: string): number {
  const number = Number(values.get(key) ?? '')
  return Number.isFinite(number) ? number : 0
}
