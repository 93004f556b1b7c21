import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, type CommandResult } from '../system/command'

export interface Again {
  /** The profile that it is run with. */
  profile: string
  env?: Readonly<Record<string, string>>
  signal: AbortSignal
}

/** How a run that this one began came out; `reports` is there until `read` has resolved. */
export async function runAgain<T>(
  { profile, env = {}, signal }: Again,
  read: (result: CommandResult, reports: string) => T | Promise<T>,
): Promise<T> {
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  const [, program = '', ...args] = process.argv
  try {
    const result = await runCommand(process.execPath, [program, ...withProfile(args, profile)], {
      signal,
      env: { LOCKSTEP_REPORTS: reports, LOCKSTEP_BEGUN_BY: String(process.pid), CI: 'true', ...env },
    })
    return await read(result, reports)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

/** The same command line with this profile and no other. */
export function withProfile(args: readonly string[], profile: string): string[] {
  const kept: string[] = []
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? ''
    if (arg === '-p' || arg === '--profile') index += 1
    else if (!arg.startsWith('--profile=') && !/^-p./.test(arg)) kept.push(arg)
  }
  return [...kept, '-p', profile]
}
