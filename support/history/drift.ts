import type { Change } from './changes'
import { originOf } from './origin'
import { states, UNRELEASED, type HistoryEntry } from './history_record'
import { type Drift } from '../run/run_parts'

/** The record that is needed of an earlier run. */
export type Earlier = Omit<HistoryEntry, 'drift'>

/**
 * Returns the hosts that this run has left other than it found them, as drift. An earlier run of the same release had
 * reported them as done. A change without states, such as a restart, does not change a host. A change by another
 * release in between, as far as `runs` have it, was no drift.
 */
export function driftOf(record: Earlier, runs: readonly Earlier[]): Drift[] {
  if (record.mode !== 'live' || record.release === UNRELEASED) return []
  const changes = netChanges(record)
  if (changes.length === 0) return []
  const origin = originOf(record, runs)
  const reports = runs.filter((run) => hasLeft(run, record)).map((run) => new Report(run, origin, runs))
  const others = runs.filter(({ release, mode }) => release !== record.release && mode === 'live')
  const told = others.map(({ ended, changes: own }) => ({ ended, resources: resourcesOf(own) }))
  return changes.flatMap(({ host, resource, what, before, after }) => {
    const report = reports.findLast((each) => each.isOf(host, resource))
    if (report === undefined) return []
    const isExplained = told.some(
      ({ ended, resources }) => isBetween(ended, report, record) && resources.has(`${resource} ${host}`),
    )
    return isExplained ? [] : [{ host, what: `${what}${states(before, after)}`, since: report.run }]
  })
}

/** Returns the states of resources before a run and after it, where both are known and differ. */
function netChanges({ changes }: Earlier): Change[] {
  const net = new Map<string, Change>()
  for (const change of changes) {
    const key = `${change.resource} ${change.host}`
    const first = net.get(key)
    if (!change.temporary) net.set(key, first === undefined ? change : { ...change, before: first.before })
  }
  return [...net.values()].filter(
    ({ before, after }) => before !== null && after !== null && before !== after,
  )
}

/** Returns whether `run` had reported hosts as done when `record` began. */
function hasLeft(run: Earlier, record: Earlier): boolean {
  const { mode, outcome, ended, release } = run
  if (run.run === record.run || release !== record.release || mode !== 'live') return false
  return (outcome === 'passed' || outcome === 'passed with failures') && ended <= record.began
}

function isBetween(time: string, { ended }: Report, { began }: Earlier): boolean {
  return ended < time && time <= began
}

function resourcesOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.map(({ resource, host }) => `${resource} ${host}`))
}

/**
 * The hosts and resources that an earlier run reported as done: all that its feature is about, and all that it changed.
 */
class Report {
  readonly run: string
  readonly ended: string
  private readonly isSameFeature: boolean
  private readonly hosts: ReadonlySet<string>
  private readonly changed: ReadonlySet<string>

  constructor(earlier: Earlier, origin: string, runs: readonly Earlier[]) {
    this.run = earlier.run
    this.ended = earlier.ended
    // Scenarios that were left out of a run were not done by it.
    this.isSameFeature = originOf(earlier, runs) === origin && earlier.leftOut === undefined
    this.hosts = new Set(earlier.hosts.filter((host) => !earlier.out.includes(host)))
    this.changed = resourcesOf(earlier.changes)
  }

  isOf(host: string, resource: string): boolean {
    return this.hosts.has(host) && (this.isSameFeature || this.changed.has(`${resource} ${host}`))
  }
}
