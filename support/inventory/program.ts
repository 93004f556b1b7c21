import { dirname } from 'node:path'
import { runCommand } from '../system/command'
import { LockstepError } from '../system/errors'
import { isExecutable } from '../system/programs'
import { ansibleHosts } from './ansible'
import type { Host } from './host'
import { excerpt, type Redact } from '../system/redaction'

const MAX_OUTPUT = 64 * 1024 * 1024

/** Runs a program as Ansible does its dynamic inventories. @throws LockstepError `bad-config` with what it did instead */
export async function readProgram(
  { path, within, withheld }: { path: string; within: number; withheld: readonly string[] },
  add: (host: Host) => void,
  signal: AbortSignal,
  redact: Redact,
): Promise<void> {
  const fault = (what: string) =>
    new LockstepError('bad-config', `the inventory program ${path} ${redact(what)}`)
  if (!isExecutable(path)) throw fault('is no file that can be executed; check its path, or chmod +x it')
  const inherits = (name: string) => !withheld.includes(name) && !isLocksteps(name)
  const limits = {
    within,
    signal,
    inherits,
    cwd: dirname(path),
    outputAtMost: MAX_OUTPUT,
    leavesNothing: true,
  }
  const { exitCode, stdout, output, failure } = await runCommand(path, ['--list'], limits)
  if (signal.aborted)
    throw new LockstepError('interrupted', 'the operator asked to stop while the inventory was read')
  if (failure !== undefined) throw fault(`gave no inventory: ${failure}${lastWords(redact(output))}`)
  if (exitCode !== 0) throw fault(`ended with exit status ${exitCode}${lastWords(redact(output))}`)
  ansibleHosts(path, stdout, redact).forEach(add)
}

/**
 * Returns whether a variable is one of Lockstep's own, secrets among them. A program keeps the variables that it needs
 * to reach its own source.
 */
function isLocksteps(name: string): boolean {
  return /^(?:LOCKSTEP_|MCOLLECTIVE_|STOMP_)/.test(name)
}

function lastWords(output: string): string {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  return last === '' ? ', and said nothing' : `; it said last: ${JSON.stringify(excerpt(last, 200))}`
}
