import { EXIT, exitCodeFor, LockstepError } from '../system/errors'
import { leaveSoon } from '../system/leaving'
import { divertOutput, outliveOutputs } from '../system/output'
import { call } from './call'
import type { Handover, Outcome } from './command'
import { COMMANDS } from './commands'

/**
 * Runs the `lockstep` command. Resolves with the path of a program that the process becomes, or with undefined when all
 * is done.
 */
export async function main(words: readonly string[], cwd: string): Promise<string | undefined> {
  const command = COMMANDS[words[0] ?? '']
  // An answer that could not be written must not look like "all is well". Cucumber-js looks after its own outputs.
  if (command?.becomesCucumber !== true)
    outliveOutputs(process.stdout, process.stderr, () => (process.exitCode ||= EXIT.failed))
  try {
    const outcome = await call(words, cwd, process.env)
    if ('program' in outcome) return handOver(outcome)
    print(outcome)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const complaint = { text: '', complaint: `${error.message}\n`, exitCode: exitCodeFor(error.code) }
    print(command?.onMisuse?.(error.message, words) ?? complaint)
  }
  return undefined
}

function handOver({ program, args, env, json, onExit }: Handover): string {
  process.argv = [process.execPath, program, ...args]
  Object.assign(process.env, env)
  process.once('exit', onExit)
  // Code of a team, and formatters of its profiles, write there too.
  if (json) divertOutput(process.stdout, process.stderr)
  return program
}

function print({ text, complaint = '', exitCode, leavesSoon }: Outcome): void {
  process.stderr.write(complaint)
  process.stdout.write(text)
  process.exitCode = exitCode
  if (leavesSoon === true) leaveSoon(process)
}
