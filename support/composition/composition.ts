import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join, relative, resolve } from 'node:path'
import type { ProcessContext } from '../config/mcollective_cfg'
import { secretsOf, type Environment } from '../config/environment'
import { familyOf, linksOf } from '../rollout/model/family'
import { leftByRuns, nextOrder } from '../rollout/model/out_of_rotation'
import { readRunJournal, readRunJournals } from '../run/journals'
import { Ledger } from '../rollout/model/ledger'
import type { Checkpoint } from '../rollout/model/checkpoint'
import type { Balancers, ExpectedHosts } from '../rollout/ports'
import { canWait, type JournalEntry } from '../rollout/model/journal_entry'
import type { Rollout } from '../rollout/rollout'
import { parseWaveSize } from '../rollout/model/wave_plan'
import { systemClock } from '../system/clock'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import { EXIT, LockstepError } from '../system/errors'
import { JournalFile } from '../system/journal_file'
import { redactorOfOthers } from '../system/redaction'
import { openLog } from '../system/log'
import { balancersOf } from './balancers'
import { environmentFor } from './environments'
import { type Surrounded } from '../simulation/embedded'
import { expectMeaningful, type RunParameters, type RunSurroundings } from '../run/parameters'
import type { BeginAgain } from '../run/again'
import { beginRollout } from './begin_rollout'
import { FeatureJournals } from './feature_journals'
import { mcollectiveFleet } from './mcollective_fleet'
import type { PlannedFor } from '../planning/planner'
import { recoveredRun } from '../reporting/recovered_run'
import { checkpointFor, checkpointOfHistory, journalToResume, runToResume } from './resume'
import type { NotificationListener } from './notification_listener'
import { wholeFleetName } from './fleet_name'
import { isInSafeMode, releaseNamed } from './modes'
import type { RunContext, ComposedRun } from './run_context'
import { tellWaves } from './waves_told'
import { writeRecovery } from './write_recovery'
import { changesFleet, MODES, modeOf, traitsOf, type Mode } from '../run/modes'
import type { Run } from '../run/run'
import { CUT_OFF } from '../history/history_record'
import { finishRollout, noteLeftOut, noteWhoWasTaken, recordRun } from './run_end'
import { withVariables } from '../preflight/run_variables'
import { lazy } from './lazy'

/** Milliseconds for which the run listens after the last step. */
const LAST_WORDS = 100

/** Puts together everything that a run needs; the one place where all parts meet. */
export class Composition {
  private readonly rollouts = new Map<string, Rollout>()
  private readonly followed = new Set<string>()
  /** The balancers of the environment, by the names that features call them. */
  readonly balancers: Balancers
  private readonly whole: ComposedRun

  private constructor(
    private readonly run: Run,
    private readonly parts: RunContext,
  ) {
    this.balancers = balancersOf(parts.environment)
    const notifications = MODES[run.mode].notifies ? notificationsOf(run, parts) : undefined
    const inventory = inventoryOf(parts.environment, run)
    this.whole = { run, parts, notifications, inventory, approved: undefined, locked: [] }
  }

  /**
   * Puts a run together from its parameters and surroundings.
   * @throws LockstepError `bad-config`; nothing was sent then
   */
  static async compose(
    run: Run,
    parameters: RunParameters,
    context: RunSurroundings,
    cwd: string,
  ): Promise<Composition> {
    expectMeaningful(parameters, context.env)
    const tickets = await ticketsFor(run, parameters, context)
    const surrounded = await environmentFor(parameters, context, cwd, run.features.scenarios)
    try {
      const composition = Composition.composed(run, parameters, context, cwd, surrounded, tickets)
      await composition.expectPlanned(parameters.plan ?? context.env['LOCKSTEP_PLAN'])
      return composition
    } catch (error) {
      await surrounded.embedded?.stop()
      throw error
    }
  }

  private static composed(
    run: Run,
    parameters: RunParameters,
    context: RunSurroundings,
    cwd: string,
    { environment: bare, embedded }: Surrounded,
    tickets: readonly string[],
  ): Composition {
    const environment = withVariables(bare, run.features.substitution, parameters, context)
    const secrets = secretsOf(environment)
    // A run of no feature puts hosts back, and that is never only planned.
    const isSafe = isInSafeMode(environment, context.env) && run.features.scenarios.length > 0
    const beginsAs = modeOf(parameters, isSafe)
    run.changeMode(beginsAs)
    const { target, purpose, journals } = MODES[beginsAs]
    // A run that was begun by another leaves its state with its reports, and is gone with them.
    const { errand, folders } = context
    const state = errand === undefined ? resolve(cwd, folders.state) : join(folders.reports, 'state')
    const file = new JournalFile(join(state, journals), run.id, () => systemClock.now(), canWait)
    run.conceal(secrets)
    run.stream.openInto(file)
    const { journals: records, faults } =
      target === 'live'
        ? readRunJournals(resolve(cwd, folders.state, MODES.live.journals))
        : { journals: [], faults: [] }
    const outBefore = leftByRuns(records)
    const resumed =
      purpose === 'drift'
        ? readRunJournal(errand?.why === 'drift' ? errand.journal : '')
        : journalToResume(runToResume(parameters, context), records)
    const chosen = parameters.environment ?? context.env['LOCKSTEP_ENVIRONMENT']
    run.begin({
      mode: beginsAs,
      environment: environment.name,
      ...(chosen === undefined ? {} : { chosen }),
      journal: relative(cwd, file.path),
      by: whoRuns(),
      tickets,
      warnings: environment.warnings,
      outBefore,
      notKnownBefore: faults,
      ...(resumed === undefined ? {} : { resumes: resumed.run }),
    })
    const byFeature = new FeatureJournals(run.stream)
    const ledger = new Ledger(byFeature.ofLedger, outBefore)
    const log = openLog(join(state, 'logs'), run.id, secrets)
    const made: { composition?: Composition } = {}
    const reached = mcollectiveFleet(environment, log, {
      message: (message) => made.composition?.addUnsolicited(message),
      note: (text) => run.note(text),
    })
    const parts = {
      environment,
      fleet: reached,
      file,
      journals: byFeature,
      ledger,
      embedded,
      resumed,
      records,
      order: nextOrder(records),
      links: linksOf(records),
      isCheckedAgain: parameters.idempotence === true && purpose === 'rollout',
      context,
      release: releaseNamed(parameters.release ?? context.env['LOCKSTEP_RELEASE']),
      beginsAs,
    }
    made.composition = new Composition(run, parts)
    return made.composition
  }

  private async expectPlanned(wanted: string | undefined): Promise<void> {
    // A rollout that clears up after other runs belongs to no feature that could be planned.
    const { rollsOut } = MODES[this.run.mode]
    if (wanted === undefined || wanted === '' || !rollsOut || this.run.state.plan.length === 0) return
    const { expectPlanned } = lazy.planner
    this.whole.approved = await expectPlanned(
      wanted,
      this.run,
      this.plannedFor(),
      this.parts.context.folders.reports,
      this.beginAgain,
    )
  }

  /** What begins a run of the same features: in this process where that is possible, or else in one of its own. */
  private get beginAgain(): BeginAgain {
    return this.parts.context.beginAgain ?? lazy.childRun.beginInChild
  }

  private plannedFor(): PlannedFor {
    const { environment, embedded } = this.parts
    const fleet = embedded === undefined ? wholeFleetName(environment) : 'embedded'
    const { state } = this.run
    const features = [...new Set(state.plan.map(({ uri }) => uri))].sort()
    const parameters = features.flatMap((uri) => [...state.variablesIn(uri)])
    return { environment: environment.name, fleet, parameters: Object.fromEntries(parameters) }
  }

  /** Tells the simulated hosts, if there are any, that a line begins; they may be waiting for it. */
  beginStep(text: string, { waves }: Rollout): void {
    this.parts.embedded?.fleet.beginStep(text, waves.current?.hosts)
  }

  /** Returns the rollout of a feature, and begins it when first asked; all scenarios of the feature share it. */
  async rolloutOf(feature: string): Promise<Rollout> {
    const known = this.rollouts.get(feature)
    if (known !== undefined) {
      this.parts.journals.goOn(feature)
      this.run.changeMode(this.modeOf(known))
      return known
    }
    await this.expectHeardOut()
    const { resumed, beginsAs: mode, journals } = this.parts
    const { state } = this.run
    const journal = journals.of(feature)
    journals.goOn(feature)
    const { environment } = state
    this.run.changeMode(mode)
    const source = readFileSync(feature)
    const hash = createHash('sha256').update(source).digest('hex')
    const recovered = recoveredRun(source.toString('utf8'))
    const variables = state.variablesIn(feature)
    const leftOut = this.run.features.leftOut.get(feature) ?? []
    const checkpoint =
      MODES[mode].purpose === 'drift'
        ? checkpointOfHistory(hash, resumed)
        : checkpointFor({ feature, hash, variables }, resumed, this.parts.records)
    await journal.append({
      type: 'run',
      feature,
      hash,
      mode,
      environment,
      pid: process.pid,
      order: this.parts.order,
      ...this.underWhichNames(),
      parameters: Object.fromEntries(variables),
      ...(checkpoint === undefined ? {} : { resumes: checkpoint.run }),
      ...(recovered === undefined ? {} : { follows: [recovered] }),
      ...(leftOut.length === 0 ? {} : { leftOut }),
    } satisfies JournalEntry)
    const values = this.run.features.substitution?.of.fixedIn(feature) ?? []
    const text = source.toString('utf8')
    this.run.stream.appendNow({ type: 'text', uri: feature, text, values: Object.fromEntries(values) })
    const follows = [checkpoint?.run, recovered].flatMap((run) => run ?? [])
    if (checkpoint !== undefined) {
      const seen = `failed in run ${checkpoint.run}`
      const out = Object.fromEntries(checkpoint.out.map((host) => [host, seen]))
      await journal.append({ type: 'went on', out, attempted: [...checkpoint.attempted] })
    }
    const rollout = this.begin(feature, checkpoint, follows)
    const rows = state.plan.flatMap(({ uri, wave }) => (uri === feature && wave !== undefined ? [wave] : []))
    rollout.waves.foretold(rows.flatMap((row) => parseWaveSize(row) ?? []))
    this.rollouts.set(feature, rollout)
    const activated = this.parts.context.env['LOCKSTEP_ACTIVATE']
    if (activated !== undefined && activated !== '') await rollout.release.activate(activated)
    this.whole.notifications?.started()
    return rollout
  }

  /**
   * Hears out the discovery windows of the features before. Nothing of the next feature is done where one of them would
   * have failed.
   */
  private async expectHeardOut(): Promise<void> {
    for (const [feature, rollout] of this.rollouts) {
      if (rollout.halted !== undefined) continue
      await rollout.hosts.windowsAreOver()
      for (const message of rollout.takeUnsolicited()) {
        const failure = this.expectHarmless(message, `after the last step of ${feature}`)
        if (failure !== undefined) throw failure
      }
    }
  }

  /** Hears what still comes for a rollout: until all its discovery windows are over, and a moment longer. */
  private async hearOut({ hosts }: Rollout, isReachable: boolean): Promise<void> {
    try {
      if (isReachable) await hosts.windowsAreOver()
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      this.run.refuse(error)
    }
    // A second answer that differs from the first may still be on its way when the last host has answered.
    await this.parts.fleet.listen(LAST_WORDS)
  }

  /** Refuses the run for a message that fails, and returns why; notes any other message that is not noted yet. */
  private expectHarmless(
    { host, detail, fails }: UnexpectedMessage,
    when: string,
  ): LockstepError | undefined {
    const said = `${host} ${detail}`
    if (!fails) {
      if (!this.run.state.notes.includes(said)) this.run.note(said)
      return undefined
    }
    const failure = new LockstepError('diverged', `${when}, ${said}`)
    this.run.refuse(failure)
    return failure
  }

  private underWhichNames() {
    const { release } = this.parts
    const { tickets } = this.run.state
    return { ...(release === undefined ? {} : { release }), by: whoRuns(), tickets }
  }

  /** Returns the mode of one rollout; each feature leaves safe mode for itself. */
  private modeOf({ ports, isPlanned }: Rollout): Mode {
    return ports.planning !== undefined && !isPlanned ? 'live' : this.parts.beginsAs
  }

  /** Tells what the end of a scenario has made of its waves. */
  async endScenario(feature: string, rollout: Rollout): Promise<void> {
    await tellWaves(this.run, feature, rollout, this.parts.journals.of(feature))
  }

  /** Ends the run. It looks once more at what was put back unseen, writes its end into the journal, and lets all go. */
  async end(): Promise<void> {
    const { fleet, file, embedded, context } = this.parts
    // The run is live when one of its features was activated, whichever came last.
    if ([...this.rollouts.values()].some((rollout) => changesFleet(this.modeOf(rollout))))
      this.run.changeMode('live')
    try {
      const lost = fleet.lost()
      if (lost !== undefined) {
        this.run.refuse(
          new LockstepError('broker-lost', `${lost.message}; it did not come back`, { cause: lost }),
        )
      }
      for (const [feature, rollout] of this.rollouts) {
        this.parts.journals.goOn(feature)
        if (this.parts.embedded === undefined) {
          noteWhoWasTaken(this.run, rollout)
          noteLeftOut(this.run, feature)
        }
        if (rollout.hosts.known !== undefined) await this.hearOut(rollout, lost === undefined)
        if (lost === undefined && !this.run.stopping.signal.aborted) await this.lookOnceMore(feature, rollout)
        for (const message of rollout.takeUnsolicited()) this.expectHarmless(message, 'after the last step')
      }
      // All looks are over: what is not done, and out of rotation, is the same from here on.
      if (this.run.exitCode !== 0) this.recover()
      if (
        MODES[this.run.mode].purpose === 'plan' &&
        this.rollouts.size > 0 &&
        this.run.state.refused === undefined
      ) {
        const { savePlan } = lazy.planner
        savePlan(this.run, this.plannedFor(), context.folders.reports, userInfo().username, systemClock.now())
      }
      if (this.parts.isCheckedAgain && this.run.exitCode === 0) await this.expectNothingMore()
      if (this.parts.isCheckedAgain && this.run.exitCode === EXIT.passedWithFailures)
        this.run.note('idempotence was not checked: hosts that failed within the budget are not done')
      if (this.rollouts.size > 0) {
        const passed = this.run.exitCode === 0
        await this.run.stream.append({
          type: 'end',
          passed,
          reason: this.run.state.refused?.code ?? '',
          ...(this.run.exitCode === EXIT.passedWithFailures ? { withinBudget: true } : {}),
        } satisfies JournalEntry)
        if (MODES[this.run.mode].rollsOut) recordRun(this.run, file.path, context.folders.history)
      }
    } catch (error) {
      if (error instanceof LockstepError) this.run.refuse(error)
      else this.run.fail()
      throw error
    } finally {
      await this.letGo([
        async () => this.tellTruth(),
        ...this.whole.locked.map((locks) => () => locks.release()),
        async () => this.whole.notifications?.end(),
        () => fleet.close(),
        async () => embedded?.stop(),
        () => file.close(),
      ])
    }
    if (changesFleet(this.run.mode) && this.run.exitCode === 0) await this.discardLocks()
    if (MODES[this.run.mode].purpose === 'rehearsal' && this.run.state.truth.length > 0) await this.rehearse()
  }

  /** Lets go of all that the run holds, one after the other. What cannot be let go of refuses the run, and stops none. */
  private async letGo(acts: readonly (() => Promise<void>)[]): Promise<void> {
    for (const act of acts)
      try {
        await act()
      } catch (error) {
        const { message } = error as Error
        const own = error instanceof LockstepError ? error : undefined
        this.run.refuse(
          own ?? new LockstepError('diverged', `the run could not be ended: ${message}`, { cause: error }),
        )
      }
  }

  /** Rehearses the faults of a rehearsal; the rehearsal of a fault is one itself, and begins no others. */
  private async rehearse(): Promise<void> {
    if (this.parts.context.errand?.why === 'rehearsal') return
    await lazy.rehearsal.rehearseFaults(this.run, this.run.exitCode, {
      beginAgain: this.beginAgain,
      isHere: this.parts.context.beginAgain !== undefined,
    })
  }

  /**
   * Looks at hosts once more at the end of a rollout. A failed look refuses the run; advice on how to go on, and the
   * end, are written all the same.
   */
  private async lookOnceMore(feature: string, rollout: Rollout): Promise<void> {
    try {
      if (rollout.halted === undefined) await finishRollout(this.run, feature, rollout)
      if (MODES[this.run.mode].rollsOut) await rollout.packages.seeWhatBecame()
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      this.run.refuse(error)
    }
  }

  /**
   * Discards the locks of the runs that this run went on from and that are over now. A run that had nothing to change
   * has taken no lock itself.
   */
  private async discardLocks(): Promise<void> {
    if (this.followed.size === 0) return
    const { discardLocksOf } = lazy.leftLocks
    const { env, folders } = this.parts.context
    try {
      await discardLocksOf(this.followed, folders.state, env)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      this.run.note(error.message)
    }
  }

  /** Writes down at once what is known when the process ends in mid-run, since nothing can be waited for. */
  cutOff(): void {
    this.recover()
    if (this.rollouts.size === 0) return
    this.run.stream.appendNow({ type: 'end', passed: false, reason: CUT_OFF })
    this.run.stream.settleNow()
    const { file, context } = this.parts
    if (MODES[this.run.mode].rollsOut) recordRun(this.run, file.path, context.folders.history)
  }

  private recover(): void {
    const { reports } = this.parts.context.folders
    for (const [feature, rollout] of this.rollouts) writeRecovery(this.run, feature, rollout, reports)
  }

  private async expectNothingMore(): Promise<void> {
    const { environment, embedded } = this.parts
    const { expectNothingMore } = lazy.idempotence
    try {
      await expectNothingMore(this.run, environment, embedded !== undefined, this.beginAgain)
    } catch (error) {
      // The history gets what was done all the same.
      if (!(error instanceof LockstepError)) throw error
      this.run.refuse(error)
    }
  }

  private tellTruth(): void {
    const { embedded } = this.parts
    if (embedded === undefined || MODES[this.run.mode].purpose !== 'rehearsal') return
    const truth = lazy.truth.truthOf(embedded, this.run.state, this.rollouts.values())
    this.run.stream.appendNow({ type: 'truth', truth })
  }

  /** Begins a rollout that belongs to no feature; the rollout clears up after `runs`. */
  async beginWithout(what: string, runs: readonly string[]): Promise<Rollout> {
    const { environment } = this.run.state
    const { beginsAs: mode } = this.parts
    const { journals } = this.parts
    journals.goOn(what)
    await journals.of(what).append({
      type: 'run',
      feature: what,
      hash: '',
      mode,
      environment,
      pid: process.pid,
      order: this.parts.order,
      follows: runs,
    } satisfies JournalEntry)
    return this.begin(what, undefined, runs)
  }

  /** Begins a rollout. It may take locks left by the runs that it follows, and by others that followed those. */
  private begin(feature: string, checkpoint: Checkpoint | undefined, follows: readonly string[]): Rollout {
    const family = familyOf(follows, this.parts.links)
    for (const run of family) this.followed.add(run)
    return beginRollout(this.whole, feature, checkpoint, family)
  }

  private addUnsolicited(message: { kind: string; host: string; detail: string; fails: boolean }): void {
    const rollouts = [...this.rollouts.values()]
    rollouts.at(-1)?.addUnsolicited(message)
    if (!message.fails) this.run.note(`${message.host} ${message.detail}`)
  }
}

// A part that a start has no use for is loaded where it is needed: every file of it takes time.
function notificationsOf(run: Run, { environment }: RunContext): NotificationListener | undefined {
  if (environment.notifications.length === 0) return undefined
  const { NotificationListener: Notifications } = lazy.notifications
  return new Notifications(run, environment, systemClock, Math.random)
}

function inventoryOf(whole: Environment, run: Run): ExpectedHosts | undefined {
  const { name, inventory, environments } = whole
  if (inventory.length === 0) return undefined
  const { readRoster } = lazy.inventory
  const environment = environments === undefined ? undefined : name
  return readRoster(inventory, {
    environment,
    environments,
    signal: run.stopping.signal,
    redact: redactorOfOthers(secretsOf(whole)),
  })
}

/** Asks for the tickets of a run, only where it changes hosts that are not this process's own. */
async function ticketsFor(
  run: Run,
  parameters: RunParameters,
  { env }: ProcessContext,
): Promise<readonly string[]> {
  const { scenarios } = run.features
  if (!traitsOf(parameters).rollsOut || scenarios.length === 0) return []
  return lazy.tickets.ticketsOf(scenarios, env['LOCKSTEP_TICKET'], () => lazy.command)
}

function whoRuns(): string {
  return `${userInfo().username}@${hostname()}`
}
