import { SETTINGS, type Setting } from '../config/settings_table'
import { LockstepError } from '../system/errors'
import { FEATURE_COMMANDS, type FeatureCommand } from './feature_call'
import { modeOf, PROFILES, MODES, type ModeParameters } from './modes'
import type { RunParameters } from './parameters'

/**
 * The variable by which `lockstep run` and the like tell the run of themselves. The run takes it away: where it is
 * still there in the end, nothing of Lockstep took part.
 */
export const BEGUN_WITH = 'LOCKSTEP_BEGUN_WITH'

/** The command of `lockstep` that a run was begun with. */
export interface BegunWith {
  command: FeatureCommand
  /** True where the standard output is JSON for programs, and a person reads the standard error. */
  json: boolean
}

export function formatBegunWith({ command, json }: BegunWith): string {
  return json ? `${command} --json` : command
}

/** Takes the command out of an environment, so that no other run has it; undefined for a run of cucumber-js. */
export function takeBegunWith(env: Record<string, string | undefined>): BegunWith | undefined {
  const [command = '', json] = (env[BEGUN_WITH] ?? '').split(' ')
  delete env[BEGUN_WITH]
  return isFeatureCommand(command) ? { command, json: json === '--json' } : undefined
}

/**
 * Expects a run to be what its command stands for. A team's own configuration may give the profile's name to something
 * else, or say another environment than the flag.
 * @throws LockstepError `bad-input`
 */
export function expectAsAsked(
  begunWith: BegunWith,
  parameters: RunParameters & { lint?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): void {
  expectProfile(begunWith, parameters)
  for (const [name, { parameter, flag }] of Object.entries<Setting>(SETTINGS)) {
    const own = parameter === undefined ? undefined : (parameters as Record<string, unknown>)[parameter]
    if (own === undefined || (env[name] ?? own) === own) continue
    throw new LockstepError(
      'bad-input',
      `--${flag} says ${JSON.stringify(env[name])}, and the configuration of cucumber ${JSON.stringify(own)}; leave one of them out; nothing was sent`,
    )
  }
}

function expectProfile({ command }: BegunWith, parameters: ModeParameters & { lint?: boolean }): void {
  const profile = FEATURE_COMMANDS[command]
  const { mode, lints } = PROFILES[profile]
  if (mode === modeOf(parameters) && lints === (parameters.lint === true)) return
  const { profile: other } = MODES[modeOf(parameters)]
  throw new LockstepError(
    'bad-input',
    `lockstep ${command} runs the profile ${profile}, and the configuration of cucumber gives that name to a run of the kind ${other}; give it another name; nothing was sent`,
  )
}

function isFeatureCommand(word: string): word is FeatureCommand {
  return Object.hasOwn(FEATURE_COMMANDS, word)
}
