import { pause, type Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { UnexpectedMessages, type UnexpectedMessage } from '../system/unexpected_messages'
import { AfterFailure } from './verbs/after_failure'
import { Agents } from './verbs/agents'
import { Checks } from './verbs/checks'
import { lineKey, type Checkpoint, type ScenarioCheckpoint } from './model/checkpoint'
import { Conversation } from './engine/host_gateway'
import { FailureBudget } from './model/failure_budget'
import { PlanState } from './model/plan_state'
import { Gates } from './verbs/gates'
import type { Ledger } from './model/ledger'
import { Packages } from './verbs/packages'
import type {
  Approval,
  Audience,
  Balancers,
  Fleet,
  Locks,
  NeededAgent,
  Planning,
  Releases,
  ExpectedHosts,
} from './ports'
import type { HostGateway } from './model/obligation'
import type { Ask } from './model/obligation'
import type { Journal } from './model/journal_entry'
import { heardBy, Progress } from './model/progress'
import type { Redact } from '../system/redaction'
import { Puppet } from './verbs/puppet'
import { Release } from './verbs/release'
import { RollCall } from './verbs/roll_call'
import { Services } from './verbs/services'
import { Traffic } from './verbs/traffic'
import { describe, hasPassed, mayGoOn, type Verdict } from './model/verdict'
import { Waves } from './verbs/waves'

export interface RolloutPorts {
  fleet: Fleet
  /**
   * The hosts that should be there. Undefined where that is written nowhere: the hosts that are discovered are then
   * meant.
   */
  inventory: ExpectedHosts | undefined
  journal: Journal
  audience: Audience
  clock: Clock
  balancers: Balancers
  locks: Locks
  approval: Approval
  /** The ledger of what is out of the pool, shared by all rollouts of a run. */
  ledger: Ledger
  /** Returns an id for what is recorded and was not sent over the fleet's wire. */
  newId: () => string
  newSeed: () => number
  /** Takes secrets out of what others have said, before it is shown or cut. */
  redact: Redact
  /** Milliseconds between two looks of a step that waits. */
  lookEvery: number
  /**
   * The signal that aborts when the operator asks to stop. What is under way is finished, what waits is not waited for.
   */
  stopping: AbortSignal
  /** The checkpoint of the run that this one resumes. */
  checkpoint: Checkpoint | undefined
  /** The permissions where nothing may be changed: what lines would do is planned, and not done. */
  planning?: Planning
  releases: Releases
  /**
   * True when earlier versions are asked for and written down for a named release, though nothing else depends on them.
   */
  keepsHistory?: boolean
  /**
   * The agents that lines of the feature cannot do without. Hosts that lack one are found before any host is touched.
   */
  neededAgents?: readonly NeededAgent[]
}

/**
 * One rollout: its hosts, what may be said to them, and what was seen. Once a verdict has not passed, or the operator
 * has asked to stop, no step asks a host anything.
 */
export class Rollout {
  readonly ledger: Ledger
  readonly hosts: RollCall
  readonly waves: Waves
  readonly budget = new FailureBudget()
  readonly gates: Gates
  readonly traffic: Traffic
  readonly packages: Packages
  readonly services: Services
  readonly checks: Checks
  readonly puppet: Puppet
  readonly agents: Agents
  readonly afterFailure: AfterFailure
  /** The line that is being run, as its runner has set it. */
  step = ''
  line = 0
  /** The checkpoint of the current scenario in an earlier run; undefined when the scenario has to be carried out. */
  scenarioCheckpoint: ScenarioCheckpoint | undefined
  readonly release: Release
  readonly ports: RolloutPorts
  private readonly progress = new Progress()
  private ownPlanState: PlanState | undefined
  private scenarioId = ''
  private changedHosts = false
  private untold = false
  private halt: LockstepError | undefined
  private failing: Verdict | undefined
  private readonly unsolicited = new UnexpectedMessages<UnexpectedMessage>((host) => this.hosts.isKnown(host))
  private readonly conversation: Conversation

  constructor(given: RolloutPorts) {
    const ports = { ...given, journal: heardBy(this.progress, given.journal) }
    this.ports = ports
    this.conversation = new Conversation(this)
    this.release = new Release(this)
    this.ownPlanState = ports.planning === undefined ? undefined : new PlanState()
    this.ledger = ports.ledger
    this.hosts = new RollCall(this)
    this.waves = new Waves(this)
    this.gates = new Gates(this)
    this.traffic = new Traffic(this)
    this.packages = new Packages(this)
    this.services = new Services(this)
    this.checks = new Checks(this)
    this.puppet = new Puppet(this)
    this.agents = new Agents(this)
    this.afterFailure = new AfterFailure(this)
    for (const host of ports.checkpoint?.out ?? [])
      this.budget.putOut([{ host, seen: `failed in run ${ports.checkpoint?.run}` }])
  }

  /** The states that would be by now, in a rollout that changes nothing. */
  get planState(): PlanState | undefined {
    return this.ownPlanState
  }

  /** Ends safe mode: what lines say is done from here on. */
  leaveSafeMode(): void {
    this.ownPlanState = undefined
  }

  get checkpoint(): Checkpoint | undefined {
    return this.ports.checkpoint
  }

  /** The reason why nothing more may be done; undefined when there is none. */
  get halted(): LockstepError | undefined {
    return this.halt
  }

  /** The verdict that stopped the rollout; undefined when none did. */
  get failure(): Verdict | undefined {
    return this.failing
  }

  stopAt(reason: LockstepError): void {
    this.halt ??= reason
  }

  /** Begins a scenario; `scenarioId` names it in every run of the same feature. */
  async beginScenario(scenarioId: string, name: string): Promise<void> {
    this.scenarioId = scenarioId
    this.hosts.beginSelection()
    const earlier = this.checkpoint?.scenarios.get(scenarioId)
    this.scenarioCheckpoint = earlier?.done === true ? earlier : undefined
    await this.ports.journal.append({ type: 'scenario', scenarioId, name })
  }

  async endScenario(passed: boolean): Promise<void> {
    if (passed) await this.ports.journal.append({ type: 'scenario passed', scenarioId: this.scenarioId })
    this.waves.endWave(passed)
  }

  /** Returns the hosts that a step is for: those of the wave, or all, without those that failed before. */
  async moving(): Promise<readonly string[]> {
    const all = await this.hosts.frozen()
    const scope = this.waves.current?.hosts ?? all
    return scope.filter((host) => !this.budget.isOut(host))
  }

  /** Notes that something which changes a host is about to be told. */
  touch(): void {
    this.changedHosts = true
  }

  /** True when any host was told anything that changes it. */
  get hasChangedHosts(): boolean {
    return this.changedHosts
  }

  /**
   * Returns the hosts that are not done, in the order of their waves. `waves` is how many of them each wave of the
   * feature has; undefined when no wave was taken. `passed` says that all scenarios of the feature passed, though hosts
   * may have failed within the budget.
   */
  remaining(passed: boolean): { hosts: readonly string[]; waves: readonly number[] | undefined } {
    const out = passed ? [] : this.ledger.own.flatMap(({ hosts }) => hosts)
    const left = new Set([...this.progress.notDone(passed), ...this.budget.out.keys(), ...out])
    const all = this.hosts.known ?? []
    if (this.waves.taken.length === 0)
      return { hosts: all.filter((host) => left.has(host)), waves: undefined }
    const waves = [...this.waves.taken, ...this.waves.toCome].map(({ hosts }) =>
      hosts.filter((host) => left.has(host)),
    )
    const inWaves = new Set(waves.flat())
    const others = all.filter((host) => left.has(host) && !inWaves.has(host))
    return { hosts: [...inWaves, ...others], waves: waves.map(({ length }) => length) }
  }

  /** The hosts that were told to go back to their earlier version; they are not done, however that came out. */
  get restored(): readonly string[] {
    return [...this.progress.restored]
  }

  /** True when it is unknown what came of something that is not told twice: a resumed run stops there. */
  get hasUnknownOutcome(): boolean {
    return this.untold
  }

  /** Notes hosts that must not be told the same again. */
  leaveUnknown(hosts: readonly string[]): void {
    this.untold ||= hosts.length > 0
  }

  /** The hosts of waves that nothing was tried on, neither by this run nor by the one it resumes. */
  get notAttempted(): readonly string[] {
    const earlier = this.checkpoint?.attempted ?? new Set()
    const isUntouched = (host: string) =>
      !this.progress.attempted.has(host) && !earlier.has(host) && !this.budget.isOut(host)
    return [...this.waves.unfinished, ...this.waves.left].filter(isUntouched)
  }

  /** Adds a message that came while nothing waited for it; one that fails makes the next verdict fail. */
  addUnsolicited(message: UnexpectedMessage): void {
    this.unsolicited.add(message)
  }

  /** Returns, and forgets, what was overheard since the last verdict. */
  takeUnsolicited(): UnexpectedMessage[] {
    return this.unsolicited.take()
  }

  /** Expects the rollout to go on. @throws LockstepError when the rollout has stopped */
  expectGoingOn(): void {
    if (this.halt !== undefined) throw this.halt
    if (this.ports.stopping.aborted) {
      this.halt = new LockstepError('interrupted', 'not attempted: the operator asked to stop')
      throw this.halt
    }
  }

  /** Asks hosts something, journalled before it is sent and after it was answered. */
  get ask(): Ask {
    return this.conversation.ask
  }

  /** The gateway through which obligations and balancers reach the world. */
  get reach(): HostGateway {
    return this.conversation
  }

  /**
   * Makes a verdict known. A verdict that has not passed stops the rollout, unless it may go on. Hosts that failed
   * within the budget are out from then on. `budgeted` is false for a verdict that is not about the hosts that move.
   */
  async conclude(verdict: Verdict, { budgeted = true }: { budgeted?: boolean } = {}): Promise<Verdict> {
    const planned = this.planState === undefined ? {} : { planned: true }
    const whole = { ...(await this.judged(verdict, budgeted)), ...planned }
    const passed = hasPassed(whole)
    if (!passed) this.planState?.use()
    if (!passed && !mayGoOn(whole)) {
      this.failing ??= whole
      this.stopAt(new LockstepError('diverged', describe(whole)))
    }
    await this.ports.journal.append({ type: 'verdict', step: this.step, line: this.line, verdict: whole })
    return whole
  }

  /** Concludes a line that is not carried out, since an earlier run did it and a later line proves it. */
  async concludePassedOver(): Promise<Verdict> {
    this.expectGoingOn()
    await this.ports.journal.append({ type: 'passed over', step: this.step, line: this.line })
    const seen = `done by run ${this.checkpoint?.run}, says its journal`
    const observations = (await this.moving()).map((host) => ({
      host,
      passed: true,
      kind: 'done before' as const,
      seen,
    }))
    return this.conclude({ observations, unexpected: [] })
  }

  /** True when a later line has overtaken a line that looks, in a scenario that is only proved again. */
  get isOvertaken(): boolean {
    return this.scenarioCheckpoint?.overtaken.has(lineKey(this)) === true
  }

  /** Returns the hosts that the resumed run told this very line, and never knew what came of it. */
  async unknownOutcome(): Promise<ReadonlySet<string>> {
    return this.checkpoint?.scenarios.get(this.scenarioId)?.unknown.get(lineKey(this)) ?? new Set()
  }

  /** Waits for `ms` milliseconds. @throws LockstepError `interrupted` when the operator asks to stop meanwhile */
  async wait(ms: number): Promise<void> {
    const { clock, stopping } = this.ports
    try {
      await pause(clock, ms, stopping)
    } catch (error) {
      throw new LockstepError('interrupted', 'the operator asked to stop while this step was waiting', {
        cause: error,
      })
    }
  }

  /** Returns a verdict without a secret in what was seen: its receiver may cut it. */
  redacted(verdict: Verdict): Verdict {
    const told = new Map<string, string>()
    const hidden = (text: string) => {
      const known = told.get(text) ?? this.ports.redact(text)
      told.set(text, known)
      return known
    }
    return {
      ...verdict,
      observations: verdict.observations.map((each) => ({ ...each, seen: hidden(each.seen) })),
      unexpected: verdict.unexpected.map((each) => ({ ...each, detail: hidden(each.detail) })),
    }
  }

  private async judged(shown: Verdict, budgeted: boolean): Promise<Verdict> {
    const heard = merged([...shown.unexpected, ...this.takeUnsolicited()])
    const verdict = this.redacted({ ...shown, unexpected: heard })
    const { unexpected } = verdict
    const all = this.hosts.known ?? []
    const scope = this.waves.current?.hosts ?? all
    const out = scope.filter((host) => this.budget.isOut(host))
    const whole = { ...verdict, ...(out.length > 0 ? { out } : {}) }
    const failed = verdict.observations.filter(({ passed }) => !passed)
    if (!budgeted || failed.length === 0 || unexpected.some(({ fails }) => fails)) return whole
    const names = failed.map(({ host }) => host)
    if (!this.budget.tolerates(names, scope, all)) return whole
    await this.ports.journal.append({ type: 'out', hosts: names })
    this.budget.putOut(failed)
    return { ...whole, tolerated: true }
  }
}

/**
 * Returns each unexpected message once. What a step's own calls have heard is overheard as well, so that no step leaves
 * it out.
 */
function merged(unexpected: readonly UnexpectedMessage[]): UnexpectedMessage[] {
  const told = new Map<string, UnexpectedMessage>()
  for (const message of unexpected) {
    const key = JSON.stringify([message.kind, message.host, message.detail, message.fails])
    const before = told.get(key)
    if (before === undefined || (before.times ?? 1) < (message.times ?? 1)) told.set(key, message)
  }
  return [...told.values()]
}
