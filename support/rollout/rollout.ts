import type { LockstepError } from '../system/errors'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import { createEngine, type CreatedEngine } from './engine/create_engine'
import type { ConcludeOptions } from './engine/executor'
import type { Line } from './engine/line'
import { FailureBudget } from './model/failure_budget'
import type { Ledger } from './model/ledger'
import type { Ask, HostGateway } from './model/obligation'
import { heardBy, Progress } from './model/progress'
import { lastWaveFirst, placeRemaining, type PlacedHosts, type RemainingHosts } from './model/remaining'
import type { Verdict } from './model/verdict'
import type { RolloutPorts } from './ports'
import { Access } from './verbs/access'
import { Addresses } from './verbs/addresses'
import { AfterFailure } from './verbs/after_failure'
import { Analysis } from './verbs/analysis'
import { Agents } from './verbs/agents'
import { Checks } from './verbs/checks'
import { Downtime } from './verbs/downtime'
import { Gates } from './verbs/gates'
import { Packages } from './verbs/packages'
import { Puppet } from './verbs/puppet'
import { PuppetMasters } from './verbs/puppet_masters'
import { PuppetRemains } from './verbs/puppet_remains'
import { PuppetModules } from './verbs/puppet_modules'
import { PuppetRuns } from './verbs/puppet_runs'
import { Release } from './verbs/release'
import { Repository } from './verbs/repository'
import { RollCall } from './verbs/roll_call'
import { Services } from './verbs/services'
import { Traffic } from './verbs/traffic'
import { VersionsBefore } from './verbs/versions_before'
import { Waves } from './verbs/waves'

/**
 * One rollout: its hosts, its verbs by noun, and what was seen. Verbs build what is to be done, and the engine carries
 * it out. Once a verdict has not passed, or the operator has asked to stop, no step asks a host anything.
 */
export class Rollout {
  readonly ports: RolloutPorts
  readonly ledger: Ledger
  readonly budget = new FailureBudget()
  readonly hosts: RollCall
  readonly waves: Waves
  readonly gates: Gates
  readonly traffic: Traffic
  readonly packages: Packages
  readonly repository: Repository
  readonly access: Access
  readonly addresses: Addresses
  readonly services: Services
  readonly checks: Checks
  readonly downtime: Downtime
  readonly analysis: Analysis
  readonly puppet: Puppet
  readonly puppetMasters: PuppetMasters
  readonly puppetModules: PuppetModules
  readonly puppetRuns: PuppetRuns
  readonly puppetRemains: PuppetRemains
  readonly agents: Agents
  readonly release: Release
  readonly afterFailure: AfterFailure
  private readonly current: Line = { step: '', line: 0 }
  private readonly progress = new Progress()
  private readonly engine: CreatedEngine
  private scenarioId = ''

  constructor(given: RolloutPorts) {
    const ports = { ...given, journal: heardBy(this.progress, given.journal) }
    const { ledger, checkpoint } = ports
    this.ports = ports
    this.ledger = ledger
    const hosts = {
      known: () => this.hosts.known,
      isKnown: (host: string) => this.hosts.isKnown(host),
      frozen: () => this.hosts.frozen(),
      outside: () => this.hosts.outside,
      expectFirstWindowOver: () => this.hosts.expectFirstWindowOver(),
      wave: () => this.waves.current?.hosts,
    }
    this.engine = createEngine(ports, hosts, { budget: this.budget, line: this.current })
    const { step, executors, gateway, resumption } = this.engine
    this.hosts = new RollCall(this)
    this.gates = new Gates(step, ports.clock, ports.approval)
    this.release = new Release(step, ports.releases, {
      safeMode: () => executors.safeMode,
    })
    this.waves = new Waves(step, {
      hosts: this.hosts,
      expectOpen: () => this.gates.expectOpen(),
      isOut: (host) => this.budget.isOut(host),
      factBefore: (host, fact) => resumption.factOf(host, fact),
      expectSame: (wave) => resumption.expectSameWave(wave, (host) => this.budget.isOut(host)),
      newSeed: () => checkpoint?.seed ?? ports.newSeed(),
    })
    this.traffic = new Traffic(step, ledger, ports.balancers)
    const needs = {
      mayGoBack: () => this.gates.downgradesAllowed,
      areRestored: () => this.afterFailure.versionsGoBack,
      areOfRelease: () => this.release.name !== undefined,
      keepsHistory: ports.keepsHistory === true,
    }
    this.packages = new Packages(step, {
      before: new VersionsBefore(step, needs, checkpoint?.had ?? new Map()),
      gateway,
      failure: () => this.failure,
    })
    this.repository = new Repository(step, ports.tests, checkpoint?.tags ?? new Map(), ports.plannedTags)
    this.access = new Access(step)
    this.addresses = new Addresses(step)
    this.services = new Services(step)
    this.checks = new Checks(step)
    this.downtime = new Downtime(step, ledger, ports.downtimes)
    this.analysis = new Analysis(step, ports.controlHost, ports.lookEvery)
    this.puppet = new Puppet(step, ledger)
    this.puppetMasters = new PuppetMasters(step)
    this.puppetRemains = new PuppetRemains(step, ports.releases, checkpoint?.managed ?? new Map())
    this.puppetModules = new PuppetModules(step)
    this.puppetRuns = new PuppetRuns(step, {
      openRuns: () => resumption.openPuppetRuns(this.current),
      earlier: checkpoint?.puppetRuns ?? new Map(),
      mayGoBack: needs.mayGoBack,
      onApplied: (ended, reach) => this.puppetRemains.record(ended, reach),
    })
    this.agents = new Agents(step, ports.redact)
    this.afterFailure = new AfterFailure(step, this)
    for (const host of checkpoint?.out ?? [])
      this.budget.putOut([{ host, seen: `failed in run ${checkpoint?.run}` }])
  }

  /** The line that is being run, as its runner has set it. */
  get step(): string {
    return this.current.step
  }

  set step(step: string) {
    this.current.step = step
  }

  get line(): number {
    return this.current.line
  }

  set line(line: number) {
    this.current.line = line
  }

  /** True while nothing may be changed: what lines would do is planned. */
  get isPlanned(): boolean {
    return this.engine.executors.isPlanned
  }

  /** True where hosts are only compared with what an earlier run has left. */
  get looksForDrift(): boolean {
    return this.ports.checkpoint?.isOfHistory === true
  }

  /** The hosts of the run that this one goes on from: they are the roll call then. */
  get hostsBefore(): readonly string[] | undefined {
    return this.ports.checkpoint?.hosts
  }

  /** The hosts of that run's roll call that were outside its limit. */
  get outsideBefore(): readonly string[] {
    return this.ports.checkpoint?.outside ?? []
  }

  /**
   * Expects the hosts that are written down now to be those of the run that this one goes on from, where there is one.
   * @throws LockstepError `bad-input` when they are others
   */
  expectHostsOfBefore(written: readonly string[], where: string): void {
    this.engine.resumption.expectSameHosts(written, where, (host) => this.budget.isOut(host))
  }

  /** The reason why nothing more may be done; undefined when there is none. */
  get halted(): LockstepError | undefined {
    return this.engine.halt.reason
  }

  /** The verdict that stopped the rollout; undefined when none did. */
  get failure(): Verdict | undefined {
    return this.engine.conclusions.failure
  }

  /** True when the operator has asked to stop. */
  get isStopping(): boolean {
    return this.ports.stopping.aborted
  }

  stopAt(reason: LockstepError): void {
    this.engine.halt.stopAt(reason)
  }

  /** Expects the rollout to go on. @throws LockstepError when the rollout has stopped */
  expectGoingOn(): void {
    this.engine.halt.expectGoingOn()
  }

  /** Begins a scenario; `scenarioId` names it in every run of the same feature. */
  async beginScenario(scenarioId: string, name: string): Promise<void> {
    this.scenarioId = scenarioId
    this.hosts.beginSelection()
    this.engine.executors.beginScenario(scenarioId)
    await this.ports.journal.append({ type: 'scenario', scenarioId, name })
  }

  async endScenario(passed: boolean): Promise<void> {
    if (passed) await this.ports.journal.append({ type: 'scenario passed', scenarioId: this.scenarioId })
    this.waves.endWave(passed)
  }

  /** Returns the hosts that a step is for: those of the wave, or all, without those that failed before. */
  moving(): Promise<readonly string[]> {
    return this.engine.step.moving()
  }

  /** True when any host was told anything that changes it. */
  get hasChangedHosts(): boolean {
    return this.engine.gateway.hasChangedHosts
  }

  /**
   * Returns the hosts that are not done. `passed` says that all scenarios of the feature passed, though hosts may have
   * failed within the budget.
   */
  remaining(passed: boolean): RemainingHosts {
    const out = passed ? [] : this.ledger.own.flatMap(({ hosts }) => hosts)
    const left = new Set([...this.progress.notDone(passed), ...this.budget.out.keys(), ...out])
    return placeRemaining(left, this.placed)
  }

  /** The hosts that were told to go back to their earlier version; they are not done, however that came out. */
  get restored(): readonly string[] {
    return [...this.progress.restored]
  }

  /** True when it is unknown what came of something that is not told twice: a resumed run stops there. */
  get hasUnknownOutcome(): boolean {
    return this.engine.executors.hasUnknownOutcome
  }

  /** The hosts of waves that nothing was tried on, neither by this run nor by the one it resumes. */
  get notAttempted(): readonly string[] {
    const earlier = this.ports.checkpoint?.attempted ?? new Set()
    const isUntouched = (host: string) =>
      !this.progress.attempted.has(host) && !earlier.has(host) && !this.budget.isOut(host)
    return [...this.waves.unfinished, ...this.waves.left].filter(isUntouched)
  }

  /** The hosts that failed, at the line that stopped the rollout or within the budget before it. */
  get unwell(): readonly string[] {
    const { observations = [] } = this.failure ?? {}
    const failing = observations.filter(({ passed }) => !passed)
    // A verdict that fails by a stranger alone stops its hosts half-way: none of them is known to be well.
    const unwell = failing.length > 0 ? failing : observations
    return [...unwell.map(({ host }) => host), ...this.budget.out.keys()]
  }

  /** The hosts of the rollout, the last wave first; those in no wave come at the end. */
  get lastWaveFirst(): readonly (readonly string[])[] {
    return lastWaveFirst(this.placed)
  }

  /** Adds a message that came while nothing waited for it; one that fails makes the next verdict fail. */
  addUnsolicited(message: UnexpectedMessage): void {
    this.engine.conclusions.addUnsolicited(message)
  }

  /** Returns, and forgets, what was overheard since the last verdict. */
  takeUnsolicited(): UnexpectedMessage[] {
    return this.engine.conclusions.takeUnsolicited()
  }

  /** True when a message has come since the last verdict that makes the next one fail. */
  get hasOverheardFailure(): boolean {
    return this.engine.conclusions.hasOverheardFailure
  }

  /** Asks hosts something, journalled before it is sent and after it was answered. */
  get ask(): Ask {
    return this.engine.gateway.ask
  }

  /** The gateway through which obligations and balancers reach the world. */
  get reach(): HostGateway {
    return this.engine.gateway
  }

  /** Makes a verdict known. A verdict that has not passed stops the rollout, unless it may go on. */
  conclude(verdict: Verdict, options?: ConcludeOptions): Promise<Verdict> {
    return this.engine.executors.inCharge.conclude(verdict, options)
  }

  /** Makes known what was done after a failure, and what came of it. */
  async report(what: string, verdict: Verdict): Promise<void> {
    const shown = this.engine.conclusions.redacted(verdict)
    await this.ports.journal.append({ type: 'undone', what, verdict: shown })
  }

  private get placed(): PlacedHosts {
    const { taken, toCome } = this.waves
    return { all: this.hosts.known ?? [], taken, toCome }
  }
}
