import { join } from 'node:path'
import type { Deploys, PlanOrder, RolloutOrder, UnreadRollout } from '../pipeline/deployer'
import type { PlanOutcome, RolloutOutcome } from '../pipeline/events'
import { readPlan } from '../planning/plan_file'
import { lastWords } from '../run/again'
import { digestCode } from '../run/digest_code'
import { CODE } from '../run/expect_code'
import { CommandRuns, wordsOf, type DeploySurroundings } from './command_runs'
import { digestFeature } from './digest_feature'
import { failed, judgePlan } from './judge_plan'
import { judgeRollout } from './judge_rollout'
import { readRefusal } from './read_refusal'

/** Plans and rolls out with the command that a person would call, in the folder of lockstep.yaml. */
export class CommandDeploys implements Deploys {
  private readonly runs: CommandRuns

  constructor(private readonly surroundings: DeploySurroundings) {
    this.runs = new CommandRuns(surroundings, join(surroundings.state, 'pipeline', 'runs'))
  }

  get machine(): string {
    return this.surroundings.machine
  }

  digestOf(feature: string): string {
    return digestFeature(join(this.surroundings.folder, feature))
  }

  code(): string {
    return digestCode(this.surroundings.folder)
  }

  newRun(): string {
    return this.runs.newRun()
  }

  async plan(order: PlanOrder, signal: AbortSignal): Promise<PlanOutcome> {
    const { redact } = this.surroundings
    const { runs } = this
    try {
      const result = await runs.call(['plan', ...this.wordsOf(order)], order.run, {
        within: order.within,
        signal,
      })
      if (result.failure !== undefined) return failed(redact(lastWords(result)))
      if (!runs.hasJournal(order.run, 'plan'))
        return failed(redact(readRefusal(runs.folderOf(order.run))?.why ?? lastWords(result)))
      const read = await runs.read(order.run)
      const saved =
        read.planned === undefined ? undefined : readPlan(read.planned.id, runs.folderOf(order.run))
      const outcome = judgePlan({ run: read, saved }, order)
      if (outcome.result === 'succeeded' && result.exitCode !== 0) return failed(redact(lastWords(result)))
      return { ...outcome, why: outcome.why === null ? null : redact(outcome.why) }
    } catch (error) {
      return failed(redact((error as Error).message))
    }
  }

  endPlan(run: string): void {
    this.runs.end(run)
  }

  async start(order: RolloutOrder): Promise<void> {
    const plan = join(this.runs.folderOf(order.planRun), 'plans', `${order.plan}.json`)
    await this.runs.start(['run', ...this.wordsOf(order), '--plan', plan], order.run, { [CODE]: order.code })
  }

  untilGone(run: string, signal: AbortSignal): Promise<void> {
    return this.runs.untilGone(run, signal)
  }

  hasEnded(run: string): Promise<boolean> {
    return this.runs.hasEnded(run)
  }

  async outcomeOf(order: RolloutOrder): Promise<RolloutOutcome | UnreadRollout> {
    const { redact } = this.surroundings
    const { runs } = this
    try {
      if (!runs.hasJournal(order.run, 'live')) {
        const { verdict, why } = runs.whyNotBegun(order.run)
        return { result: 'failed', verdict, why: redact(why) }
      }
      const outcome = judgeRollout(await runs.read(order.run), order)
      return { ...outcome, why: outcome.why === null ? null : redact(outcome.why) }
    } catch (error) {
      return { result: 'unread', why: redact((error as Error).message) }
    }
  }

  private wordsOf({ feature, environment, variable, tag }: PlanOrder | RolloutOrder): string[] {
    return wordsOf({ feature, environment, variables: [[variable, tag]] }, this.surroundings)
  }
}
