import { puppetRunOf } from '../../system/puppet_run'
import type { JournalEntry } from './journal_entry'

/** A run of puppet that a rollout has ordered, and that left a report. */
export interface OwnRun {
  run: string
  noop: boolean
  /** Milliseconds since 1970, by the clock of the host. */
  began: number
  /** What failed in it; absent where nothing did. */
  failed?: string
  /** The code that it applied without a master. */
  code?: { name: string; digest: string }
}

/** Returns the runs of each host that have ended with a report, the earliest first. */
export function puppetRunsIn(entries: readonly JournalEntry[]): Map<string, OwnRun[]> {
  const runs = new Map<string, OwnRun[]>()
  for (const entry of entries) {
    if (entry.type !== 'puppet run ended') continue
    const { run, noop, began, failed = {}, code } = entry
    for (const [host, at] of Object.entries(began)) {
      const why = failed[host]
      const own = {
        run,
        noop,
        began: at,
        ...(why === undefined ? {} : { failed: why }),
        ...(code === undefined ? {} : { code }),
      }
      runs.set(host, [...(runs.get(host) ?? []), own])
    }
  }
  return runs
}

/** Returns the runs, by host, that the orders of one line have begun, or may have begun. */
export function openRunsIn(
  orders: readonly Extract<JournalEntry, { type: 'asked' }>[],
  entries: readonly JournalEntry[],
): Map<string, string> {
  const open = new Map<string, string>()
  for (const { agent, action, requestId, hosts } of orders) {
    if (agent !== 'puppet' || !['runonce', 'apply'].includes(action)) continue
    for (const host of hosts) open.set(host, puppetRunOf(requestId))
    const answered = entries.find((entry) => entry.type === 'answered' && entry.requestId === requestId)
    // A host that refused the order has begun no run.
    if (answered?.type === 'answered') for (const host of answered.outcomes['failed'] ?? []) open.delete(host)
  }
  return open
}

/** What stands in place of a version where a run left no report, or its catalog has none. */
export const NO_REPORT_LEFT = 'no report'
export const NO_VERSION = 'no version'

/** A run of puppet on a host that may have applied a catalog. The version is undefined where it is not known. */
export interface AppliedRun {
  run: string
  host: string
  version: string | undefined
}

/** Returns the runs that were not in noop, those that were ordered and never seen to end among them. */
export function appliedRunsIn(entries: readonly JournalEntry[]): AppliedRun[] {
  const runs = new Map<string, AppliedRun>()
  const add = (run: string, host: string, version?: string) =>
    runs.set(`${run} ${host}`, { run, host, version })
  for (const entry of entries) {
    if (entry.type === 'asked' && entry.mutating && entry.inputs['noop'] !== true)
      for (const [host, run] of openRunsIn([entry], entries)) add(run, host)
    else if (entry.type === 'puppet run ended' && !entry.noop)
      for (const [state, hosts] of Object.entries(entry.states))
        for (const host of hosts) add(entry.run, host, versionIn(state, entry.began[host]))
  }
  return [...runs.values()]
}

function versionIn(state: string, began: number | undefined): string | undefined {
  if (began === undefined) return undefined
  return state === NO_VERSION ? '' : state
}

/** Returns the runs that are known to have ended on a host, with a report or without, as `run host`. */
export function endedRunsIn(entries: readonly JournalEntry[]): Set<string> {
  return new Set(
    entries.flatMap((entry) =>
      entry.type === 'puppet run ended'
        ? Object.values(entry.states).flatMap((hosts) => hosts.map((host) => `${entry.run} ${host}`))
        : [],
    ),
  )
}

/** Returns the open runs that are not known to have ended. */
export function withoutEnded(
  open: ReadonlyMap<string, string>,
  ended: ReadonlySet<string>,
): Map<string, string> {
  return new Map([...open].filter(([host, run]) => !ended.has(`${run} ${host}`)))
}
