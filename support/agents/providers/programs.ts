import { findTelling } from '../../system/reason'
import type { CommandLimits, CommandResult, CommandRunner } from '../../system/command'
import { excerpt } from '../../system/redaction'

/** Milliseconds that a program that only looks may take. */
export const LOOK_WITHIN = 30_000
const MAX_OUTPUT = 1_000

export type Program = (
  program: string,
  args: readonly string[],
  limits: CommandLimits,
) => Promise<CommandResult & { exitCode: number }>

/**
 * Returns a runner that runs programs to their end, and accepts every exit status.
 * @throws Error when a program did not get to its end
 */
export function toItsEnd(run: CommandRunner): Program {
  return async (program, args, limits) => {
    const result = await run(program, args, limits)
    const { exitCode, failure } = result
    if (failure !== undefined || exitCode === undefined)
      throw new Error(`${program}: ${failure ?? 'it has no exit status'}`)
    return { ...result, exitCode }
  }
}

/** Returns whether a program was begun of which it cannot be known how it ended, or that it has: its host is away. */
export function isUnknown({ failure }: Pick<CommandResult, 'failure'>): boolean {
  return failure?.startsWith('unknown: ') === true
}

/** Returns an error with a program's complaint: the lines that match `telling`, or the last ones. */
export function complaint(
  program: string,
  { exitCode, output }: { exitCode: number; output: string },
  telling: RegExp,
): Error {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const told = [...new Set(findTelling(lines, telling).map((line) => line.trim()))]
  const said = excerpt((told.length > 0 ? told : lines.slice(-3)).join('; '), MAX_OUTPUT)
  return new Error(`${program} ended with exit status ${exitCode}${said === '' ? '' : `: ${said}`}`)
}
