import {
  After,
  AfterAll,
  AfterStep,
  Before,
  BeforeAll,
  BeforeStep,
  setDefaultTimeout,
  Status,
} from '@cucumber/cucumber'
import { attachOut, attachVerdict } from '../composition/attachments'
import { composeSession } from '../composition/compose_session'
import {
  expectPlugin,
  expectWhole,
  failRunFor,
  noteError,
  omissionIn,
  refuseBeginning,
  refuseLate,
} from '../composition/run_guards'
import { session } from '../composition/session'
import { describeOmission } from '../run/account'
import { judgeCalls, judgeLine } from '../run/line_judgement'
import type { RunParameters } from '../run/parameters'
import { outcomeOf, type Outcome } from '../run/scenario_runs'
import type { TeamFault } from '../run/team_faults'
import { speaks } from '../sentences/catalogue'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { beginnerHere } from './begin_here'
import type { LockstepWorld } from './world'

const EARLIER_FAILED = 'not attempted: an earlier step failed'

// Steps have deadlines of their own; cucumber's would leave the work going on behind its back.
setDefaultTimeout(-1)

BeforeAll(function (this: { parameters: RunParameters }) {
  expectPlugin()
  session().parameters = this.parameters
})

Before(async function (this: LockstepWorld, { pickle }) {
  const { run } = session()
  try {
    await (session().composing ??= composeSession(beginnerHere))
  } catch (error) {
    throw refuseBeginning(error)
  }
  const { composition } = session()
  if (composition === undefined || run.stopping.signal.aborted || run.state.refused !== undefined)
    return 'skipped'
  const scenario = session().scenarioOf(pickle)
  try {
    session().scenarioBegan = systemClock.elapsed()
    run.beginScenario(scenario)
    run.features.substitution?.of.fill(pickle)
    this.begin(await composition.rolloutOf(pickle.uri))
    await this.unwatchedRollout.beginScenario(scenario.scenarioId, pickle.name)
    return undefined
  } catch (error) {
    throw refuseBeginning(error)
  }
})

BeforeStep(function (this: LockstepWorld, { pickle, pickleStep }) {
  const { run } = session()
  session().composition?.beginStep(pickleStep.text, this.unwatchedRollout)
  const line = session().lineOf(pickleStep.astNodeIds)
  run.beginLine({ ...session().scenarioOf(pickle), line, text: pickleStep.text })
  this.unwatchedRollout.step = pickleStep.text
  this.unwatchedRollout.line = line
  this.hasReachedRollout = false
})

AfterStep(async function (this: LockstepWorld, { result, error }) {
  const { run } = session()
  const calls = { left: await this.rolloutCalls.settle(), swallowed: this.rolloutCalls.takeFailure() }
  if (error !== undefined) noteError(error)
  if (this.hasReachedRollout) session().reach()
  const { state } = run
  const verdict = state.currentVerdict
  const judged = judgeLine({
    // Without a result the line was never begun: a hook before it failed.
    status: (result as typeof result | undefined)?.status,
    error,
    hookFaults: state.hookFaults,
    verdict,
    speaks: speaks(state.expressionOf(state.current)),
    hasReached: this.hasReachedRollout,
    calls,
  })
  if (judged.stops) stop(this, EARLIER_FAILED)
  if (judged.fault !== undefined) run.fault(judged.fault)
  if (verdict !== undefined) attachVerdict(this, verdict)
  if (judged.failedVerdict !== undefined) throw judged.failedVerdict
  if (judged.teamFault !== undefined) throw failFor(this, judged.teamFault)
})

After(async function (this: LockstepWorld, { pickle, result }) {
  const { run } = session()
  if (result?.status === Status.FAILED) run.fail()
  const left = await this.rolloutCalls.settle()
  this.rolloutCalls.close(refuseLate)
  const calls = { left, swallowed: this.rolloutCalls.takeFailure() }
  const teamFault = judgeCalls(calls)
  const unawaited = run.hasStopped || teamFault === undefined ? undefined : failFor(this, teamFault)
  const begun = this.hasBegun ? this.unwatchedRollout : undefined
  const omission = omissionIn(begun, pickle)
  // An earlier failure is reported instead of the omission.
  const untold = run.hasStopped ? undefined : omission
  if (untold !== undefined) run.omit(untold)
  if (begun !== undefined) {
    if (untold !== undefined) stop(this, describeOmission(untold))
    const isWhole = omission === undefined && teamFault === undefined
    const isTold = untold === undefined && unawaited === undefined
    let outcome: Outcome = 'failed'
    try {
      await begun.endScenario(isWhole && result?.status === Status.PASSED)
      await begun.afterFailure.settle()
      await session().composition?.endScenario(pickle.uri, begun)
      if (isTold) outcome = outcomeOf(result?.status)
    } finally {
      run.endScenario(outcome, systemClock.elapsed() - session().scenarioBegan)
    }
  }
  // Cucumber would call the scenario skipped or passed, and go on with the next one.
  if (untold !== undefined) throw new LockstepError('diverged', describeOmission(untold))
  if (unawaited !== undefined) throw unawaited
})

AfterAll(async function () {
  const { run } = session()
  try {
    expectWhole()
    await session().composition?.end()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  } finally {
    session().stopListening()
    session().isOver = true
  }
})

/** Stops the rollout, so that nothing more is done, and attaches the hosts that are out of rotation to reports. */
function stop(world: LockstepWorld, why: string): void {
  world.unwatchedRollout.stopAt(new LockstepError('diverged', why))
  attachOut(world)
}

/** Fails the run for what the team's code has done wrong, and returns the error to throw. */
function failFor(world: LockstepWorld, fault: TeamFault): LockstepError {
  failRunFor(fault)
  stop(world, fault.error.message)
  return fault.error
}
