import { userInfo } from 'node:os'
import { CUT_OFF } from '../history/history_record'
import type { PlannedFor } from '../planning/planner'
import type { JournalEntry } from '../rollout/model/journal_entry'
import type { Rollout } from '../rollout/rollout'
import { changesFleet, MODES } from '../run/modes'
import type { Run } from '../run/run'
import { systemClock } from '../system/clock'
import { asSentence, EXIT, LockstepError } from '../system/errors'
import { expectHarmless, hearOut } from './hear_out'
import { lazy } from './lazy'
import { historyPlaces } from './history_places'
import { beginnerOf, modeOfRollout, type ComposedRun } from './run_context'
import { finishRollout, noteLeftOut, noteWhoWasTaken, recordRun } from './run_end'
import { writeRecovery } from './write_recovery'

/**
 * Ends a run: it looks once more at every rollout, writes the end into the journal, and lets all go. `plannedFor` says
 * what a plan of this run is for.
 */
export async function endRun(whole: ComposedRun, plannedFor: () => PlannedFor): Promise<void> {
  const { run, rollouts, parts } = whole
  const { folders } = parts.context
  // The run is live when one of its features was activated, whichever came last.
  if ([...rollouts.values()].some((rollout) => changesFleet(modeOfRollout(whole, rollout))))
    run.changeMode('live')
  try {
    const isReachable = expectBroker(whole)
    for (const [feature, rollout] of rollouts) await endRollout(whole, { feature, isReachable }, rollout)
    // All looks are over: what is not done, and out of rotation, is the same from here on.
    if (run.exitCode !== EXIT.passed) recover(whole)
    if (MODES[run.mode].purpose === 'plan' && rollouts.size > 0 && run.state.refused === undefined)
      lazy.planner.savePlan(run, plannedFor(), folders.reports, userInfo().username, systemClock.now())
    if (parts.isCheckedAgain) await checkAgain(whole)
  } catch (error) {
    run.refuse(asSentence('the run could not be ended', error))
    throw error
  } finally {
    await letGo(run, [
      async () => writeEnd(whole),
      async () => tellTruth(whole),
      ...whole.locked.map((locks) => () => locks.release()),
      () => parts.fleet.close(),
      async () => parts.embedded?.stop(),
      () => shipRun(whole),
      () => parts.file.close(),
    ])
  }
  if (changesFleet(run.mode) && run.exitCode === 0) await discardLocks(whole)
  if (MODES[run.mode].purpose === 'rehearsal' && run.state.truth.length > 0) await rehearse(whole)
}

/** Writes down at once what is known when the process ends in mid-run, since nothing can be waited for. */
export function cutOffRun(whole: ComposedRun): void {
  const { run, parts } = whole
  recover(whole)
  if (!isOfFeatures(run)) return
  run.stream.appendNow({ type: 'rollouts ended', passed: false, reason: CUT_OFF })
  run.stream.settleNow()
  if (MODES[run.mode].rollsOut) recordRun(run, parts.file.path, parts.context.folders.history)
}

/** Refuses the run when its broker is lost, and returns whether hosts can still be reached. */
function expectBroker({ run, parts: { fleet } }: ComposedRun): boolean {
  const lost = fleet.lost()
  if (lost === undefined) return true
  run.refuse(new LockstepError('broker-lost', `${lost.message}; it did not come back`, { cause: lost }))
  return false
}

async function endRollout(
  whole: ComposedRun,
  { feature, isReachable }: { feature: string; isReachable: boolean },
  rollout: Rollout,
): Promise<void> {
  const { run, parts } = whole
  parts.journals.goOn(feature)
  if (parts.embedded === undefined) {
    noteWhoWasTaken(run, rollout)
    noteLeftOut(run, feature)
  }
  if (rollout.hosts.known !== undefined) await hearOut(whole, rollout, isReachable)
  if (isReachable && !run.stopping.signal.aborted) await lookOnceMore(run, feature, rollout)
  for (const message of rollout.takeUnsolicited()) expectHarmless(run, message, 'after the last step')
}

/**
 * Looks at hosts once more at the end of a rollout. A failed look refuses the run; advice on how to go on, and the end,
 * are written all the same.
 */
async function lookOnceMore(run: Run, feature: string, rollout: Rollout): Promise<void> {
  try {
    if (rollout.halted === undefined) await finishRollout(run, feature, rollout)
    if (MODES[run.mode].rollsOut) await rollout.packages.seeWhatBecame()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
}

function recover({ run, rollouts, parts }: ComposedRun): void {
  const { reports } = parts.context.folders
  for (const [feature, rollout] of rollouts) writeRecovery(run, feature, rollout, reports)
}

/** Runs the features again where that was asked for: a run that passed has nothing more to change. */
async function checkAgain({ run, parts: { environment, embedded, context } }: ComposedRun): Promise<void> {
  if (run.exitCode === EXIT.passedWithFailures)
    run.note('idempotence was not checked: hosts that failed within the budget are not done')
  if (run.exitCode !== EXIT.passed) return
  const { expectNothingMore } = lazy.idempotence
  try {
    await expectNothingMore(run, environment, embedded !== undefined, beginnerOf(context))
    run.note('planned again right away, it would change nothing')
  } catch (error) {
    // The history gets what was done all the same.
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
}

async function writeEnd({ run, parts }: ComposedRun): Promise<void> {
  if (!isOfFeatures(run)) return
  await run.stream.append({
    type: 'rollouts ended',
    passed: run.exitCode === EXIT.passed,
    reason: run.state.refused?.code ?? '',
    ...(run.exitCode === EXIT.passedWithFailures ? { withinBudget: true } : {}),
  } satisfies JournalEntry)
  if (MODES[run.mode].rollsOut) recordRun(run, parts.file.path, parts.context.folders.history)
}

/**
 * Shares what the run did with other control hosts. All of it is in the files already, so that a database that is away
 * costs a few seconds, and is only noted.
 */
async function shipRun({ run, parts: { context } }: ComposedRun): Promise<void> {
  if (!isOfFeatures(run) || !MODES[run.mode].rollsOut) return
  const tell = (why: string) =>
    run.note(`not everything is shared with other control hosts yet: ${why}; the next command tries again`)
  try {
    const why = await lazy.openHistory.shipHistory(historyPlaces(context), SHIP_WITHIN_MS)
    if (why !== undefined) tell(why)
  } catch (error) {
    tell((error as Error).message)
  }
}

/** Milliseconds that a run that is over waits for the database. */
const SHIP_WITHIN_MS = 5_000

/** Returns whether a feature stands in the journal. A run of no feature puts hosts back, and says no end of rollouts. */
function isOfFeatures({ stream, features }: Run): boolean {
  return stream.isRecorded && features.scenarios.length > 0
}

/** Lets go of all that the run holds, one after the other. What cannot be let go of refuses the run, and stops none. */
async function letGo(run: Run, acts: readonly (() => Promise<void>)[]): Promise<void> {
  for (const act of acts)
    try {
      await act()
    } catch (error) {
      run.refuse(asSentence('the run could not be ended', error))
    }
}

function tellTruth({ run, rollouts, parts: { embedded } }: ComposedRun): void {
  if (embedded === undefined || MODES[run.mode].purpose !== 'rehearsal') return
  const truth = lazy.truth.truthOf(embedded, run.state, rollouts.values())
  run.stream.appendNow({ type: 'truth', truth })
}

/**
 * Discards the locks of the runs that this run went on from and that are over now. A run that had nothing to change has
 * taken no lock itself.
 */
async function discardLocks({ run, followed, parts: { context } }: ComposedRun): Promise<void> {
  if (followed.size === 0) return
  const { discardLocksOf } = lazy.leftLocks
  try {
    await discardLocksOf(followed, context.folders.state, historyPlaces(context))
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.note(error.message)
  }
}

/** Rehearses the faults of a rehearsal; the rehearsal of a fault is one itself, and begins no others. */
async function rehearse({ run, parts: { context } }: ComposedRun): Promise<void> {
  if (context.errand?.why === 'rehearsal') return
  await lazy.rehearsal.rehearseFaults(run, run.exitCode, {
    beginAgain: beginnerOf(context),
    isHere: context.beginAgain !== undefined,
  })
}
