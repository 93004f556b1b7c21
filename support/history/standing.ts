import { originOf, findRunOfRecovery } from './origin'
import type { HistoryEntry } from './history_record'

/** The standing of a release by the runs of each of its features: `passed`, or why not. */
export type Standing = { passed: true; last: HistoryEntry; hosts: number } | { passed: false; why: string }

/** The standing of one feature of a release, its recovery features among its runs. */
interface FeatureStanding {
  last: HistoryEntry
  hosts: ReadonlySet<string>
  /** The hosts that are not done, with the run that says so. */
  notDone: ReadonlyMap<string, HistoryEntry>
}

/**
 * Returns the standing of a release. `runs` are those of one release in one environment, oldest first. A run that was
 * refused does not count, nor does one that passed and had left out scenarios of its feature.
 */
export function standingOf(runs: readonly HistoryEntry[], mode: HistoryEntry['mode']): Standing {
  const all = [...standings(runs, mode).values()]
  const latest = all.at(-1)
  if (latest === undefined) return { passed: false, why: nothingSaid(runs, mode) }
  const bad = all.find(({ last }) => last.outcome !== 'passed')
  if (bad !== undefined)
    return {
      passed: false,
      why: `the last run of ${bad.last.feature} there, ${bad.last.run}, ${describeOutcome(bad.last)}`,
    }
  const open = all.find(({ notDone }) => notDone.size > 0)
  if (open !== undefined) return { passed: false, why: notBroughtOn(open.notDone) }
  const lone = all.find(({ last }) => isAlone(last, runs))
  if (lone !== undefined)
    return {
      passed: false,
      why: `${lone.last.feature} recovers a run that is not in its history, and of whose other hosts nothing is known`,
    }
  return { passed: true, last: latest.last, hosts: new Set(all.flatMap(({ hosts }) => [...hosts])).size }
}

/** Returns the hosts of a release that are not done, by its live runs. Those that were allowed to fail are left out. */
export function hostsNotDone(runs: readonly HistoryEntry[]): { host: string; run: HistoryEntry }[] {
  return [...standings(runs, 'live').values()].flatMap(({ notDone }) =>
    [...notDone].flatMap(([host, run]) => (run.outcome === 'passed with failures' ? [] : [{ host, run }])),
  )
}

/**
 * Returns the standing of each feature. A run of a feature is about all of its hosts; one of its recovery features is
 * about some of them.
 */
function standings(runs: readonly HistoryEntry[], mode: HistoryEntry['mode']): Map<string, FeatureStanding> {
  const all = new Map<string, FeatureStanding>()
  for (const run of runs) {
    if (run.mode !== mode || run.outcome === 'refused' || isPartial(run)) continue
    const origin = originOf(run, runs)
    const before = run.feature === origin ? undefined : all.get(origin)
    const notDone = new Map(before?.notDone)
    for (const host of run.hosts) notDone.delete(host)
    for (const host of run.notDone) notDone.set(host, run)
    all.delete(origin)
    all.set(origin, { last: run, hosts: new Set([...(before?.hosts ?? []), ...run.hosts]), notDone })
  }
  return all
}

/** Returns whether a run is of a recovery feature whose own run has another release, or is in no history. */
function isAlone({ feature }: HistoryEntry, runs: readonly HistoryEntry[]): boolean {
  const recovered = findRunOfRecovery(feature)
  return recovered !== undefined && !runs.some(({ run }) => run === recovered)
}

function notBroughtOn(notDone: ReadonlyMap<string, HistoryEntry>): string {
  const [[host, run] = ['', undefined]] = notDone
  const more = notDone.size > 1 ? ` and ${notDone.size - 1} more` : ''
  return `${host}${more} ${howItWasLeft(host, run)}, and no run has brought ${notDone.size > 1 ? 'them' : 'it'} on since`
}

/** Describes how a run has left a host that is not done. */
export function howItWasLeft(host: string, run: HistoryEntry | undefined): string {
  const what = run?.restored.includes(host) === true ? 'told to go back to the version before' : 'not done'
  return `was ${what} in run ${run?.run ?? ''} of ${run?.feature ?? ''}`
}

function isPartial({ outcome, leftOut }: HistoryEntry): boolean {
  return outcome === 'passed' && leftOut !== undefined
}

function nothingSaid(runs: readonly HistoryEntry[], mode: HistoryEntry['mode']): string {
  const partial = runs.findLast((run) => run.mode === mode && isPartial(run))
  if (partial === undefined)
    return `no ${mode === 'live' ? 'live run' : 'run in safe mode'} of it is in the history`
  const names = (partial.leftOut ?? []).map((name) => JSON.stringify(name)).join(', ')
  return `its run ${partial.run} there left out ${names} of ${partial.feature}`
}

function describeOutcome({ outcome, out }: HistoryEntry): string {
  if (outcome === 'passed with failures') return `passed but for ${out.join(', ')}`
  return outcome === 'cut off' ? 'was cut off' : 'stopped'
}
