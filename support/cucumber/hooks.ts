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
import { Composition } from '../composition/composition'
import { onInterrupt } from '../composition/interrupt'
import { hostTable, outTable } from '../reporting/host_table'
import { hosts as counted, type Verdict } from '../rollout/model/verdict'
import type { Rollout } from '../rollout/rollout'
import { describeOmission, type Omission } from '../run/account'
import { decidesRun, judgeCalls, judgeLine } from '../run/line_judgement'
import type { RunParameters } from '../run/parameters'
import { isExcused, judgeScenario } from '../run/scenario_judgement'
import { outcomeOf, type Outcome } from '../run/scenario_runs'
import { lateCall, type TeamFault } from '../run/team_faults'
import { speaks } from '../sentences/catalogue'
import { systemClock } from '../system/clock'
import { EXIT, LockstepError } from '../system/errors'
import { beginnerHere } from './begin_here'
import { session } from '../composition/session'
import type { LockstepWorld } from './world'

const EARLIER_FAILED = 'not attempted: an earlier step failed'

// Steps have deadlines of their own; cucumber's would leave the work going on behind its back.
setDefaultTimeout(-1)

BeforeAll(function (this: { parameters: RunParameters }) {
  expectPlugin()
  session().parameters = this.parameters
})

/** Ends a process in which Lockstep's plugin takes no part: nobody would hold the run against its features. */
function expectPlugin(): void {
  if (session().hasPlugin) return
  // A worker of a parallel run, which cucumber itself begins, is refused where it was begun.
  const isWorker = session().surroundings.env['CUCUMBER_WORKER_ID'] !== undefined
  if (!isWorker) process.stderr.write(NO_PLUGIN)
  process.exit(EXIT.invalid)
}

const NO_PLUGIN =
  "Lockstep's own plugin takes no part in this run, so nothing would be judged: --plugin, or `plugin` of a profile, replaces it; leave that out, or name both; no host was touched\n"

Before(async function (this: LockstepWorld, { pickle }) {
  const { run } = session()
  await (session().composing ??= compose())
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
    throw noted(error)
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
  if (error !== undefined) noted(error)
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

/**
 * Puts the run together before its first step. All features were read by then; nothing was sent for one that cannot be
 * run. Cucumber 12 reads features before BeforeAll, cucumber 13 after it.
 */
async function compose(): Promise<void> {
  const own = session()
  const { run, surroundings } = own
  if (run.state.refused !== undefined) return
  try {
    // A run begun before the first step, to plan or read again, has to end with this one.
    if (own.isOwnProcess) own.stopListening = onInterrupt(run)
    const cwd = process.cwd()
    const beginAgain = beginnerHere(cwd)
    const all = beginAgain === undefined ? surroundings : { ...surroundings, beginAgain }
    own.composition = await Composition.compose(run, own.parameters, all, cwd)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
}

/** Stops the rollout, so that nothing more is done, and attaches the hosts that are out of rotation to reports. */
function stop(world: LockstepWorld, why: string): void {
  const { run } = session()
  world.unwatchedRollout.stopAt(new LockstepError('diverged', why))
  const out = run.state.outOfRotation
  const fileName = `Still out of rotation: ${counted(new Set(out.map(({ host }) => host)).size)}`
  if (out.length > 0) world.attach(run.redact(outTable(out)), { mediaType: 'text/plain', fileName })
}

function attachVerdict(world: LockstepWorld, verdict: Verdict): void {
  const { run } = session()
  const { observations } = verdict
  const fileName = `${observations.filter(({ passed }) => passed).length} of ${counted(observations.length)}`
  world.attach(run.redact(hostTable(verdict)), { mediaType: 'text/plain', fileName })
}

/** Fails the run for what the team's code has done wrong, and returns the error to throw. */
function failFor(world: LockstepWorld, { error, decides }: TeamFault): LockstepError {
  const { run } = session()
  if (decides) run.refuse(error)
  else {
    run.fault(error.message)
    run.fail()
  }
  stop(world, error.message)
  return error
}

/**
 * Refuses a call made after its scenario has ended, and sends nothing of it. The run has not passed, since a step of
 * the scenario wanted the call.
 */
function refuseLate(call: string): LockstepError {
  const { run } = session()
  const error = lateCall(call)
  run.refuse(error)
  if (session().isOver) process.stderr.write(`\nFAILED  ${error.message}\n`)
  return error
}

/** Returns the first line of a scenario that does not count as carried out; undefined where each does, or may end so. */
function omissionIn(rollout: Rollout | undefined, { id }: { id: string }): Omission | undefined {
  const { run } = session()
  const omission = session().account.omissionIn(id)
  if (isExcused(omission, rollout)) session().account.excuse(id)
  return judgeScenario(omission, rollout, run.state)
}

/**
 * Fails the run for a line that was not carried out. It also finds a line that was skipped before Lockstep could see
 * it.
 */
function expectWhole(): void {
  const { run } = session()
  const { omission } = session().account
  if (omission !== undefined && !run.hasStopped) run.omit(omission)
}

/** Lets a mistake or an unreachable broker decide the exit status; a host's fault is left to the verdict. */
function noted(error: unknown): unknown {
  const { run } = session()
  if (decidesRun(error)) run.refuse(error)
  return error
}
