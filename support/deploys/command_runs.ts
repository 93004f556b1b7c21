import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { lastWords } from '../run/again'
import { MODES } from '../run/modes'
import { readRecordedRun } from '../run/recorded_run'
import type { RunState } from '../run/run_state'
import { newRunId, RUN_ID } from '../run/run_id'
import { pause, type Clock } from '../system/clock'
import { endAllWith, type CommandResult, type CommandRunner } from '../system/command'
import { makeFolder } from '../system/folders'
import { JOURNAL_SUFFIX } from '../system/journal_lines'
import type { Redact } from '../system/redaction'
import { startApart } from '../system/start_apart'
import { environmentOf } from './environment'
import { readRefusal, type Refusal } from './read_refusal'
import { withoutCapabilities } from './without_capabilities'

const LOOK_EVERY_MS = 1_000
const LOOKS_UNTIL_GONE = 2
const MAX_OUTPUT = 50 * 1024 * 1024

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

/** What a command is called for: what every command that runs a feature takes. */
export interface FeatureWords {
  feature: string
  environment: string
  variables: readonly (readonly [name: string, value: string])[]
}

/** Returns the words behind a command that runs a feature. A value never stands where an option could. */
export function wordsOf(
  { feature, environment, variables }: FeatureWords,
  { config, state }: Pick<DeploySurroundings, 'config' | 'state'>,
): string[] {
  const values = variables.flatMap(([name, value]) => ['--var', `${name}=${value}`])
  return [feature, '--environment', environment, ...values, '--config', config, '--state', state]
}

/** Runs that `lockstep serve` begins by the command that a person would call, in the folder of lockstep.yaml. */
export class CommandRuns {
  /** The journals of rollouts of other machines that had no end, by their run, with their size in bytes. */
  private readonly unended = new Map<string, number>()

  constructor(
    private readonly surroundings: DeploySurroundings,
    /** The folder in which each run has one: for its reports, its plan, and what it has printed. */
    private readonly runs: string,
  ) {}

  newRun(): string {
    for (;;) {
      const run = newRunId(this.surroundings.clock)
      const isUsed = Object.values(MODES).some(({ journals }) => existsSync(this.journalOf(run, journals)))
      if (!isUsed && !existsSync(this.folderOf(run))) return run
    }
  }

  /** Runs a command to its end, and ends all of it with the signal. */
  call(
    words: readonly string[],
    run: string,
    { within, signal }: { within: number; signal: AbortSignal },
  ): Promise<CommandResult> {
    const { lockstep, folder } = this.surroundings
    const [program = '', ...before] = withoutCapabilities(lockstep)
    return this.surroundings.run(program, [...before, ...words], {
      cwd: folder,
      inherits: () => false,
      env: this.environmentOf(run),
      within,
      signal,
      leavesNothing: true,
      outputAtMost: MAX_OUTPUT,
    })
  }

  /** Ends a command that a process has left which is gone. */
  end(run: string): void {
    endAllWith(`${RUN_ID}=${run}`)
  }

  /** Starts a command that outlives this process. Resolves once it was started, or could not be. */
  async start(words: readonly string[], run: string, more: Readonly<Record<string, string>>): Promise<void> {
    const { lockstep, folder } = this.surroundings
    const [program = '', ...before] = withoutCapabilities(lockstep)
    try {
      makeFolder(this.folderOf(run), 0o770)
      await startApart(program, [...before, ...words], {
        cwd: folder,
        env: { ...this.environmentOf(run), ...more },
        output: this.outputOf(run),
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
    try {
      const size = statSync(this.journalOf(run, 'live'), { throwIfNoEntry: false })?.size
      // A run that is refused before its first line has a report alone.
      if (size === undefined) return readRefusal(this.folderOf(run)) !== undefined
      if (this.unended.get(run) === size) return false
      const read = await this.read(run)
      if (read.ended !== undefined && !read.isCutOff) return true
      this.unended.set(run, size)
    } catch {
      // A journal on a shared disk may not be whole here yet: it tells no end then.
    }
    return false
  }

  /** @throws LockstepError where its journal is not there, or does not tell all */
  read(run: string): Promise<RunState> {
    const { state, folder } = this.surroundings
    return readRecordedRun(run, state, folder)
  }

  hasJournal(run: string, journals: string): boolean {
    return statSync(this.journalOf(run, journals), { throwIfNoEntry: false }) !== undefined
  }

  /** Returns why a run without a journal came to nothing. Such a run has sent nothing that changes a host. */
  whyNotBegun(run: string): Omit<Refusal, 'verdict'> & { verdict: string | null } {
    return readRefusal(this.folderOf(run)) ?? { verdict: null, why: `it did not begin: ${this.said(run)}` }
  }

  /** Returns the folder of a run: its reports, its plan, and what it has printed. */
  folderOf(run: string): string {
    return join(this.runs, run)
  }

  outputOf(run: string): string {
    return join(this.folderOf(run), 'output.log')
  }

  private said(run: string): string {
    try {
      return lastWords({ output: readFileSync(this.outputOf(run), 'utf8'), failure: undefined })
    } catch {
      return 'lockstep serve ended before it was started'
    }
  }

  private environmentOf(run: string): Record<string, string> {
    const { env, cwd } = this.surroundings
    return environmentOf(env, cwd, { [RUN_ID]: run, LOCKSTEP_REPORTS: this.folderOf(run) })
  }

  private journalOf(run: string, journals: string): string {
    return join(this.surroundings.state, journals, `${run}${JOURNAL_SUFFIX}`)
  }
}
