import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { secretsOf } from '../config/environment'
import type { Checkpoint } from '../rollout/model/checkpoint'
import { nothingMayChange } from '../rollout/engine/host_gateway'
import type { Approval, Fleet, Locks, NeededAgent, Planning } from '../rollout/ports'
import type { Journal } from '../rollout/model/journal_entry'
import { Rollout } from '../rollout/rollout'
import { contractsWith } from '../rpc/contracts'
import { systemClock } from '../system/clock'
import { redactorOfOthers } from '../system/redaction'
import { balancersOf } from './balancers'
import { controlHostOf } from './control_host'
import { planningOf } from './modes'
import { historyPlaces } from './history_places'
import type { ComposedRun } from './run_context'
import { tellingBelief } from './telling_belief'
import { tellingWaves } from './waves_told'
import { writtenSteps } from './written_steps'
import { hostsOfPlan, linesOfPlan } from '../planning/plan'
import { asPlanned, onlyPlanned, readOnly } from '../planning/read_only'
import { releases } from '../history/releases'
import { MODES } from '../run/modes'
import type { Run } from '../run/run'
import { commitTests } from './commit_tests'
import { lazy } from './lazy'

/**
 * Begins the rollout of one feature, with all that it reaches the world through. `follows` names the runs whose locks
 * the rollout may take.
 */
export function beginRollout(
  whole: ComposedRun,
  feature: string,
  checkpoint: Checkpoint | undefined,
  follows: readonly string[],
): Rollout {
  const { run, inventory } = whole
  const { context, environment, extensions, embedded, ledger, downtimes, release, limit, beginsAs } =
    whole.parts
  const { signal } = run.stopping
  const planning = planningOf(MODES[beginsAs].plans, contractsWith(extensions.agents))
  const made: { rollout?: Rollout } = {}
  // Nothing may be changed before there is a rollout either.
  const isPlanned = () => made.rollout === undefined || made.rollout.isPlanned
  // Steps after a failure are the feature's own wish, and belong to no line.
  const line = () => (made.rollout?.halted === undefined ? made.rollout?.line : undefined)
  const beside = () => made.rollout?.hosts.outside ?? []
  const fleet = fleetOf(whole, feature, planning, { isPlanned, line, beside })
  made.rollout = new Rollout({
    fleet,
    journal: journalOf(whole, feature, () => made.rollout),
    inventory,
    ...(limit === undefined ? {} : { limit }),
    audience: run,
    clock: systemClock,
    balancers: balancersOf(environment, {
      extensions,
      isSimulated: embedded !== undefined,
      expectMayOrder: (what) => {
        if (planning !== undefined && isPlanned()) throw nothingMayChange(what)
      },
    }),
    downtimes: () => downtimes.all(() => planning !== undefined && isPlanned()),
    locks: locks(whole, feature, follows, fleet),
    approval: approvalOf(whole),
    ledger,
    redact: redactorOfOthers(secretsOf(environment)),
    newId: () => randomBytes(16).toString('hex'),
    newSeed: () => randomBytes(4).readUInt32BE(),
    lookEvery: environment.lookEvery,
    stopping: signal,
    checkpoint,
    releases: releases(
      {
        history: context.folders.history,
        open: () => lazy.openHistory.openHistory(historyPlaces(context), signal),
        environment: environment.name,
        feature,
        current: release,
        limit: limit?.hosts,
        decide: MODES[run.mode].purpose !== 'rehearsal',
      },
      (asked) => lazy.history.releasesInHistory(asked),
    ),
    ...(whole.approved?.tags === undefined
      ? {}
      : { plannedTags: new Map(Object.entries(whole.approved.tags)) }),
    tests: commitTests(
      context.folders.state,
      MODES[run.mode].purpose !== 'rehearsal' && embedded === undefined,
    ),
    controlHost: controlHostOf(environment, embedded !== undefined),
    keepsHistory: MODES[run.mode].rollsOut,
    neededAgents: neededAgents(run, feature),
    ...(planning === undefined ? {} : { planning }),
  })
  return made.rollout
}

/** Returns the agents that the lines of a feature need; only scenarios that are run count. */
function neededAgents(run: Run, feature: string): NeededAgent[] {
  const { agentsNeeded } = lazy.agentsNeeded
  return agentsNeeded({ scenarios: writtenSteps(run, feature) })
}

/** Returns the fleet that a rollout, and everything that reaches hosts through it, may speak to. */
function fleetOf(
  { run, parts: { fleet, extensions }, approved }: ComposedRun,
  feature: string,
  planning: Planning | undefined,
  {
    isPlanned,
    line,
    beside,
  }: { isPlanned: () => boolean; line: () => number | undefined; beside: () => readonly string[] },
): Fleet {
  const told = tellingBelief(fleet, extensions.agents, isPlanned, (text) => run.note(text))
  const guarded = planning === undefined ? fleet : readOnly(told, planning, isPlanned)
  if (approved === undefined) return guarded
  const planned = {
    hosts: hostsOfPlan(approved, feature),
    lines: linesOfPlan(approved, feature),
    beside,
    contractOf: contractsWith(extensions.agents),
  }
  return asPlanned(guarded, planned, line)
}

function journalOf(
  { run, approved, parts }: ComposedRun,
  feature: string,
  rollout: () => Rollout | undefined,
): Journal {
  const journal = tellingWaves(run, feature, rollout, parts.journals.of(feature))
  return approved === undefined ? journal : onlyPlanned(journal, hostsOfPlan(approved, feature))
}

function approvalOf(whole: ComposedRun): Approval {
  const { run, parts } = whole
  if (MODES[parts.beginsAs].purpose === 'rehearsal')
    return lazy.approval.approvalOfRehearsal((text) => run.note(text))
  const asked = { ask: (question: string, within: number) => means(whole).ask(question, within) }
  return whole.notifications?.beforeAsking(asked) ?? asked
}

// A part that a start has no use for is loaded where it is needed: every file of it takes time.
function means({ run, parts }: ComposedRun): Approval {
  const { approval } = lazy.approval
  const { env } = parts.context
  return approval({
    run: run.id,
    state: resolve(parts.context.folders.state),
    append: (event) => run.stream.append(event),
    means: env['LOCKSTEP_APPROVAL'],
    terminal: process.stdin.isTTY && env['CI'] === undefined,
    user: userInfo().username,
    clock: systemClock,
    stopping: run.stopping.signal,
    say: (text) => process.stderr.write(`\n    ${text}\n`),
    tellWait: run.tellWait,
  })
}

/**
 * Returns the locks of a rollout. An embedded fleet needs none: it is this process's own, so no other run reaches it.
 */
function locks(
  { run, parts, locked }: ComposedRun,
  feature: string,
  follows: readonly string[],
  fleet: Fleet,
): Locks {
  if (!MODES[run.mode].rollsOut) return { patience: 0, take: async () => {}, expectOwned: () => {} }
  const { locksOf } = lazy.runLocks
  const { environment, context } = parts
  const loadLeases = () => lazy.hostLeases.hostLeases
  const journal = parts.journals.of(feature)
  const all = locksOf(run, { feature, follows, fleet, environment, journal, context, loadLeases })
  locked.push(all)
  return all
}
