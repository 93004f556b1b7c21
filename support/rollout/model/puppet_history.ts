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
