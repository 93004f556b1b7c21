import type { HostRange } from '../rollout/model/host_list'
import type { RecordedEvent } from './events'

/** A list of hosts in a journal: names, and ranges of places among the hosts of the roll calls before. */
type WrittenHosts = readonly unknown[]

/** Neighbours that are written as a range; fewer are written by their names, which people read more easily. */
const MIN_RANGE = 16

/**
 * The lists of hosts in the events of one journal. On disk they name hosts by their places in the roll call, so that a
 * request to all hosts is as long as one to a few. A host that is in no roll call, or between others, is written by its
 * name. Events have to come in the order of the journal.
 */
export class HostPlaces {
  private readonly names: string[] = []
  private readonly places = new Map<string, number>()

  /** Returns an event as it is written. */
  write(event: RecordedEvent): object {
    const written = withLists({ ...event }, (hosts) => this.ranges(hosts))
    this.hear(event)
    return written
  }

  /** Returns an event as it was before it was written; undefined where it has places that no roll call has filled. */
  read(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
    let isKnown = true
    const event = withLists(written, (hosts) =>
      hosts.flatMap((host) => {
        if (!isRange(host)) return [host]
        isKnown &&= host[0] <= host[1] && host[1] < this.names.length
        return isKnown ? this.names.slice(host[0], host[1] + 1) : []
      }),
    )
    return isKnown ? event : undefined
  }

  /** Takes in the hosts of a roll call, each once. */
  hear(event: RecordedEvent): void {
    if (event.type !== 'roll call') return
    for (const host of event.hosts)
      if (!this.places.has(host)) this.places.set(host, this.names.push(host) - 1)
  }

  private ranges(hosts: WrittenHosts): WrittenHosts {
    const written: unknown[] = []
    for (let at = 0; at < hosts.length;) {
      const first = this.places.get(String(hosts[at]))
      const length = first === undefined ? 1 : this.neighbours(hosts, at, first)
      if (first !== undefined && length >= MIN_RANGE) written.push([first, first + length - 1])
      else for (let each = at; each < at + length; each += 1) written.push(hosts[each])
      at += length
    }
    return written
  }

  /** Returns how many hosts of a list, from `at` on, stand side by side in the roll call, from `first` on. */
  private neighbours(hosts: WrittenHosts, at: number, first: number): number {
    let length = 1
    while (at + length < hosts.length && hosts[at + length] === this.names[first + length]) length += 1
    return length
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Returns an event with each of its lists of hosts changed. What is no list, where one should be, is left as it is. */
function withLists(event: Fields, change: (hosts: WrittenHosts) => WrittenHosts): Fields {
  const listIn = (value: unknown) => (Array.isArray(value) ? change(value) : value)
  switch (event['type']) {
    case 'wave':
    case 'out':
    case 'restoring':
    case 'asked':
    case 'opened':
    case 'closed':
      return { ...event, hosts: listIn(event['hosts']) }
    case 'went on':
      return { ...event, attempted: listIn(event['attempted']) }
    case 'had':
    case 'became':
      return { ...event, versions: eachOf(event['versions'], listIn) }
    case 'served':
    case 'puppet run ended':
    case 'modules found':
      return { ...event, states: eachOf(event['states'], listIn) }
    case 'puppet managed':
      return {
        ...event,
        versions: eachOf(event['versions'], listIn),
        digests: eachOf(event['digests'], listIn),
        shares: fatesIn(event['shares'], listIn),
        unknown: eachOf(event['unknown'], listIn),
      }
    case 'answered':
      return { ...event, outcomes: eachOf(event['outcomes'], listIn) }
    case 'planned':
      return { ...event, fates: fatesIn(event['fates'], listIn) }
    default:
      return event
  }
}

function eachOf(lists: unknown, change: (value: unknown) => unknown): unknown {
  if (!isRecord(lists)) return lists
  return Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, change(list)]))
}

function fatesIn(fates: unknown, change: (value: unknown) => unknown): unknown {
  if (!Array.isArray(fates)) return fates
  return fates.map((fate: unknown) => (isRecord(fate) ? { ...fate, hosts: change(fate['hosts']) } : fate))
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRange(value: unknown): value is HostRange {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((place: unknown) => Number.isInteger(place) && Number(place) >= 0)
  )
}
