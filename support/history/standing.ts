import { nameHosts } from '../rollout/model/name_hosts'
import { originOf, findRunOfRecovery } from './origin'
import type { HistoryEntry } from './history_record'

/** The standing of a release by the runs of each of its features: `passed`, or why not. */
export type Standing = { passed: true; last: HistoryEntry; hosts: number } | { passed: false; why: string }

/** The standing of one feature of a release, its recovery features among its runs. */
interface FeatureStanding {
  last: HistoryEntry
  /** The text and the parameters that hosts were brought to. */
  text: string
  hosts: ReadonlySet<string>
  /** The hosts that are not done, with the run that says so. */
  notDone: ReadonlyMap<string, HistoryEntry>
  /** The hosts that were outside the limit of every run, with the last of those runs. */
  leftAlone: ReadonlyMap<string, HistoryEntry>
}

/**
 * Returns the standing of a release. `runs` are those of one release in one environment, oldest first. A run that was
 * refused does not count, nor does one that passed and had left out scenarios of its feature. A limited run is about its
 * own hosts alone. Where only some hosts are `asked` about, the others may be left alone.
 */
export function standingOf(
  runs: readonly HistoryEntry[],
  mode: HistoryEntry['mode'],
  asked?: ReadonlySet<string>,
): Standing {
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
  const alone = all
    .map(({ leftAlone }) => [...leftAlone].filter(([host]) => asked?.has(host) !== false))
    .find((hosts) => hosts.length > 0)
  if (alone !== undefined) return { passed: false, why: wasLimited(alone) }
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
    const { outside = [] } = run
    const before = run.feature === origin && outside.length === 0 ? undefined : all.get(origin)
    const notDone = new Map(before?.notDone)
    const leftAlone = new Map(before?.leftAlone)
    const text = run.feature === origin ? textOf(run) : (before?.text ?? textOf(run))
    const wasBefore = (host: string) => before?.text === text && before.hosts.has(host)
    for (const host of outside) if (!wasBefore(host)) leftAlone.set(host, run)
    for (const host of run.hosts) {
      notDone.delete(host)
      leftAlone.delete(host)
    }
    for (const host of run.notDone) notDone.set(host, run)
    all.delete(origin)
    all.set(origin, {
      last: run,
      text,
      hosts: new Set([...(before?.hosts ?? []), ...run.hosts]),
      notDone,
      leftAlone,
    })
  }
  return all
}

/** Returns whether a run is of a recovery feature whose own run has another release, or is in no history. */
function isAlone({ feature }: HistoryEntry, runs: readonly HistoryEntry[]): boolean {
  const recovered = findRunOfRecovery(feature)
  return recovered !== undefined && !runs.some(({ run }) => run === recovered)
}

function textOf({ sha256, parameters }: HistoryEntry): string {
  return JSON.stringify([sha256, Object.entries(parameters).sort(byName)])
}

function notBroughtOn(notDone: ReadonlyMap<string, HistoryEntry>): string {
  const [[host, run] = ['', undefined]] = notDone
  const more = notDone.size > 1 ? ` and ${notDone.size - 1} more` : ''
  return `${host}${more} ${howItWasLeft(host, run)}, and no run has brought ${notDone.size > 1 ? 'them' : 'it'} on since`
}

function wasLimited(alone: readonly (readonly [string, HistoryEntry])[]): string {
  const [[, run] = ['', undefined]] = alone
  const hosts = alone.map(([host]) => host)
  return `its run ${run?.run ?? ''} of ${run?.feature ?? ''} was limited, and no run has brought ${nameHosts(hosts)} on`
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
  return outcome === 'cut off' || outcome === 'interrupted' ? `was ${outcome}` : 'failed'
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}
