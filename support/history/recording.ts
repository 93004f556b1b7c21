import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Earlier } from './drift'
import { originOf } from './origin'
import { managedBefore } from './managed_before'
import { knownHistory, NOTHING_SHARED, type KnownHistory } from './known_history'
import { partsOf } from './parts'
import { historyEntryOf, UNRELEASED, type HistoryEntry } from './history_record'
import { standingOf } from './standing'
import { HistoryStore } from './store'
import { readRunJournal, type RunJournal } from '../run/journals'
import type { Releases } from '../rollout/ports'
import { LockstepError } from '../system/errors'
import { formatLockstep, PLACES } from '../system/commands'

/** Returns what the history knows of releases, for a run of `feature` in `environment`. */
export function releasesInHistory({
  history,
  environment,
  feature,
  current,
  limit,
  decide: decides,
  open,
}: AskedBy): Releases {
  let known: KnownHistory = knownHistory(history, undefined, NOTHING_SHARED)
  const runs = (where: string, release: string) => {
    expectKnown(known.notKnown)
    const read = known.read(where, release)
    expectWhole(read.damaged)
    return read.runs
  }
  return {
    current,
    decides,
    async catchUp() {
      if (open !== undefined) known = await open()
    },
    passedIn(where, release) {
      const all = runs(where, release)
      // A feature that requires others of its own environment would wait for itself once it has stopped.
      const own = originOf({ feature }, all)
      const others = all.filter((run) => where !== environment || originOf(run, all) !== own)
      const standing = standingOf(others, 'live')
      if (!standing.passed) return { not: standing.why }
      const { last, hosts } = standing
      return { run: last.run, at: last.ended, hosts }
    },
    managedBy: (release) => managedBefore(known, environment, release),
    hasArrived: (release) =>
      release !== UNRELEASED && standingOf(runs(environment, release), 'noop', limit).passed,
  }
}

/**
 * Writes what a run did by its journal into a history.
 * @throws Error when it cannot be written, or not whole: what a damaged journal tells is in the history then, as that of a
 * run that was cut off
 */
export function writeHistory(journal: string, history: string): HistoryEntry[] {
  const { told, fault } = readTold(journal)
  const store = new HistoryStore(history)
  const records = told.map((record) => store.write(record, { feature: textOf(record), journal }))
  // A last line that was cut off was never acted on.
  if (fault !== undefined && fault.kind !== 'cut off')
    throw new Error(
      `the journal ${journal} ${fault.what}, and what was done after that is not in the history`,
    )
  return records
}

/** Reads what a journal tells of each feature. The journal itself is not kept: of many hosts it fills the memory. */
function readTold(journal: string): { told: Earlier[]; fault: RunJournal['fault'] } {
  const { run, entries, fault } = readRunJournal(journal)
  const told = partsOf(entries).flatMap(
    (part, index) => historyEntryOf(index === 0 ? run : `${run}-${index + 1}`, part) ?? [],
  )
  return { told, fault }
}

/**
 * Returns the text that was run. Undefined when the file has changed or is gone: what was changed is in the history all the
 * same.
 */
function textOf({ feature, sha256 }: Pick<HistoryEntry, 'feature' | 'sha256'>): Buffer | undefined {
  if (!existsSync(feature)) return undefined
  const text = readFileSync(feature)
  return createHash('sha256').update(text).digest('hex') === sha256 ? text : undefined
}

/**
 * Refuses to go on with a damaged record: it may say that a release has not passed.
 * @throws LockstepError `gate-closed`
 */
function expectWhole(damaged: readonly string[]): void {
  const [path] = damaged
  if (path === undefined) return
  throw new LockstepError(
    'gate-closed',
    `${path} is no history that can be read, so that nothing can be said of its release; ${howToMend(path)}`,
  )
}

/**
 * Refuses to go by a part of the history: another control host may have seen the release fail.
 * @throws LockstepError `gate-closed`
 */
function expectKnown(notKnown: string | undefined): void {
  if (notKnown !== undefined)
    throw new LockstepError('gate-closed', `nothing can be said of a release: ${notKnown}`)
}

/** Returns what to do about a record that cannot be read. */
export function howToMend(path: string): string {
  const run = path
    .replace(/^.*\//, '')
    .replace(/\.json$/, '')
    .replace(/(-[0-9a-f]{4})-\d+$/, '$1')
  return `write it again from its journal: ${formatLockstep(`history --write ${run}`, PLACES)}`
}

export interface AskedBy {
  /** The folder of the history. */
  history: string
  /** Opens the history with what other control hosts have shared; undefined where it is that of the folder alone. */
  open?: (() => Promise<KnownHistory>) | undefined
  environment: string
  feature: string
  /** The name that the run itself gives its release. */
  current: string | undefined
  /** The hosts that the run is limited to; undefined where it is for all of its roll call. */
  limit?: ReadonlySet<string> | undefined
  /** True when the history decides anything; false in a rehearsal. */
  decide: boolean
}
