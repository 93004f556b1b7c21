import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPlan } from '../planning/plan_file'
import { lastWords } from '../run/again'
import { digestCode } from '../run/digest_code'
import { CODE } from '../run/expect_code'
import { MODES } from '../run/modes'
import type { StepName } from '../starts/events'
import type { Beside } from '../starts/judge_start'
import type {
  StartCommands,
  StartOrder,
  StartRolloutOrder,
  StartRolloutOutcome,
  StepOutcome,
} from '../starts/starter'
import { makeFolder } from '../system/folders'
import { excerpt } from '../system/redaction'
import { CommandRuns, wordsOf, type DeploySurroundings } from './command_runs'
import { digestFeature } from './digest_feature'
import { judgeLint, judgeRehearsal, judgeStartPlan, judgeStartRollout, notPassed } from './judge_start'
import { readRefusal } from './read_refusal'

/** Milliseconds that each step may take. */
const WITHIN_MS = 30 * 60_000
/** The last characters of the output of a step that are kept. */
const MAX_KEPT = 64 * 1024

/** Returns the folder of the runs of starts: each has its reports, its plan and its output there. */
export function startRunsIn(state: string): string {
  return join(state, 'console', 'runs')
}

/** Lints, rehearses, plans and rolls out with the commands that a person would call, in the folder of lockstep.yaml. */
export class CommandStarts implements StartCommands {
  private readonly runs: CommandRuns

  constructor(private readonly surroundings: DeploySurroundings) {
    this.runs = new CommandRuns(surroundings, startRunsIn(surroundings.state))
  }

  get machine(): string {
    return this.surroundings.machine
  }

  beside(feature: string): Beside {
    const { folder } = this.surroundings
    return { sha256: digestFeature(join(folder, feature)), code: digestCode(folder) }
  }

  newRun(): string {
    return this.runs.newRun()
  }

  async carryOut(step: StepName, order: StartOrder, signal: AbortSignal): Promise<StepOutcome> {
    const { redact } = this.surroundings
    const outcome = await this.outcomeOfStep(step, order, signal).catch((error: unknown) =>
      notPassed((error as Error).message),
    )
    return { ...outcome, why: outcome.why === null ? null : excerpt(redact(outcome.why), 2_000) }
  }

  end(run: string): void {
    this.runs.end(run)
  }

  async start(order: StartRolloutOrder): Promise<void> {
    const plan = join(this.runs.folderOf(order.planRun), 'plans', `${order.plan}.json`)
    await this.runs.start(['run', ...this.wordsOf('run', order), '--plan', plan], order.run, {
      [CODE]: order.code,
      // There is no terminal: the gates of the feature are answered where it was started.
      LOCKSTEP_APPROVAL: 'console',
    })
  }

  untilGone(run: string, signal: AbortSignal): Promise<void> {
    return this.runs.untilGone(run, signal)
  }

  hasEnded(run: string): Promise<boolean> {
    return this.runs.hasEnded(run)
  }

  async outcomeOf(order: StartRolloutOrder): Promise<StartRolloutOutcome> {
    const { redact } = this.surroundings
    const { runs } = this
    try {
      if (!runs.hasJournal(order.run, 'live')) {
        const { verdict, why } = runs.whyNotBegun(order.run)
        return { result: 'failed', verdict, why: redact(why) }
      }
      const outcome = judgeStartRollout(await runs.read(order.run), order)
      return { ...outcome, why: outcome.why === null ? null : redact(outcome.why) }
    } catch (error) {
      return {
        result: 'interrupted',
        verdict: null,
        why: redact(
          `its journal cannot be read, and it is not known what it has done to hosts: ${(error as Error).message}`,
        ),
      }
    }
  }

  private async outcomeOfStep(step: StepName, order: StartOrder, signal: AbortSignal): Promise<StepOutcome> {
    const { runs } = this
    const { run } = order
    const result = await runs.call([step, ...this.wordsOf(step, order)], run, { within: WITHIN_MS, signal })
    this.keep(run, result.output)
    if (result.failure !== undefined) return notPassed(lastWords(result))
    if (step === 'lint') return judgeLint(result)
    if (!runs.hasJournal(run, MODES[step].journals))
      return notPassed(readRefusal(runs.folderOf(run))?.why ?? lastWords(result))
    const read = await runs.read(run)
    const saved = read.planned === undefined ? undefined : readPlan(read.planned.id, runs.folderOf(run))
    const outcome =
      step === 'plan' ? judgeStartPlan({ run: read, saved }, order) : judgeRehearsal(read, order)
    return outcome.result === 'succeeded' && result.exitCode !== 0 ? notPassed(lastWords(result)) : outcome
  }

  /** Keeps the output of a step beside its reports, for the page of the start. */
  private keep(run: string, output: string): void {
    makeFolder(this.runs.folderOf(run), 0o770)
    writeFileSync(this.runs.outputOf(run), this.surroundings.redact(output).slice(-MAX_KEPT), { mode: 0o660 })
  }

  private wordsOf(step: StepName | 'run', order: StartOrder): string[] {
    const { release, ticket, limit, variables } = order
    const words = wordsOf({ ...order, variables: Object.entries(variables) }, this.surroundings)
    // A rehearsal has simulated hosts of its own, and a lint none: a limit would name others.
    const isOfHosts = step === 'plan' || step === 'run'
    return [
      ...words,
      ...(release === null || step === 'lint' ? [] : ['--release', release]),
      ...(ticket === null || !isOfHosts ? [] : ['--ticket', ticket]),
      ...(limit === null || !isOfHosts ? [] : ['--limit', limit]),
    ]
  }
}
