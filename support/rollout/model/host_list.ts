import type { UnexpectedMessage } from '../../system/unexpected_messages'
import type { Observation, PlannedChange, Verdict } from './verdict'

/** A range of neighbours in a list of hosts: the index of the first and of the last. */
export type HostRange = readonly [first: number, last: number]

/** The hosts of which the same was seen, as ranges of indexes into a list of hosts. */
export interface ListedCohort extends Omit<Observation, 'host'> {
  hosts: readonly HostRange[]
}

/**
 * A verdict that knows its hosts by their place in a list. What it keeps grows with what differs, not with the hosts.
 */
export interface ListedVerdict extends Verdict {
  readonly cohorts: readonly ListedCohort[]
}

/** A verdict as it is written down, which names its hosts by their place in a list. */
export interface RecordedVerdict {
  /** The hosts that are on the list from here on, in the order of their places. */
  added?: readonly string[]
  cohorts: readonly ListedCohort[]
  unexpected: readonly UnexpectedMessage[]
  /** The hosts that failed before and take no further part. */
  out?: readonly HostRange[]
  tolerated?: boolean
  planned?: boolean
}

/** The hosts that a run has reported, each once, in the order of their first report. */
export class HostList {
  private readonly indexes = new Map<string, number>()
  private readonly all: string[] = []

  /** Makes an empty list. `shorten` cuts what was seen of a host to what is kept of it. */
  constructor(private readonly shorten: (seen: string) => string = (seen) => seen) {}

  get names(): readonly string[] {
    return this.all
  }

  /** Returns a verdict with its hosts by their places. Hosts that are not on the list yet are put there. */
  record(verdict: Verdict): RecordedVerdict {
    const { observations, unexpected, out = [], tolerated, planned } = verdict
    const known = this.all.length
    const [cohorts, gone] = [this.cohortsOf(observations), this.rangesOf(out)]
    const added = this.all.slice(known)
    return {
      ...(added.length === 0 ? {} : { added }),
      cohorts,
      unexpected,
      ...(gone.length === 0 ? {} : { out: gone }),
      ...(tolerated === true ? { tolerated } : {}),
      ...(planned === true ? { planned } : {}),
    }
  }

  /**
   * Returns a verdict that was recorded with a list of the same hosts. Its observations are made when they are asked
   * for, and kept only while somebody uses them: those of many lines and hosts would fill the memory.
   */
  read({ added = [], cohorts, unexpected, out, tolerated, planned }: RecordedVerdict): ListedVerdict {
    for (const host of added) this.indexOf(host)
    const namesIn = (listed: readonly HostRange[]) => this.namesIn(listed)
    let made: WeakRef<readonly Observation[]> | undefined
    return {
      unexpected,
      ...(tolerated === true ? { tolerated } : {}),
      ...(planned === true ? { planned } : {}),
      cohorts,
      get observations() {
        const known = made?.deref()
        if (known !== undefined) return known
        const all = cohorts.flatMap(({ hosts, ...seen }) => namesIn(hosts).map((host) => ({ host, ...seen })))
        made = new WeakRef(all)
        return all
      },
      get out() {
        return out === undefined ? [] : namesIn(out)
      },
    }
  }

  /** Returns the hosts in ranges of the list. */
  namesIn(ranges: readonly HostRange[]): string[] {
    return ranges.flatMap(([first, last]) => this.all.slice(first, last + 1))
  }

  /** Returns the places of hosts, as ranges. Hosts that are not on the list yet are put there. */
  rangesOf(hosts: Iterable<string>): HostRange[] {
    const ranges: [number, number][] = []
    for (const host of hosts) {
      const index = this.indexOf(host)
      const last = ranges.at(-1)
      if (last !== undefined && index === last[1] + 1) last[1] = index
      else ranges.push([index, index])
    }
    return ranges
  }

  private cohortsOf(observations: readonly Observation[]): ListedCohort[] {
    const alike = new Map<string, { seen: Observation; hosts: string[] }>()
    for (const whole of observations) {
      const observation = { ...whole, seen: this.shorten(whole.seen) }
      const key = keyOf(observation)
      const cohort = alike.get(key) ?? { seen: observation, hosts: [] }
      alike.set(key, cohort)
      cohort.hosts.push(observation.host)
    }
    return [...alike.values()].map(({ seen: { passed, kind, seen, planned }, hosts }) => ({
      passed,
      kind,
      seen,
      ...(planned === undefined ? {} : { planned }),
      hosts: this.rangesOf(hosts),
    }))
  }

  private indexOf(host: string): number {
    const known = this.indexes.get(host)
    if (known !== undefined) return known
    this.indexes.set(host, this.all.length)
    return this.all.push(host) - 1
  }
}

function keyOf({ passed, kind, seen, planned }: Observation): string {
  return `${passed} ${kind} ${planned === undefined ? '' : changeKey(planned)} ${seen}`
}

function changeKey({ resource, from, to, changes, affectsOthers, isIdle }: PlannedChange): string {
  return JSON.stringify([resource, from, to, changes, affectsOthers, isIdle === true])
}

/** Returns the number of hosts in cohorts, without a look at their names. */
export function sizeOf(cohorts: readonly ListedCohort[]): number {
  const all = cohorts.flatMap(({ hosts }) => hosts)
  return all.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}
