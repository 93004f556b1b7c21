import type { JournalEntry } from '../rollout/model/journal_entry'
import { recordOf, type GateRecord } from '../rollout/model/gate'
import { appliedVersionsIn } from '../rollout/model/managed_set'
import { progressOf } from '../rollout/model/progress'
import { changesIn, type Change } from './changes'
import { modulesIn, type FoundModules } from './modules'
import { isSafeMode } from '../run/modes'
import type { Drift } from '../run/run_parts'

/** The outcome of one run, with all that is needed of it afterwards. */
export interface HistoryEntry {
  run: string
  environment: string
  release: string
  mode: 'live' | 'noop'
  feature: string
  sha256: string
  by: string
  tickets: readonly string[]
  /** The values of the feature's variables; no secret is among them. */
  parameters: Readonly<Record<string, string>>
  began: string
  ended: string
  outcome: RunOutcome
  /**
   * The scenarios of its feature that it was told not to run. Where there are any, the run says nothing about the
   * whole.
   */
  leftOut?: readonly string[]
  hosts: readonly string[]
  /** The hosts of the roll call that the run was limited not to touch: it says nothing about them. */
  outside?: readonly string[]
  /** The gates at which it waited for a person, and who answered; absent where it waited at none. */
  gates?: readonly GateRecord[]
  /** The versions of puppet's catalogs of which its journal tells what they manage; absent where there are none. */
  managed?: readonly string[]
  /** The modules that it found in the puppet code of applications, as it found them last; absent where it looked at none. */
  modules?: readonly FoundModules[]
  /** The hosts that failed within the failure budget. */
  out: readonly string[]
  /** The hosts that it has not brought to its end, those among them that failed within the budget. */
  notDone: readonly string[]
  /** The hosts that it told, after a failure, to go back to the version they had: none of them is done. */
  restored: readonly string[]
  changes: readonly Change[]
  /** The changes to hosts that another run had brought to this release already. */
  drift: readonly Drift[]
}

/**
 * The outcome of a run. `refused`: a lock, a gate or a mistake kept it from changing anything. `interrupted`: a person
 * stopped it. `cut off`: it was killed.
 */
export type RunOutcome = (typeof RUN_OUTCOMES)[number]
export const RUN_OUTCOMES = [
  'passed',
  'passed with failures',
  'refused',
  'failed',
  'interrupted',
  'cut off',
] as const

export type Entry = JournalEntry & { at: string }

export const UNRELEASED = 'unreleased'

/** The reason in the journal of a process that was ended in mid-run and could still write it. */
export const CUT_OFF = 'cut-off'

/** The reasons of runs that ended without saying anything about their hosts. */
const REFUSALS = new Set(['locked', 'lock-failed', 'gate-closed', 'bad-feature', 'bad-config', 'bad-input'])

/** Makes the record of a run from its journal. Undefined for a run that knew no hosts. */
export function historyEntryOf(
  run: string,
  entries: readonly Entry[],
): Omit<HistoryEntry, 'drift'> | undefined {
  const began = entries.find((entry) => entry.type === 'run')
  const rollCall = entries.findLast((entry) => entry.type === 'roll call')
  if (began === undefined || rollCall === undefined) return undefined
  const isLive = !isSafeMode(began.mode) || entries.some(({ type }) => type === 'activated')
  const known = new Set(rollCall.hosts)
  const out = entries.flatMap((entry) => (entry.type === 'out' ? entry.hosts : []))
  const outcome = outcomeOf(entries, out.length > 0)
  const progress = progressOf(entries)
  const gates = gatesIn(entries)
  const managed = appliedVersionsIn(entries)
  const modules = modulesIn(entries)
  return {
    run,
    environment: began.environment,
    release: entries.findLast((entry) => entry.type === 'release')?.release ?? began.release ?? UNRELEASED,
    mode: isLive ? 'live' : 'noop',
    feature: began.feature,
    sha256: began.hash,
    by: began.by ?? 'not known',
    tickets: began.tickets ?? [],
    parameters: began.parameters ?? {},
    began: began.at,
    ended: entries.at(-1)?.at ?? began.at,
    outcome,
    ...(began.leftOut === undefined ? {} : { leftOut: began.leftOut }),
    hosts: rollCall.hosts,
    ...(rollCall.outside === undefined ? {} : { outside: rollCall.outside }),
    ...(gates.length === 0 ? {} : { gates }),
    ...(managed.length === 0 ? {} : { managed }),
    ...(modules.length === 0 ? {} : { modules }),
    out: [...new Set(out)].filter((host) => known.has(host)),
    notDone: progress.notDone(outcome === 'passed' || outcome === 'passed with failures'),
    restored: [...progress.restored],
    changes: changesIn(entries),
  }
}

/** Returns the gates that are over. One of a run that was killed while it waited is not. */
function gatesIn(entries: readonly Entry[]): GateRecord[] {
  const questions = new Map<string, string>()
  return entries.flatMap((entry) => {
    if (entry.type === 'gate waits') questions.set(entry.gate, entry.question)
    const question = entry.type === 'gate ended' ? questions.get(entry.gate) : undefined
    if (entry.type !== 'gate ended' || question === undefined) return []
    // The first end counts, as on the page of the run.
    questions.delete(entry.gate)
    return [recordOf(question, entry)]
  })
}

export function states(before: string | null, after: string | null): string {
  return before === null && after === null ? '' : `: ${before ?? 'not known'} → ${after ?? 'not known'}`
}

function outcomeOf(entries: readonly Entry[], hasLost: boolean): RunOutcome {
  const end = entries.findLast((entry) => entry.type === 'rollouts ended')
  if (end === undefined || end.reason === CUT_OFF) return 'cut off'
  if (end.passed) return 'passed'
  if (end.withinBudget === true) return hasLost ? 'passed with failures' : 'passed'
  const hasTold = entries.some((entry) => entry.type === 'asked' && entry.mutating)
  if (REFUSALS.has(end.reason) && !hasTold) return 'refused'
  return end.reason === 'interrupted' ? 'interrupted' : 'failed'
}
