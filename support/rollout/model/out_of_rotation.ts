import { FeatureFollower } from './feature_parts'
import type { JournalEntry } from './journal_entry'

/** The name that a run has in place of a feature where it does nothing but put hosts back. */
export const PUT_BACK = 'lockstep put-back'

/** A host that is out of the pool, and the run that took it out. */
export interface HostOutOfRotation {
  host: string
  obligation: string
  run: string
  feature: string
  since: string
}

export interface RunEntries {
  run: string
  entries: readonly (JournalEntry & { at: string })[]
}

/** Returns what all runs together have left open: a later run may have closed what an earlier one opened. */
export function findLeftHosts(records: readonly RunEntries[]): HostOutOfRotation[] {
  const steps = followLeftHosts(records)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/**
 * Goes through all runs in the order in which they began, as `findLeftHosts` does, and pauses between them: there may be thousands.
 * Returns what they have left open.
 */
export function* followLeftHosts(records: readonly RunEntries[]): Generator<void, HostOutOfRotation[]> {
  const open = new Map<string, HostOutOfRotation>()
  for (const sideBySide of inOrder(records)) {
    for (const { run, feature, entry } of merge(sideBySide)) {
      if (entry.type !== 'opened' && entry.type !== 'closed') continue
      for (const host of entry.hosts) {
        const key = `${entry.obligation} ${host}`
        if (entry.type === 'closed') open.delete(key)
        else if (!open.has(key))
          open.set(key, { host, obligation: entry.obligation, run, feature, since: entry.at })
      }
    }
    yield
  }
  return [...open.values()]
}

/**
 * Returns the place of a run that begins now among those that have left records. Each record whose place cannot be read
 * may be one further on. What such a run has closed must not count for what this one opens.
 */
export function nextOrder(records: readonly RunEntries[]): number {
  const orders = records.map(orderOf)
  const unknown = orders.filter((order) => order === 0).length
  return orders.reduce((most, order) => Math.max(most, order), 0) + unknown + 1
}

interface PlacedEntry {
  run: string
  feature: string
  entry: JournalEntry & { at: string }
  /** The latest time that the run had seen by then, so that a clock which jumps back does not reorder one run. */
  time: string
}

/** Returns runs by the order in which they began, which they count and no clock tells; those that began side by side together. */
function inOrder(records: readonly RunEntries[]): RunEntries[][] {
  const places = new Map<number, RunEntries[]>()
  for (const record of records) {
    const order = orderOf(record)
    const there = places.get(order)
    if (there === undefined) places.set(order, [record])
    else there.push(record)
  }
  return [...places].sort(([a], [b]) => a - b).map(([, sideBySide]) => sideBySide)
}

/** Returns the entries of runs that began side by side, by time. */
function merge(records: readonly RunEntries[]): PlacedEntry[] {
  const placed = records.flatMap(({ run, entries }) => {
    const follower = new FeatureFollower()
    let time = ''
    return entries.map((entry): PlacedEntry => {
      const feature = follower.hear(entry) ?? ''
      if (entry.at > time) time = entry.at
      return { run, feature, entry, time }
    })
  })
  return placed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

/** Returns the place of a run among all; 0 where it cannot be read. */
export function orderOf({ entries }: RunEntries): number {
  return entries.find((entry) => entry.type === 'run')?.order ?? 0
}
