import * as v from 'valibot'
import { driftAnswer, tagsAnswer, type LookAnswer, type LookBegun } from '../looks/look'
import type { LookCommands } from '../looks/looks'
import { lastWords } from '../run/again'
import { newRunId } from '../run/run_id'
import { endAllWith, type CommandResult } from '../system/command'
import { excerpt } from '../system/redaction'
import type { DeploySurroundings } from './command_runs'
import { environmentOf } from './environment'
import { withoutCapabilities } from './without_capabilities'

/** The variable by which the processes of a look are found again. */
const LOOK = 'CONSOLE_LOOK'
/** Milliseconds that each kind of look may take. */
const WITHIN_MS = { tags: 5 * 60_000, drift: 30 * 60_000 } as const
const MAX_OUTPUT = 50 * 1024 * 1024
/** The exit statuses of `lockstep drift`, which are those of monitoring plugins. */
const DRIFT_EXITS = { OK: 0, CRITICAL: 2, UNKNOWN: 3 } as const

/** Asks hosts by the commands that a person would call, in the folder of lockstep.yaml. */
export class CommandLooks implements LookCommands {
  constructor(private readonly surroundings: Omit<DeploySurroundings, 'machine' | 'isRunning'>) {}

  newId(): string {
    return newRunId(this.surroundings.clock)
  }

  async carryOut(look: LookBegun, signal: AbortSignal): Promise<LookAnswer | { why: string }> {
    const { redact } = this.surroundings
    const answer = await this.ask(look, signal).catch((error: unknown) => ({
      why: (error as Error).message,
    }))
    return 'why' in answer ? { why: excerpt(redact(answer.why), 2_000) } : answer
  }

  end(id: string): void {
    endAllWith(`${LOOK}=${id}`)
  }

  private async ask(look: LookBegun, signal: AbortSignal): Promise<LookAnswer | { why: string }> {
    const { lockstep, folder, env, cwd, run } = this.surroundings
    const [program = '', ...before] = withoutCapabilities(lockstep)
    const result = await run(program, [...before, ...this.wordsOf(look)], {
      cwd: folder,
      inherits: () => false,
      env: environmentOf(env, cwd, { [LOOK]: look.id }),
      within: WITHIN_MS[look.wanted.kind],
      signal,
      leavesNothing: true,
      outputAtMost: MAX_OUTPUT,
    })
    if (result.failure !== undefined) return { why: lastWords(result) }
    return this.read(look, result)
  }

  /** An answer counts only where it is one of this question, and its exit status says the same. */
  private read({ environment, wanted }: LookBegun, result: CommandResult): LookAnswer | { why: string } {
    const document = documentIn(this.surroundings.redact(result.stdout))
    if (wanted.kind === 'drift') {
      const read = v.safeParse(driftAnswer, document)
      return read.success && DRIFT_EXITS[read.output.state] === result.exitCode
        ? read.output
        : { why: lastWords(result) }
    }
    const read = v.safeParse(tagsAnswer, document)
    const isOf =
      read.success &&
      read.output.exitCode === result.exitCode &&
      read.output.environment === environment &&
      read.output.repository === wanted.repository
    return isOf ? read.output : { why: lastWords(result) }
  }

  /** Values stand behind a sign of equality, so that none of them is taken for an option. */
  private wordsOf({ environment, wanted }: LookBegun): string[] {
    const { config, state } = this.surroundings
    const places = [`--environment=${environment}`, '--config', config, '--json']
    if (wanted.kind === 'drift') return ['drift', `--release=${wanted.release}`, '--state', state, ...places]
    const { repository, classes, facts, tag } = wanted
    return [
      'ping',
      `--tags=${repository}`,
      ...classes.map((name) => `--class=${name}`),
      ...facts.map((fact) => `--fact=${fact}`),
      ...(tag === null ? [] : [`--tag=${tag}`]),
      ...places,
    ]
  }
}

function documentIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
