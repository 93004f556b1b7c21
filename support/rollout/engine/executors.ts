import type { Planning } from '../ports'
import type { Engine } from './engine'
import type { BaseExecutor, Executor } from './executor'
import { Perform } from './perform'
import { Plan } from './plan'
import { ProveAgain } from './prove_again'

/** A rollout in which nothing is changed until it is left. */
export interface SafeMode {
  /** True while no line was only planned, and no fault was passed over: all lines so far would do the same for real. */
  readonly isUnused: boolean
  /** Ends safe mode: what lines say is done from here on. */
  leave(): void
}

/** The executors of a rollout, and the one place that says which of them is in charge. */
export class Executors {
  private readonly perform: Perform
  private plan: Plan | undefined
  private chosen: Executor

  constructor(
    private readonly engine: Engine,
    private readonly planning: Planning | undefined,
  ) {
    this.perform = new Perform(engine)
    this.plan = planning === undefined ? undefined : new Plan(engine, planning)
    this.chosen = this.choose()
  }

  get inCharge(): Executor {
    return this.chosen
  }

  /** True while nothing may be changed. */
  get isPlanned(): boolean {
    return this.plan !== undefined
  }

  /** True in a scenario that an earlier run has done: its hosts are only looked at. */
  get isProvedAgain(): boolean {
    return this.engine.resumption.isDone
  }

  get hasUnknownOutcome(): boolean {
    return this.perform.hasUnknownOutcome
  }

  /** The safe mode that the rollout is in; undefined where it is in none, or where a plan stays one. */
  get safeMode(): SafeMode | undefined {
    const { plan } = this
    if (plan === undefined || this.planning?.mayBeLeft !== true) return undefined
    return {
      get isUnused() {
        return plan.isUnused
      },
      leave: () => {
        this.plan = undefined
        this.chosen = this.choose()
      },
    }
  }

  /** Begins a scenario; `scenarioId` names it in every run of the same feature. */
  beginScenario(scenarioId: string): void {
    this.engine.resumption.beginScenario(scenarioId)
    this.chosen = this.choose()
  }

  private choose(): Executor {
    const base: BaseExecutor = this.plan ?? this.perform
    return this.engine.resumption.isDone ? new ProveAgain(this.engine, base) : base
  }
}
