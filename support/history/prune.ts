import { findPartOfRecovery } from './origin'
import { findLeftHosts, orderOf, type RunEntries } from '../rollout/model/out_of_rotation'
import type { RunJournal } from '../run/journals'

type Entries = RunEntries['entries']

/** Facts about a run that its own journal does not tell. */
export interface PruneRules {
  /** Milliseconds since 1970; a journal whose last entry is younger is left alone. */
  before: number
  /** True when runs that stopped may go too, although they could be resumed or recovered. */
  stopped: boolean
  /** Returns the reason why a run is still needed; undefined for one that is not. */
  neededFor: (journal: RunJournal) => string | undefined
}

export interface Prunable {
  /**
   * The journals to remove, in an order that is safe at every moment. Wherever it is broken off, the same hosts are
   * known to be out.
   */
  removable: readonly RunJournal[]
  /** The journals that are old enough and stay, with the reason. */
  kept: readonly { run: string; why: string }[]
}

/**
 * Chooses the journals that nothing depends on any more. `findLeftHosts` and `nextOrder` return the same values with and
 * without each of them.
 */
export function choosePrunable(journals: readonly RunJournal[], rules: PruneRules): Prunable {
  const old = journals.filter(({ fault, entries }) => fault !== undefined || lastAt(entries) < rules.before)
  const kept = new Map<RunJournal, string>()
  const wanted = reasonsToKeep(journals, rules)
  for (const journal of old) {
    const why = wanted(journal)
    if (why !== undefined) kept.set(journal, why)
  }
  const removable = inSafeOrder(
    old.filter((journal) => !kept.has(journal)),
    journals,
  )
  const chosen = new Set(removable)
  for (const journal of old) {
    if (!chosen.has(journal) && !kept.has(journal))
      kept.set(journal, 'it put back hosts that a journal which stays has taken out')
  }
  return { removable, kept: [...kept].map(([{ run }, why]) => ({ run, why })) }
}

function reasonsToKeep(journals: readonly RunJournal[], { stopped, neededFor }: PruneRules) {
  const out = new Set(findLeftHosts(journals).map(({ run }) => run))
  const isWhole = journals.every(({ fault }) => fault === undefined || fault.kind === 'cut off')
  const newest = Math.max(0, ...journals.map(orderOf))
  const last = journals.at(-1)
  const finished = findFinishedRuns(journals)
  return (journal: RunJournal): string | undefined => {
    const { run, entries, fault } = journal
    if (fault !== undefined) return `its journal ${fault.what}`
    if (out.has(run)) return 'it has hosts out of rotation'
    if (journal === last || orderOf(journal) >= newest) return 'it is the newest one'
    if (orderOf(journal) === 0) return 'its journal does not say which run it is'
    if (!isWhole && entries.some(({ type }) => type === 'closed'))
      return 'it put hosts back, and another journal that cannot be read may have taken them out'
    return (
      neededFor(journal) ??
      (stopped || finished.has(run)
        ? undefined
        : 'it stopped, and could be resumed or recovered; see --stopped')
    )
  }
}

/** Returns the runs that changed nothing, came to their end, or were brought to their end by later ones. */
function findFinishedRuns(journals: readonly RunJournal[]): Set<string> {
  const brought = new Set<string>()
  const finished = new Set<string>()
  // Newest first: a later run may itself have been brought to its end by one that is later still.
  for (const journal of [...journals].sort((a, b) => orderOf(b) - orderOf(a))) {
    const { run, entries } = journal
    const passed = entries.some((entry) => entry.type === 'rollouts ended' && entry.passed)
    const parts = entries.filter((entry) => entry.type === 'run')
    for (const [index, part] of parts.entries()) {
      if (!(passed && part.leftOut === undefined) && !brought.has(`${run} ${index}`)) continue
      brought.add(`${run} ${index}`)
      const before = journals.find((each) => each.run === part.resumes)
      const resumed = before?.entries
        .filter(({ type }) => type === 'run')
        .findIndex((each) => isOf(each, part))
      if (before !== undefined && resumed !== undefined && resumed >= 0)
        brought.add(`${before.run} ${resumed}`)
      const recovered = findPartOfRecovery(part.feature)
      if (recovered !== undefined) brought.add(`${recovered.run} ${recovered.part}`)
    }
    const isThrough = parts.every((_, index) => brought.has(`${run} ${index}`))
    if (passed || isThrough || !mayHaveChanged(entries)) finished.add(run)
  }
  return finished
}

function isOf(entry: Entries[number], part: { feature: string }): boolean {
  return entry.type === 'run' && entry.feature === part.feature
}

/**
 * Returns whether a run may have changed hosts. A run that clears up after others is of no feature that could be gone
 * on with.
 */
function mayHaveChanged(entries: Entries): boolean {
  const isOfFeature = entries.some((entry) => entry.type === 'run' && entry.hash !== '')
  return isOfFeature && entries.some((entry) => entry.type === 'asked' && entry.mutating)
}

/** Returns the time of the last entry in milliseconds since 1970; NaN where it is unknown. */
function lastAt(entries: Entries): number {
  return entries.reduce((last, { at }) => Math.max(last, Date.parse(at)), 0)
}

/**
 * Sorts journals oldest first, and leaves out one that closed what a remaining journal has opened before. Without it,
 * hosts that were put back would seem to be out.
 */
function inSafeOrder(candidates: readonly RunJournal[], all: readonly RunJournal[]): RunJournal[] {
  const openers = new Map<string, Set<RunJournal>>()
  for (const journal of all)
    for (const key of keysOf(journal.entries, 'opened'))
      openers.set(key, (openers.get(key) ?? new Set()).add(journal))
  const isNeeded = (journal: RunJournal) =>
    keysOf(journal.entries, 'closed').some((key) =>
      [...(openers.get(key) ?? [])].some(
        (opener) => opener !== journal && orderOf(opener) <= orderOf(journal),
      ),
    )
  const order: RunJournal[] = []
  let left = [...candidates].sort((a, b) => orderOf(a) - orderOf(b))
  for (let before = -1; before !== left.length;) {
    before = left.length
    left = left.filter((journal) => {
      if (isNeeded(journal)) return true
      for (const key of keysOf(journal.entries, 'opened')) openers.get(key)?.delete(journal)
      order.push(journal)
      return false
    })
  }
  return order
}

function keysOf(entries: Entries, type: 'opened' | 'closed'): string[] {
  return entries.flatMap((entry) =>
    entry.type === type && 'obligation' in entry
      ? entry.hosts.map((host) => `${entry.obligation} ${host}`)
      : [],
  )
}
