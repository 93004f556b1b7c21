import type { CommandEnv, CommandResult } from '../system/command'
import { LockstepError } from '../system/errors'
import { excerpt } from '../system/redaction'
import { BEGUN_BY, type Errand, type Purpose } from './errand'
import { PROFILES, type ProfileName } from './modes'
import type { HostTruth } from './rehearsed'

/** A run of the same features that a run begins: to plan them again, or to rehearse a fault. */
export interface Again {
  /** The profile that the features are run with. */
  profile: ProfileName
  purpose: Purpose
  /** The features that are run where the command line names none. */
  features?: readonly string[]
  /** Returns settings for the run, given a folder that exists as long as the run does. */
  env?: (folder: string) => CommandEnv
  signal: AbortSignal
}

/** The outcome of a run that another one has begun. */
export interface Ended {
  /** The exit status; undefined for a run that did not come to its end. */
  exitCode: number | undefined
  /** The path of the plan that the run has saved; undefined where it has saved none. */
  plan: string | undefined
  /** The real states of simulated hosts; undefined for a run that is no rehearsal, or did not come to its end. */
  truth: readonly HostTruth[] | undefined
  /** The last of what the run has shown, in a person's words. */
  said: string
}

/** Begins a run, and hands what it came to to `read`. The files of the run exist until `read` has resolved. */
export type BeginAgain = <T>(again: Again, read: (ended: Ended) => T | Promise<T>) => Promise<T>

/** Returns the arguments of cucumber-js for a run that another one begins, from those that the other one has. */
export function argsOfAgain(args: readonly string[], { profile, features = [] }: Again): string[] {
  const named = args.some((arg) => arg.includes('.feature')) ? [] : features
  return [...withProfile(args, profile), ...named]
}

/** Returns the variables of a run that another one begins, where they differ from those that the other one has. */
export function envOfAgain(
  { purpose, env = () => ({}) }: Pick<Again, 'purpose' | 'env'>,
  reports: string,
  state: string,
): CommandEnv {
  return {
    [BEGUN_BY]: JSON.stringify({ ...purpose, reports } satisfies Errand),
    CI: 'true',
    // The run that began this one tells GitHub of it.
    GITHUB_ACTIONS: '',
    // A program reads what it shows.
    GITLAB_CI: '',
    LOCKSTEP_STATE: state,
    ...env(reports),
  }
}

/** @throws LockstepError `interrupted` where the operator asked to stop: what such a run came to says nothing */
export function expectUninterrupted({ aborted }: AbortSignal): void {
  if (aborted)
    throw new LockstepError('interrupted', 'the operator asked to stop while the same was gone through again')
}

/** Returns the last output of a run that left no result: a person's words, and no stack trace. */
export function lastWords({ output, failure }: Pick<CommandResult, 'output' | 'failure'>): string {
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
