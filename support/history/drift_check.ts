import { foldHosts } from '../rollout/model/fold_hosts'
import { clean, hosts as counted } from '../rollout/model/verdict'
import { nameHosts } from '../rollout/model/name_hosts'
import { groupBy } from '../system/groups'
import type { HistoryEntry } from './history_record'
import { howItWasLeft, hostsNotDone } from './standing'

/** A host whose state is no longer what a run has left. */
export interface DriftFinding {
  feature: string
  run: string
  /**
   * The line of the feature. It is 0 where no line has looked: the history says that the host was not brought on, or
   * that puppet managed before what is on it still.
   */
  line: number
  text: string
  host: string
  seen: string
}

/** The findings of another look at one run. */
export interface CheckedRun {
  record: HistoryEntry
  findings: readonly DriftFinding[]
  /** The reason why the drift of this run is unknown; undefined when it is known. */
  trouble: string | undefined
}

/** The state of a release on its hosts, in the words of monitoring. */
export interface DriftState {
  state: 'OK' | 'CRITICAL' | 'UNKNOWN'
  sentence: string
  findings: readonly DriftFinding[]
  /** The numbers for monitoring; undefined where nothing is known. */
  numbers?: string
}

/** Everything that is known of a release and its hosts. */
export interface CheckedRelease {
  /** The release and its environment, in words. */
  where: string
  checks: readonly CheckedRun[]
  /** The hosts of its roll calls that were outside the limit of every run. */
  alone: readonly string[]
  /** The hosts that were never brought on. */
  left: readonly DriftFinding[]
  /** The reason why a part of the history is not known; undefined where all of it can be read. */
  unread: string | undefined
}

/** Judges a release: it drifts where one host does, and is well only where every part of it was looked at. */
export function judgeDrift({ where, checks, alone, left, unread }: CheckedRelease): DriftState {
  const findings = [...findingsOf(checks), ...left]
  const all = new Set(
    checks.flatMap(({ record }) => record.hosts.filter((host) => !record.out.includes(host))),
  )
  for (const { host } of left) all.add(host)
  const odd = [...new Set(findings.map(({ host }) => host))]
  const numbers = `hosts=${all.size} drifted=${odd.length};;0`
  if (findings.length > 0) {
    const sentence = `${where} no longer passes on ${odd.length} of ${counted(all.size)}: ${foldHosts(odd).join(', ')}${leftAlone(alone)}`
    return { state: 'CRITICAL', sentence, findings, numbers }
  }
  const trouble = unread ?? checks.find((each) => each.trouble !== undefined)?.trouble
  if (trouble !== undefined) return makeUnknownDrift(`${where}: ${trouble}`)
  return {
    state: 'OK',
    sentence: `${where} still passes on ${counted(all.size)}${leftAlone(alone)}`,
    findings,
    numbers,
  }
}

/** Returns the findings of all looks. Of a host that a later run of the same feature was for, only that run says anything. */
export function findingsOf(checks: readonly CheckedRun[]): DriftFinding[] {
  return checks.flatMap(({ record, findings }, index) => {
    const later = checks.slice(index + 1).filter(({ record: { feature } }) => feature === record.feature)
    const superseded = new Set(later.flatMap(({ record: { hosts } }) => hosts))
    return findings.filter(({ host }) => !superseded.has(host))
  })
}

function leftAlone(hosts: readonly string[]): string {
  return hosts.length === 0
    ? ''
    : `; its runs were limited, and left out ${counted(hosts.length)}: ${nameHosts(hosts)}`
}

/** Returns the hosts of roll calls that none of these runs was for, since all of them were limited to others. */
export function hostsLeftAlone(runs: readonly HistoryEntry[]): string[] {
  const known = new Set(runs.flatMap(({ hosts }) => hosts))
  return [...new Set(runs.flatMap(({ outside = [] }) => outside))].filter((host) => !known.has(host))
}

export function makeUnknownDrift(sentence: string): DriftState {
  return { state: 'UNKNOWN', sentence, findings: [] }
}

/**
 * Returns the hosts that no run of a release has finished and that no line looked at. The state of other hosts proves
 * nothing of them. `checked` are those of its runs that are looked at again.
 */
export function hostsNotBroughtOn(
  runs: readonly HistoryEntry[],
  checked: readonly HistoryEntry[],
): DriftFinding[] {
  const looked = new Set(checked.flatMap(({ hosts }) => hosts))
  return hostsNotDone(runs)
    .filter(({ host }) => !looked.has(host))
    .map(({ host, run }) => ({
      feature: run.feature,
      run: run.run,
      line: 0,
      text: '',
      host,
      seen: howItWasLeft(host, run),
    }))
}

/**
 * Returns the last run of each feature that passed, or passed on all hosts but those that were allowed to fail. A limited
 * run says nothing of other hosts: the runs before it that were for those come with it, the oldest first.
 */
export function lastRuns(runs: readonly HistoryEntry[]): HistoryEntry[] {
  const passed = runs.filter(
    ({ mode, outcome }) => mode === 'live' && (outcome === 'passed' || outcome === 'passed with failures'),
  )
  return [...groupBy(passed, ({ feature }) => feature).values()].flatMap(lastOfEachHost)
}

/** Returns the runs of one feature that were the last for some host, up to the last one that was not limited. */
function lastOfEachHost(runs: readonly HistoryEntry[]): HistoryEntry[] {
  const since = runs.slice(
    Math.max(
      0,
      runs.findLastIndex(({ outside }) => outside === undefined),
    ),
  )
  const known = new Set<string>()
  return since
    .toReversed()
    .filter(({ hosts }) => {
      const isNew = hosts.some((host) => !known.has(host))
      for (const host of hosts) known.add(host)
      return isNew
    })
    .toReversed()
}

/** Returns a state in lines as monitoring plugins write them: a sentence and its numbers, then the findings. */
export function formatDrift({ state, sentence, findings, numbers }: DriftState): string {
  const lines = findings
    .slice(0, MAX_LINES)
    .map(({ host, feature, line, text, seen }) =>
      line === 0 ? `${host}: ${clean(seen)}` : `${host}: ${clean(seen)} (${feature}:${line} ${text})`,
    )
  const more = findings.length > MAX_LINES ? [`and ${findings.length - MAX_LINES} more`] : []
  const [first = '', ...rest] = [`DRIFT ${state}: ${sentence}`, ...lines, ...more].map(plain)
  return `${[numbers === undefined ? first : `${first} | ${numbers}`, ...rest].join('\n')}\n`
}

const MAX_LINES = 20

/** Returns a line without `|`, the sign that monitoring takes for the beginning of numbers. */
function plain(line: string): string {
  return clean(line, 1_000).replaceAll('|', '/')
}
