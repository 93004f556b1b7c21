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
import { kindOf, speaks } from '../sentences/catalogue'
import { describe, hosts as counted, mayGoOn } from '../rollout/model/verdict'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import type { Rollout } from '../rollout/rollout'
import { describeOmission, type Omission } from '../run/account'
import { Composition } from '../composition/composition'
import type { RunParameters } from '../run/parameters'
import { onInterrupt } from '../composition/interrupt'
import { outTable, hostTable } from '../reporting/host_table'
import type { Outcome } from '../run/scenario_runs'
import { beginnerHere } from './begin_here'
import { session } from './session'
import type { FailedCall } from '../composition/rollout_calls'
import type { LockstepWorld } from './world'

const OUTCOMES: Readonly<Partial<Record<string, Outcome>>> = {
  [Status.PASSED]: 'passed',
  [Status.SKIPPED]: 'skipped',
}

const EARLIER_FAILED = 'not attempted: an earlier step failed'

// Steps have deadlines of their own; cucumber's would leave the work going on behind its back.
setDefaultTimeout(-1)

BeforeAll(function (this: { parameters: RunParameters }) {
  session().parameters = this.parameters
})

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
  const left = await this.rolloutCalls.settle()
  const swallowed = this.rolloutCalls.takeFailure()
  if (error !== undefined) noted(error)
  if (this.hasReachedRollout) session().reach()
  // Without a result the line was never begun: a hook before it failed.
  const status =
    run.state.hookFaults.length > 0
      ? Status.FAILED
      : ((result as typeof result | undefined)?.status ?? Status.FAILED)
  if (status !== Status.PASSED && status !== Status.SKIPPED) stop(this, EARLIER_FAILED)
  const verdict = run.state.currentVerdict
  if (status === Status.FAILED && (verdict === undefined || mayGoOn(verdict)) && !decides(error))
    run.fault(run.state.hookFaults.at(-1) ?? (error instanceof Error ? error.message : String(error)))
  if (verdict !== undefined) {
    const { observations } = verdict
    const fileName = `${observations.filter(({ passed }) => passed).length} of ${counted(observations.length)}`
    this.attach(run.redact(hostTable(verdict)), { mediaType: 'text/plain', fileName })
  }
  if (status !== Status.PASSED) return
  // The answers of hosts decide, whether or not the step has listened.
  if (verdict !== undefined && !mayGoOn(verdict)) throw new LockstepError('diverged', describe(verdict))
  if (!this.hasReachedRollout && speaks(run.state.expressionOf(run.state.current))) throw failUnsaid(this)
  if (left !== undefined) throw failUnawaited(this, left)
  if (swallowed !== undefined) throw failSwallowed(this, swallowed)
})

After(async function (this: LockstepWorld, { pickle, result }) {
  const { run } = session()
  if (result?.status === Status.FAILED) run.fail()
  const left = await this.rolloutCalls.settle()
  this.rolloutCalls.close(refuseLate)
  const swallowed = this.rolloutCalls.takeFailure()
  const unawaited = run.hasStopped ? undefined : failNow(this, left, swallowed)
  const { composition } = session()
  const begun = this.hasBegun ? this.unwatchedRollout : undefined
  const omission = omissionIn(begun, pickle)
  // An earlier failure is reported instead of the omission.
  const untold = run.hasStopped ? undefined : omission
  if (untold !== undefined) run.omit(untold)
  if (begun !== undefined) {
    if (untold !== undefined) stop(this, describeOmission(untold))
    const isWhole = omission === undefined && left === undefined && swallowed === undefined
    const isTold = untold === undefined && unawaited === undefined
    let outcome: Outcome = 'failed'
    try {
      await begun.endScenario(isWhole && result?.status === Status.PASSED)
      await begun.afterFailure.settle()
      await composition?.endScenario(pickle.uri, begun)
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

/**
 * Fails the run for a line that ended before a call that it began. Such a line says nothing of the hosts. The call
 * itself has ended by now.
 */
function failUnawaited(world: LockstepWorld, call: string): LockstepError {
  const { run } = session()
  const why = `a step or a hook ended before ${call}(…) did, which it has begun: write await in front of it`
  run.fault(why)
  run.fail()
  stop(world, why)
  return new LockstepError('diverged', why)
}

function failNow(
  world: LockstepWorld,
  left: string | undefined,
  swallowed: FailedCall | undefined,
): LockstepError | undefined {
  if (left !== undefined) return failUnawaited(world, left)
  return swallowed === undefined ? undefined : failSwallowed(world, swallowed)
}

/**
 * Fails the run for an error that the team's code has caught. The verb has not done its work; a line that goes on over
 * the error would pass all the same.
 */
function failSwallowed(world: LockstepWorld, { name, error }: FailedCall): LockstepError {
  const { run } = session()
  const said = error instanceof Error ? error.message : String(error)
  const why = `${name}(…) failed, and a step or a hook has caught that and gone on: ${said}. Leave out the try and catch around it`
  const failure = new LockstepError(error instanceof LockstepError ? error.code : 'diverged', why)
  run.refuse(failure)
  stop(world, why)
  return failure
}

/**
 * Fails the run for a selection, a gate or a limit that never reached the rollout. What follows would be for other
 * hosts, or go further, than is written.
 */
function failUnsaid(world: LockstepWorld): LockstepError {
  const { run } = session()
  const why =
    'the line passed, and has said nothing to the rollout: look for a setDefinitionFunctionWrapper of your own'
  run.fault(why)
  run.fail()
  stop(world, why)
  return new LockstepError('diverged', why)
}

/**
 * Refuses a call made after its scenario has ended, and sends nothing of it. The run has not passed, since a step of
 * the scenario wanted the call.
 */
function refuseLate(call: string): LockstepError {
  const { run } = session()
  const why = `${call}(…) was called after its scenario had ended, and was not carried out: look for a call without await, a timer, or an AfterAll of your own`
  const error = new LockstepError('diverged', why)
  run.refuse(error)
  if (session().isOver) process.stderr.write(`\nFAILED  ${why}\n`)
  return error
}

/**
 * Returns the first line of a scenario that does not count as carried out. A wave that found no host to take is no
 * omission. A verdict that stopped the rollout is an omission where nothing else tells of it.
 */
function omissionIn(rollout: Rollout | undefined, { id }: { id: string }): Omission | undefined {
  const omission = session().account.omissionIn(id)
  if (rollout === undefined) return omission
  if (kindOf(omission?.expression) === 'takes wave' && rollout.waves.tookNobody) {
    session().account.excuse(id)
    return undefined
  }
  return hiddenFailure(rollout) ?? omission
}

/**
 * Returns the failing line of a rollout that was halted; undefined where it was not. Code between Lockstep's steps and
 * cucumber may swallow what steps throw.
 */
function hiddenFailure({ halted }: Rollout): Omission | undefined {
  const { run } = session()
  if (halted === undefined) return undefined
  const failing = run.state.verdicts.find(({ verdict }) => !mayGoOn(verdict)) ?? run.state.current
  const { uri, scenarioId, line, text } = failing
  return { uri, scenarioId, line, text, fate: 'failed, and that is hidden', expression: undefined }
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

function outcomeOf(status: string | undefined): Outcome {
  return OUTCOMES[status ?? Status.FAILED] ?? 'failed'
}

/** Lets a mistake or an unreachable broker decide the exit status; a host's fault is left to the verdict. */
function noted(error: unknown): unknown {
  const { run } = session()
  if (decides(error)) run.refuse(error)
  return error
}

function decides(error: unknown): error is LockstepError {
  return error instanceof LockstepError && error.code !== 'diverged'
}
