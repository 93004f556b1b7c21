import { SETTINGS_OF } from '../config/command_settings'
import { SETTINGS, type Setting, type SettingName } from '../config/settings_table'
import { formatGivenVariables, parseGivenVariables } from '../config/variables'
import { quoteWord } from '../system/commands'
import { isProfileName, type ProfileName } from './modes'
import { enclose } from './scenario_choice'

/** The commands of `lockstep` that run features, each with its profile. */
export const FEATURE_COMMANDS = {
  lint: 'lint',
  rehearse: 'rehearse',
  ci: 'ci',
  plan: 'plan',
  run: 'live',
} as const satisfies Readonly<Record<string, ProfileName>>

export type FeatureCommand = keyof typeof FEATURE_COMMANDS

/** The arguments of a command that runs features, beside settings. */
export interface FeatureCall {
  command: FeatureCommand
  features: readonly string[]
  tags: readonly string[]
  names: readonly string[]
  /** The profiles of the team that stand before Lockstep's, which overrides them. */
  profiles: readonly string[]
  /** The configuration of cucumber; undefined for its usual one. */
  config: string | undefined
  idempotence: boolean
}

/** Returns the arguments of cucumber-js that say the same as a command. */
export function argsOfCall(call: FeatureCall): string[] {
  const { command, features, tags, names, profiles, config, idempotence } = call
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...[...profiles, FEATURE_COMMANDS[command]].flatMap((name) => ['-p', name]),
    ...(idempotence ? ['-p', 'idempotence'] : []),
    ...tags.flatMap((expression) => ['--tags', enclose(expression)]),
    ...names.flatMap((pattern) => ['--name', pattern]),
    // Cucumber takes one of them for an option, and the other for a list of scenarios to run again.
    ...features.map((path) => (/^[-@]/.test(path) ? `./${path}` : path)),
  ]
}

/** Formats the command `lockstep run` that says the same as arguments of cucumber-js and settings. */
export function formatRun(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  lockstep: string,
): string {
  const flags = Object.entries(env).filter(([name, value]) => value !== '' && hasFlag(name))
  const others = Object.entries(env).filter(([name, value]) => value !== '' && !hasFlag(name))
  return [
    ...others.map(([name, value]) => `${name}=${quoteWord(value)}`),
    `${lockstep} run`,
    ...flags.flatMap(([name, value]) => flagsOf(name, value)),
    ...wordsOf(args).map(quoteWord),
  ].join(' ')
}

function hasFlag(name: string): boolean {
  return (SETTINGS_OF.run as readonly string[]).includes(name)
}

function flagsOf(name: string, value: string): string[] {
  const { flag = '' }: Setting = SETTINGS[name as SettingName]
  const values = name === 'LOCKSTEP_VARIABLES' ? eachOf(value) : [value]
  return values.map((each) => flagWith(flag, each))
}

function eachOf(variables: string): string[] {
  return [...parseGivenVariables(variables, 'LOCKSTEP_VARIABLES')].map(([name, value]) => `${name}=${value}`)
}

function flagWith(flag: string, value: string): string {
  return value.startsWith('-') ? `--${flag}=${quoteWord(value)}` : `--${flag} ${quoteWord(value)}`
}

/** Returns the words behind `lockstep run` for arguments of cucumber-js as `argsOfCall` makes them. */
function wordsOf(args: readonly string[]): string[] {
  const words: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const [word = '', value = ''] = [args[at], args[at + 1]]
    const flag = { '-p': 'profile', '--config': 'cucumber-config', '--tags': 'tags', '--name': 'name' }[word]
    if (flag === undefined) words.push(word)
    else {
      at += 1
      if (flag !== 'profile' || !isProfileName(value)) words.push(`--${flag}`, value)
      else if (value === 'idempotence') words.push('--idempotence')
    }
  }
  return words
}

/** Joins variables that flags give to those that the environment gives: a flag wins over a variable of its name. */
export function joinVariables(given: string, flags: ReadonlyMap<string, string>): string {
  return formatGivenVariables(new Map([...parseGivenVariables(given, 'LOCKSTEP_VARIABLES'), ...flags]))
}
