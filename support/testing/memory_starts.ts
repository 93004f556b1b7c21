import type { StepName } from '../starts/events'
import type { Beside } from '../starts/judge_start'
import type {
  StartCommands,
  StartOrder,
  StartRolloutOrder,
  StartRolloutOutcome,
  StepOutcome,
} from '../starts/starter'

export const START_PLAN = '0123456789ab'

/** Steps and rollouts in memory: what they come to is what a test says. It outlives the processes that use it, as rollouts do. */
export class MemoryStarts implements StartCommands {
  machine = 'a'
  readonly carriedOut: { step: StepName; order: StartOrder }[] = []
  readonly started: StartRolloutOrder[] = []
  /** The steps that another process has left, and that were ended. */
  readonly endedSteps: string[] = []
  /** The rollouts whose process is there. */
  readonly running = new Set<string>()
  now: Beside = { sha256: 'sha', code: 'code' }
  outcome: (step: StepName, order: StartOrder) => StepOutcome | Promise<StepOutcome> = (step) =>
    step === 'plan' ? MADE : PASSED
  endOf: (order: StartRolloutOrder) => StartRolloutOutcome = () => ({
    result: 'succeeded',
    verdict: 'PASSED',
    why: null,
  })
  /** Called when a step begins, with the signal that ends it. */
  onStep: (signal: AbortSignal) => void = () => {}
  /** Called when a rollout is started. */
  onStart: (order: StartRolloutOrder) => void = () => {}
  /** Called before a rollout is gone. */
  onWait: (run: string) => void | Promise<void> = () => {}
  readonly saidEnded = new Set<string>()
  private runs = 0

  beside(): Beside {
    return this.now
  }

  newRun(): string {
    return `run${(this.runs += 1)}`
  }

  async carryOut(step: StepName, order: StartOrder, signal: AbortSignal): Promise<StepOutcome> {
    this.carriedOut.push({ step, order })
    this.onStep(signal)
    return this.outcome(step, order)
  }

  end(run: string): void {
    this.endedSteps.push(run)
  }

  async start(order: StartRolloutOrder): Promise<void> {
    this.onStart(order)
    this.started.push(order)
    this.running.add(order.run)
  }

  async untilGone(run: string): Promise<void> {
    await this.onWait(run)
    this.running.delete(run)
  }

  async hasEnded(run: string): Promise<boolean> {
    return this.saidEnded.has(run)
  }

  async outcomeOf(order: StartRolloutOrder): Promise<StartRolloutOutcome> {
    return this.started.some(({ run }) => run === order.run)
      ? this.endOf(order)
      : { result: 'failed', verdict: null, why: 'it did not begin' }
  }
}

const PASSED: StepOutcome = { result: 'succeeded', why: null, plan: null, hosts: 0, changes: 0 }
const MADE: StepOutcome = { result: 'succeeded', why: null, plan: START_PLAN, hosts: 3, changes: 3 }
