import * as v from 'valibot'
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
import type { IcingaApi } from './icinga_api'
import { readAttributes } from './icinga_attributes'

const checkable = {
  state: v.number(),
  enable_active_checks: v.boolean(),
  downtime_depth: v.number(),
  last_check_result: v.nullish(v.looseObject({ execution_start: v.number() })),
}
const hostAttributes = v.looseObject({ name: v.string(), ...checkable })
const serviceAttributes = v.looseObject({ name: v.string(), host_name: v.string(), ...checkable })
const downtimeAttributes = v.looseObject({
  __name: v.string(),
  host_name: v.string(),
  service_name: v.string(),
  author: v.string(),
  comment: v.string(),
  start_time: v.number(),
  end_time: v.number(),
  trigger_time: v.number(),
})
const uptime = v.looseObject({ uptime: v.number() })
const application = v.looseObject({
  icingaapplication: v.looseObject({ app: v.looseObject({ program_start: v.number() }) }),
})

type Checkable = Pick<v.InferOutput<typeof hostAttributes>, keyof typeof checkable>
type Downtime = v.InferOutput<typeof downtimeAttributes>

const CHECKED = ['name', 'state', 'enable_active_checks', 'downtime_depth', 'last_check_result']
const HOST_PROBLEMS = [undefined]
const SERVICE_PROBLEMS = [undefined, undefined, 'CRITICAL']
const ONE_OF_HOSTS = 'host.name in names'
const CHECKED_HOSTS = `host.enable_active_checks && ${ONE_OF_HOSTS}`
const CHECKED_SERVICES = `service.enable_active_checks && ${ONE_OF_HOSTS}`
/** The most downtimes that one request removes: it has to be answered in time. */
const MAX_REMOVED = 50
/** Seconds before now at which a downtime begins: one that begins later is only triggered by a timer of Icinga's. */
const BEGINS_BEFORE_S = 1

/** Downtimes of Icinga 2, by its API. All times are by Icinga's clock. */
export class IcingaDowntimes implements DowntimeSystem {
  readonly name = 'Icinga'
  private readonly signal = new AbortController().signal

  constructor(private readonly api: Pick<IcingaApi, 'query' | 'change' | 'status'>) {}

  async look(hosts: readonly string[]): Promise<MonitoringSight> {
    const { signal } = this
    const now = await this.now()
    const some = { filter: ONE_OF_HOSTS, filter_vars: { names: hosts } }
    const found = (await this.api.query('hosts', CHECKED, signal, some)).map((each) =>
      readAttributes(hostAttributes, each),
    )
    const services = (await this.api.query('services', [...CHECKED, 'host_name'], signal, some)).map((each) =>
      readAttributes(serviceAttributes, each),
    )
    const downtimes = (
      await this.api.query('downtimes', DOWNTIME, signal, {
        filter: 'downtime.author == author && downtime.host_name in names',
        filter_vars: { author: DOWNTIME_AUTHOR, names: hosts },
      })
    )
      .map((each) => readAttributes(downtimeAttributes, each))
      .filter(({ author, comment, end_time: end }) => isOwn(author, comment) && end * 1000 > now)
    const ofHost = groupBy(services, ({ host_name: host }) => host)
    const own = groupBy(downtimes, ({ host_name: host, service_name: service }) => `${host}!${service}`)
    return {
      now,
      hosts: new Map(
        found.map((host) => [
          host.name,
          [
            partOf(undefined, host, HOST_PROBLEMS, own.get(`${host.name}!`), now),
            ...(ofHost.get(host.name) ?? []).map((service) =>
              partOf(service.name, service, SERVICE_PROBLEMS, own.get(`${host.name}!${service.name}`), now),
            ),
          ],
        ]),
      ),
    }
  }

  async begin(
    hosts: readonly string[],
    { comment, from, until }: { comment: string; from: number; until: number },
  ): Promise<ReadonlyMap<string, string>> {
    const refused = new Map<string, string>()
    for (const host of hosts) {
      const why = await this.api.change(
        'POST',
        'actions/schedule-downtime',
        {
          type: 'Host',
          host,
          author: DOWNTIME_AUTHOR,
          comment,
          start_time: from / 1000 - BEGINS_BEFORE_S,
          end_time: until / 1000,
          fixed: true,
          all_services: true,
        },
        this.signal,
      )
      if (why !== undefined) refused.set(host, why)
    }
    return refused
  }

  async end(downtimes: readonly EndedDowntime[]): Promise<string | undefined> {
    let said: string | undefined
    // The downtimes of services go with that of their host. By themselves they go where theirs has gone before.
    for (const isOfService of [false, true])
      for (const ids of chunksOf(downtimes.filter((each) => each.isOfService === isOfService)))
        said = (await this.remove(ids)) ?? said
    return said
  }

  /** Removes downtimes by one request, which is refused where none of them is there any more. */
  private remove(names: readonly string[]): Promise<string | undefined> {
    const some = { type: 'Downtime', filter: 'downtime.__name in names', filter_vars: { names } }
    return this.api.change('POST', 'actions/remove-downtime', some, this.signal)
  }

  async check(parts: readonly CheckedPart[]): Promise<string | undefined> {
    let said: string | undefined
    for (const [type, filter, some] of [
      ['Host', CHECKED_HOSTS, parts.filter(({ service }) => service === undefined)],
      ['Service', CHECKED_SERVICES, parts.filter(({ service }) => service !== undefined)],
    ] as const) {
      const names = [...new Set(some.map(({ host }) => host))]
      if (names.length === 0) continue
      const order = { type, filter, filter_vars: { names }, force: true }
      said = (await this.api.change('POST', 'actions/reschedule-check', order, this.signal)) ?? said
    }
    return said
  }

  private async now(): Promise<number> {
    const { icingaapplication } = readAttributes(
      application,
      await this.api.status('IcingaApplication', this.signal),
    )
    const since = readAttributes(uptime, await this.api.status('CIB', this.signal))
    return (icingaapplication.app.program_start + since.uptime) * 1000
  }
}

function chunksOf(downtimes: readonly EndedDowntime[]): string[][] {
  const count = Math.ceil(downtimes.length / MAX_REMOVED)
  return Array.from({ length: count }, (_, index) =>
    downtimes.slice(index * MAX_REMOVED, (index + 1) * MAX_REMOVED).map(({ id }) => id),
  )
}

const DOWNTIME = [
  '__name',
  'host_name',
  'service_name',
  'author',
  'comment',
  'start_time',
  'end_time',
  'trigger_time',
]

function partOf(
  service: string | undefined,
  { state, enable_active_checks: isChecked, downtime_depth: depth, last_check_result: last }: Checkable,
  problems: readonly (string | undefined)[],
  downtimes: readonly Downtime[] = [],
  now: number,
): WatchedPart {
  const word = service === undefined ? 'DOWN' : 'UNKNOWN'
  return {
    service,
    // Icinga shows a part without any result as UNKNOWN, and does not alert about it.
    problem: last == null ? undefined : state < problems.length ? problems[state] : word,
    checkedAt: (last?.execution_start ?? 0) * 1000,
    isChecked,
    own: downtimes.map(
      ({ __name: id, start_time: start, end_time: end, trigger_time: triggered }): OwnDowntime => ({
        id,
        isInEffect: depth > 0 && triggered > 0 && start * 1000 <= now,
        until: end * 1000,
      }),
    ),
  }
}
