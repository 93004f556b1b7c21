import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { runCommand, type CommandResult } from '../system/command'
import { BEGUN_BY } from './environments'
import { RECORD } from './reports'

export interface Again {
  /** The profile that it is run with. */
  profile: string
  /** What is run where the command line does not say. */
  features?: readonly string[]
  /** As a function of the folder that is there as long as the run is. */
  env?: (folder: string) => Readonly<Record<string, string>>
  signal: AbortSignal
}

type Read<T> = (result: CommandResult, reports: string) => T | Promise<T>

/** Runs what this process was told to run, with another profile. */
export function runAgain<T>({ profile, features = [], env, signal }: Again, read: Read<T>): Promise<T> {
  const [, program = '', ...args] = process.argv
  const named = args.some((arg) => arg.includes('.feature')) ? [] : features
  return begin([program, ...withProfile(args, profile), ...named], env ?? (() => ({})), signal, read)
}

/** Runs cucumber-js in this folder. */
export function cucumberIn<T>(
  {
    args,
    env,
    signal,
  }: { args: readonly string[]; env: Readonly<Record<string, string>>; signal: AbortSignal },
  read: Read<T>,
): Promise<T> {
  const { dir } = parse(
    require.resolve('@cucumber/cucumber/package.json', { paths: [process.cwd(), __dirname] }),
  )
  return begin([join(dir, 'bin', 'cucumber.js'), ...args], () => env, signal, read)
}

/** `reports` is there until `read` has resolved. */
async function begin<T>(
  command: readonly string[],
  env: (folder: string) => Readonly<Record<string, string>>,
  signal: AbortSignal,
  read: Read<T>,
): Promise<T> {
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  try {
    const result = await runCommand(process.execPath, command, {
      signal,
      env: {
        LOCKSTEP_REPORTS: reports,
        [BEGUN_BY]: String(process.pid),
        CI: 'true',
        // What is told to GitHub is told by the run that began it.
        GITHUB_ACTIONS: '',
        LOCKSTEP_RECORD: RECORD,
        ...env(reports),
      },
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
