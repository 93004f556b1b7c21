import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Deploys, PlanOrder, RolloutOrder, UnreadRollout } from '../pipeline/deployer'
import type { PlanOutcome, RolloutOutcome } from '../pipeline/events'
import { readPlan } from '../planning/plan_file'
import { lastWords } from '../run/again'
import { MODES } from '../run/modes'
import { readRecordedRun } from '../run/recorded_run'
import { CODE } from '../run/expect_code'
import { newRunId, RUN_ID } from '../run/run_id'
import { pause, type Clock } from '../system/clock'
import { endAllWith, type CommandRunner } from '../system/command'
import { makeFolder } from '../system/folders'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import type { Redact } from '../system/redaction'
import { startApart } from '../system/start_apart'
import { digestCode } from '../run/digest_code'
import { environmentOf } from './environment'
import { failed, judgePlan } from './judge_plan'
import { judgeRollout } from './judge_rollout'
import { readRefusal } from './read_refusal'
import { withoutCapabilities } from './without_capabilities'

const LOOK_EVERY_MS = 1_000
const LOOKS_UNTIL_GONE = 2

export interface DeploySurroundings {
  /** The words that call `lockstep`. */
  lockstep: readonly string[]
  /** The path of lockstep.yaml, its folder, and that of the state. */
  config: string
  folder: string
  state: string
  /** The name of this machine. */
  machine: string
  env: Readonly<Record<string, string | undefined>>
  /** The folder in which this process was started. */
  cwd: string
  run: CommandRunner
  /** Returns whether a process of this user was started with a variable, such as `NAME=value`. */
  isRunning(variable: string): boolean
  clock: Clock
  redact: Redact
}

/** Plans and rolls out with the command that a person would call, in the folder of lockstep.yaml. */
export class CommandDeploys implements Deploys {
  /** The journals of rollouts of other machines that had no end, by their run, with their size in bytes. */
  private readonly unended = new Map<string, number>()

  constructor(private readonly surroundings: DeploySurroundings) {}

  get machine(): string {
    return this.surroundings.machine
  }

  digestOf(feature: string): string {
    try {
      return createHash('sha256')
        .update(readFileSync(join(this.surroundings.folder, feature)))
        .digest('hex')
    } catch {
      return ''
    }
  }

  code(): string {
    return digestCode(this.surroundings.folder)
  }

  newRun(): string {
    for (;;) {
      const run = newRunId(this.surroundings.clock)
      const isUsed = Object.values(MODES).some(({ journals }) => existsSync(this.journalOf(run, journals)))
      if (!isUsed && !existsSync(this.folderOf(run))) return run
    }
  }

  async plan(order: PlanOrder, signal: AbortSignal): Promise<PlanOutcome> {
    const { lockstep, folder, state, run, redact } = this.surroundings
    try {
      const [program = '', ...before] = withoutCapabilities(lockstep)
      const result = await run(program, [...before, 'plan', ...this.argsOf(order)], {
        cwd: folder,
        inherits: () => false,
        env: this.environmentOf(order.run),
        within: order.within,
        signal,
        leavesNothing: true,
        outputAtMost: MAX_OUTPUT,
      })
      if (result.failure !== undefined) return failed(redact(lastWords(result)))
      if (!existsSync(this.journalOf(order.run, 'plan')))
        return failed(redact(readRefusal(this.folderOf(order.run))?.why ?? lastWords(result)))
      const read = await readRecordedRun(order.run, state, folder)
      const saved =
        read.planned === undefined ? undefined : readPlan(read.planned.id, this.folderOf(order.run))
      const outcome = judgePlan({ run: read, saved }, order)
      if (outcome.result === 'succeeded' && result.exitCode !== 0) return failed(redact(lastWords(result)))
      return { ...outcome, why: outcome.why === null ? null : redact(outcome.why) }
    } catch (error) {
      return failed(redact((error as Error).message))
    }
  }

  endPlan(run: string): void {
    endAllWith(`${RUN_ID}=${run}`)
  }

  async start(order: RolloutOrder): Promise<void> {
    const { lockstep, folder } = this.surroundings
    const [program = '', ...before] = withoutCapabilities(lockstep)
    const plan = join(this.folderOf(order.planRun), 'plans', `${order.plan}.json`)
    const args = [...before, 'run', ...this.argsOf(order), '--plan', plan]
    try {
      makeFolder(this.folderOf(order.run), 0o770)
      await startApart(program, args, {
        cwd: folder,
        env: { ...this.environmentOf(order.run), [CODE]: order.code },
        output: this.outputOf(order.run),
      })
    } catch {
      // It has no journal then, and never ran.
    }
  }

  async untilGone(run: string, signal: AbortSignal): Promise<void> {
    const { isRunning, clock } = this.surroundings
    // A process that just becomes another program has no variables for a moment: one look is not enough.
    for (let gone = 0; !signal.aborted;) {
      gone = isRunning(`${RUN_ID}=${run}`) ? 0 : gone + 1
      if (gone === LOOKS_UNTIL_GONE) return
      await pause(clock, LOOK_EVERY_MS, signal).catch(() => {})
    }
  }

  async hasEnded(run: string): Promise<boolean> {
    const { state, folder } = this.surroundings
    try {
      const size = statSync(this.journalOf(run, 'live'), { throwIfNoEntry: false })?.size
      // A run that is refused before its first line has a report alone.
      if (size === undefined) return readRefusal(this.folderOf(run)) !== undefined
      if (this.unended.get(run) === size) return false
      const read = await readRecordedRun(run, state, folder)
      if (read.ended !== undefined && !read.isCutOff) return true
      this.unended.set(run, size)
    } catch {
      // A journal on a shared disk may not be whole here yet: it tells no end then.
    }
    return false
  }

  async outcomeOf(order: RolloutOrder): Promise<RolloutOutcome | UnreadRollout> {
    const { state, folder, redact } = this.surroundings
    const not = (why: string): RolloutOutcome => ({ result: 'failed', verdict: null, why: redact(why) })
    try {
      // A run that is refused before its first line has no journal, and has sent nothing that changes a host.
      if (statSync(this.journalOf(order.run, 'live'), { throwIfNoEntry: false }) === undefined) {
        const refusal = readRefusal(this.folderOf(order.run))
        return refusal === undefined
          ? not(`it did not begin: ${this.said(order.run)}`)
          : { ...not(refusal.why), verdict: refusal.verdict }
      }
      const outcome = judgeRollout(await readRecordedRun(order.run, state, folder), order)
      return { ...outcome, why: outcome.why === null ? null : redact(outcome.why) }
    } catch (error) {
      return { result: 'unread', why: redact((error as Error).message) }
    }
  }

  private said(run: string): string {
    try {
      return lastWords({ output: readFileSync(this.outputOf(run), 'utf8'), failure: undefined })
    } catch {
      return 'lockstep serve ended before it was started'
    }
  }

  private argsOf({ feature, environment, variable, tag }: PlanOrder | RolloutOrder): string[] {
    const { config, state } = this.surroundings
    const places = ['--config', config, '--state', state]
    return [feature, '--environment', environment, '--var', `${variable}=${tag}`, ...places]
  }

  private environmentOf(run: string): Record<string, string> {
    const { env, cwd } = this.surroundings
    return environmentOf(env, cwd, { [RUN_ID]: run, LOCKSTEP_REPORTS: this.folderOf(run) })
  }

  private journalOf(run: string, journals: string): string {
    return join(this.surroundings.state, journals, `${run}${JOURNAL_SUFFIX}`)
  }

  /** Returns the folder of a run: its reports, its plan, and what it has printed. */
  private folderOf(run: string): string {
    return join(this.surroundings.state, 'pipeline', 'runs', run)
  }

  private outputOf(run: string): string {
    return join(this.folderOf(run), 'output.log')
  }
}

const MAX_OUTPUT = 50 * 1024 * 1024
