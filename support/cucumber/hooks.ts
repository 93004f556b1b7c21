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
import { hosts as counted, passes } from '../rollout/verdict'
import { systemClock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { Composition } from './composition'
import { surroundings, type RunParameters } from './environments'
import { onInterrupt } from './interrupt'
import { heldTable, hostTable } from './screen/host_table'
import type { Outcome } from './courses'
import { run } from './run'
import type { LockstepWorld } from './world'

const OUTCOMES: Readonly<Partial<Record<string, Outcome>>> = {
  [Status.PASSED]: 'passed',
  [Status.SKIPPED]: 'skipped',
}

let composition: Composition | undefined
let stopListening = () => {}

// Steps have deadlines of their own; cucumber's would leave the work going on behind its back.
setDefaultTimeout(-1)

BeforeAll(async function (this: { parameters: RunParameters }) {
  if (run.refused !== undefined) return
  try {
    run.tickets = await ticketsFor(this.parameters)
    // What is planned or read again before the first step has to end with this run.
    stopListening = onInterrupt(run)
    composition = await Composition.compose(run, this.parameters, surroundings(), process.cwd())
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  }
})

Before(async function (this: LockstepWorld, { pickle }) {
  if (composition === undefined || run.stopping.signal.aborted || run.refused !== undefined) return 'skipped'
  const unit = unitOf(pickle)
  try {
    run.courses.begin({ uri: pickle.uri, unit }, systemClock)
    run.filling?.of.fill(pickle)
    this.begin(await composition.rolloutOf(pickle.uri))
    await this.rollout.beginScenario(unit, pickle.name)
    return undefined
  } catch (error) {
    throw noted(error)
  }
})

BeforeStep(function (this: LockstepWorld, { pickle, pickleStep }) {
  composition?.beginStep(pickleStep.text, this.rollout)
  const line = run.lineOf(pickleStep.astNodeIds)
  run.begin({ uri: pickle.uri, unit: unitOf(pickle), line, text: pickleStep.text })
  this.rollout.step = pickleStep.text
  this.rollout.line = run.current.line
})

AfterStep(function (this: LockstepWorld, { result, error }) {
  if (error !== undefined) noted(error)
  // Without a result the line was never begun: a hook before it failed.
  const status =
    run.hookFaults.length > 0
      ? Status.FAILED
      : ((result as typeof result | undefined)?.status ?? Status.FAILED)
  if (status !== Status.PASSED && status !== Status.SKIPPED) {
    this.rollout.stopAt(new LockstepError('diverged', 'not attempted: an earlier step failed'))
    const held = run.held()
    const fileName = `Still out of rotation: ${counted(new Set(held.map(({ host }) => host)).size)}`
    if (held.length > 0) this.attach(run.scrub(heldTable(held)), { mediaType: 'text/plain', fileName })
  }
  const verdict = run.currentVerdict
  if (status === Status.FAILED && (verdict === undefined || passes(verdict)) && !decides(error))
    run.fault(run.hookFaults.at(-1) ?? (error instanceof Error ? error.message : String(error)))
  if (verdict !== undefined) {
    const { observations } = verdict
    const fileName = `${observations.filter(({ held }) => held).length} of ${counted(observations.length)}`
    this.attach(run.scrub(hostTable(verdict)), { mediaType: 'text/plain', fileName })
  }
})

After(async function (this: LockstepWorld, { result }) {
  if (result?.status === Status.FAILED) run.fail()
  if (!this.hasBegun) return
  await this.rollout.endScenario(result?.status === Status.PASSED)
  await this.rollout.afterFailure.settle()
  run.courses.end(OUTCOMES[result?.status ?? Status.FAILED] ?? 'failed', systemClock)
})

AfterAll(async function () {
  try {
    await composition?.end()
    if (run.mode === 'rehearse' && run.truth.length > 0) await rehearse()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    run.refuse(error)
  } finally {
    stopListening()
  }
})

/** Lets a mistake or an unreachable broker decide the exit status; a host's fault is the verdict's business. */
function noted(error: unknown): unknown {
  if (decides(error)) run.refuse(error)
  return error
}

/** A rehearsal of a fault is one itself, and begins no others. */
async function rehearse(): Promise<void> {
  const { REHEARSED_FAULT } = require('./rehearsal/fleet') as typeof import('./rehearsal/fleet')
  if (process.env[REHEARSED_FAULT] !== undefined) return
  const { rehearseFaults } = require('./rehearsal/rehearsal') as typeof import('./rehearsal/rehearsal')
  await rehearseFaults(run, run.exitCode)
}

/** Asked only where hosts are changed that are not this process's own. */
async function ticketsFor({ mode, intent }: RunParameters): Promise<readonly string[]> {
  if (mode !== 'live' || intent !== undefined) return []
  const { ticketsOf } = require('./record/tickets') as typeof import('./record/tickets')
  return ticketsOf(run.plan, process.env['LOCKSTEP_TICKET'])
}

function decides(error: unknown): error is LockstepError {
  return error instanceof LockstepError && error.code !== 'diverged'
}

function unitOf({ astNodeIds }: { astNodeIds: readonly string[] }): string {
  return String(run.lineOf(astNodeIds.slice(-1)))
}
