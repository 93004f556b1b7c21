import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse, resolve } from 'node:path'
import { runCommand, type CommandEnv, type CommandResult } from '../system/command'
import { LockstepError } from '../system/errors'
import { PROFILES, type ProfileName } from '../run/modes'
import { BEGUN_BY, type Errand, type Purpose } from '../run/errand'
import { foldersIn } from '../run/folders'
import { excerpt } from '../system/redaction'

export interface Again {
  /** The profile that the features are run with. */
  profile: ProfileName
  /** Why the run is begun. */
  purpose: Purpose
  /** The features that are run where the command line names none. */
  features?: readonly string[]
  /** Returns environment variables for the run, given a folder that exists as long as the run does. */
  env?: (folder: string) => CommandEnv
  signal: AbortSignal
}

type Read<T> = (result: CommandResult, reports: string) => T | Promise<T>

/** Runs the command of this process with another profile. */
export function runAgain<T>(
  { profile, purpose, features = [], env, signal }: Again,
  read: Read<T>,
): Promise<T> {
  const [, program = '', ...args] = process.argv
  const named = args.some((arg) => arg.includes('.feature')) ? [] : features
  return begin([program, ...withProfile(args, profile), ...named], purpose, env ?? (() => ({})), signal, read)
}

/** Runs cucumber-js in this folder. */
export function cucumberIn<T>(
  {
    args,
    purpose,
    env,
    signal,
  }: Pick<Again, 'purpose' | 'signal'> & { args: readonly string[]; env: CommandEnv },
  read: Read<T>,
): Promise<T> {
  const { dir } = parse(
    require.resolve('@cucumber/cucumber/package.json', { paths: [process.cwd(), __dirname] }),
  )
  return begin([join(dir, 'bin', 'cucumber.js'), ...args], purpose, () => env, signal, read)
}

/**
 * Runs a command and hands its result and its folder `reports` to `read`; the folder exists until `read` has resolved.
 */
async function begin<T>(
  command: readonly string[],
  purpose: Purpose,
  env: (folder: string) => CommandEnv,
  signal: AbortSignal,
  read: Read<T>,
): Promise<T> {
  const reports = mkdtempSync(join(tmpdir(), 'lockstep-'))
  try {
    const result = await runCommand(process.execPath, command, {
      signal,
      env: {
        [BEGUN_BY]: JSON.stringify({ ...purpose, reports } satisfies Errand),
        CI: 'true',
        // The run that began this one tells GitHub of it.
        GITHUB_ACTIONS: '',
        LOCKSTEP_STATE: resolve(foldersIn(process.env).state),
        ...env(reports),
      },
    })
    if (signal.aborted)
      throw new LockstepError(
        'interrupted',
        'the operator asked to stop while the same was gone through again',
      )
    return await read(result, reports)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

/** Returns the last output of a run that left no result: a person's words, and no stack trace. */
export function lastWords({ output, failure }: CommandResult): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
  const said = excerpt(lines.slice(-4).join(' '), 400)
  return [said, failure].filter(Boolean).join('; ') || 'it said nothing'
}

/**
 * Returns the command line with this profile in place of Lockstep's others. The profiles of a team stay, since they may
 * say where the run goes.
 */
export function withProfile(args: readonly string[], profile: ProfileName): string[] {
  const kept: string[] = []
  const own: string[] = []
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? ''
    const [, attached] = /^(?:--profile=|-p=?)([^-].*)$/.exec(arg) ?? []
    const isApart = arg === '-p' || arg === '--profile'
    if (isApart) index += 1
    const name = isApart ? args[index] : attached
    if (name === undefined) kept.push(arg)
    else if (!Object.hasOwn(PROFILES, name)) own.push('-p', name)
  }
  return [...kept, ...own, '-p', profile]
}
