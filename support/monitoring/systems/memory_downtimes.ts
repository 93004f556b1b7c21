import { isOwn, DOWNTIME_AUTHOR } from './downtime_system'
import type {
  CheckedPart,
  DowntimeSystem,
  EndedDowntime,
  MonitoringSight,
  WatchedPart,
} from './downtime_system'

interface MemoryDowntime {
  id: string
  host: string
  service: string | undefined
  author: string
  comment: string
  until: number
}

interface MemoryPart {
  problem: string | undefined
  checkedAt: number
  isChecked: boolean
}

/** A monitoring system in memory: it watches simulated hosts, and each host that it is asked about where none was named. */
export class MemoryDowntimes implements DowntimeSystem {
  private readonly watched = new Map<string, Map<string | undefined, MemoryPart>>()
  private downtimes: MemoryDowntime[] = []
  private count = 0

  constructor(
    private readonly now: () => number,
    readonly name = 'the simulated monitoring',
    private readonly knowsAll = true,
  ) {}

  /** Adds a part, or changes what a check of it finds. */
  set(host: string, service: string | undefined, found: Partial<MemoryPart> = {}): void {
    const parts = this.watched.get(host) ?? new Map<string | undefined, MemoryPart>()
    const before = parts.get(service) ?? { problem: undefined, checkedAt: 0, isChecked: true }
    this.watched.set(host, parts.set(service, { ...before, ...found }))
  }

  private schedule(host: string, author: string, comment: string, until: number): void {
    for (const service of this.watched.get(host)?.keys() ?? [])
      this.downtimes.push({ id: `${(this.count += 1)}`, host, service, author, comment, until })
  }

  /** Schedules a downtime of a host alone, as a person does. */
  scheduleOnHost(host: string, author: string, comment: string, until: number): void {
    this.downtimes.push({ id: `${(this.count += 1)}`, host, service: undefined, author, comment, until })
  }

  /** The downtimes that have not ended, each as `host!service author comment`. */
  get shown(): string[] {
    return this.open.map(
      ({ host, service, author, comment }) =>
        `${host}${service === undefined ? '' : `!${service}`} ${author} ${comment}`,
    )
  }

  async look(hosts: readonly string[]): Promise<MonitoringSight> {
    const known = new Map<string, WatchedPart[]>()
    for (const host of hosts) {
      if (this.knowsAll && !this.watched.has(host)) this.set(host, undefined)
      const parts = this.watched.get(host)
      if (parts === undefined) continue
      known.set(
        host,
        [...parts].map(([service, part]) => ({
          service,
          ...part,
          own: this.open
            .filter((each) => each.host === host && each.service === service)
            .filter(({ author, comment }) => isOwn(author, comment))
            .map(({ id, until }) => ({ id, isInEffect: true, until })),
        })),
      )
    }
    return { now: this.now(), hosts: known }
  }

  async begin(
    hosts: readonly string[],
    { comment, until }: { comment: string; until: number },
  ): Promise<ReadonlyMap<string, string>> {
    for (const host of hosts) this.schedule(host, DOWNTIME_AUTHOR, comment, until)
    return new Map()
  }

  async end(ended: readonly EndedDowntime[]): Promise<undefined> {
    const ids = new Set(ended.map(({ id }) => id))
    this.downtimes = this.downtimes.filter(({ id }) => !ids.has(id))
  }

  async check(parts: readonly CheckedPart[], now: number): Promise<undefined> {
    for (const { host, service } of parts) {
      const part = this.watched.get(host)?.get(service)
      // Two checks never have one time, also where the clock stands.
      if (part?.isChecked === true) part.checkedAt = Math.max(now, part.checkedAt + 1)
      else if (part !== undefined) part.problem = 'CRITICAL'
    }
  }

  private get open(): MemoryDowntime[] {
    return this.downtimes.filter(({ until }) => until > this.now())
  }
}
