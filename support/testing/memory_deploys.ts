import type { Deploys, PlanOrder, RolloutOrder, UnreadRollout } from '../pipeline/deployer'
import type { PlanOutcome, RolloutOutcome } from '../pipeline/events'
import { MADE } from './deploy_events'

/**
 * Plans and rollouts in memory: what they come to is what a test says. It outlives the processes that use it, as rollouts
 * do.
 */
export class MemoryDeploys implements Deploys {
  machine = 'a'
  readonly planned: PlanOrder[] = []
  readonly started: RolloutOrder[] = []
  /** The plans that another process has left, and that were ended. */
  readonly ended: string[] = []
  /** The rollouts whose process is there. */
  readonly running = new Set<string>()
  digest = 'sha'
  codeNow = 'code'
  outcome: (order: PlanOrder) => PlanOutcome = () => MADE
  end: (order: RolloutOrder) => RolloutOutcome | UnreadRollout = () => ({
    result: 'succeeded',
    verdict: 'PASSED',
    why: null,
  })
  /** Called before a rollout is gone. */
  onWait: (run: string) => void | Promise<void> = () => {}
  /** The rollouts that have said themselves that they ended. */
  readonly saidEnded = new Set<string>()
  private runs = 0

  digestOf(): string {
    return this.digest
  }

  code(): string {
    return this.codeNow
  }

  newRun(): string {
    return `run${(this.runs += 1)}`
  }

  async plan(order: PlanOrder): Promise<PlanOutcome> {
    this.planned.push(order)
    return this.outcome(order)
  }

  endPlan(run: string): void {
    this.ended.push(run)
  }

  async start(order: RolloutOrder): Promise<void> {
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

  async outcomeOf(order: RolloutOrder): Promise<RolloutOutcome | UnreadRollout> {
    return this.started.some(({ run }) => run === order.run)
      ? this.end(order)
      : { result: 'failed', verdict: null, why: 'it did not begin' }
  }
}
