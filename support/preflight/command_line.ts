import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isLike, nearest } from '../config/nearest'
import { isProfileName, MODES, PROFILE_NAMES, PROFILES, type Mode } from '../run/modes'
import { faultOfChoice } from '../run/scenario_choice'
import { isPattern } from './file_patterns'

/** The reason why a rollout refuses to be run in parallel. */
export const NOT_IN_PARALLEL =
  'rollouts do not run in parallel: each step fans out by itself; leave out --parallel'
/** The reason why a rollout refuses to be retried. */
export const NO_RETRY = 'a rollout is not retried: a retried step is a second deploy; leave out --retry'

/**
 * Returns why nothing may be run with these arguments of cucumber-js; undefined where nothing is wrong with them. `known`
 * are the names of all profiles.
 */
export function faultOfCommandLine(args: readonly string[], known: readonly string[]): string | undefined {
  const chosen = optionValues(args, 'profile', 'p')
  return (
    faultOfProfiles(chosen, known) ??
    faultOfSwitches(args) ??
    faultOfChoice(optionValues(args, 'tags', 't'), optionValues(args, 'name')) ??
    faultOfPaths(pathsIn(args), chosen)
  )
}

/** Returns the values of an option in each way of writing it: `--name value`, `--name=value`, `-n value`, `-nvalue`. */
export function optionValues(args: readonly string[], name: string, letter?: string): string[] {
  return args.flatMap((arg, index) => {
    if (arg === `--${name}` || (letter !== undefined && arg === `-${letter}`)) return [args[index + 1] ?? '']
    if (arg.startsWith(`--${name}=`)) return [arg.slice(name.length + 3)]
    const isShort = letter !== undefined && arg.startsWith(`-${letter}`) && !arg.startsWith('--')
    return isShort ? [arg.slice(2).replace(/^=/, '')] : []
  })
}

function faultOfProfiles(chosen: readonly string[], known: readonly string[]): string | undefined {
  const unknown = chosen.find((name) => !known.includes(name))
  if (unknown !== undefined)
    return `there is no profile ${JSON.stringify(unknown)}; the closest one is ${closestProfile(unknown, known)}; there are: ${known.join(', ')}; a profile of your own is one of profiles({ own: … }) in cucumber.js`
  const [beside] = chosen
  return beside !== undefined &&
    chosen.every((name) => isProfileName(name) && PROFILES[name].mode === undefined)
    ? `the profile ${beside} stands beside another one: -p live -p ${beside}, or -p default -p ${beside}`
    : undefined
}

function faultOfSwitches(args: readonly string[]): string | undefined {
  const has = (name: string) => args.some((arg) => arg === name || arg.startsWith(`${name}=`))
  if (has('--parallel')) return NOT_IN_PARALLEL
  return has('--retry') ? NO_RETRY : undefined
}

function faultOfPaths(named: readonly string[], chosen: readonly string[]): string | undefined {
  const odd = named.find((path) => isPattern(path) && existsSync(path))
  if (odd !== undefined)
    return `cucumber takes the name of ${odd} for a pattern, and does not find it; give it another name`
  const missing = named.find((path) => !isPattern(path) && !existsSync(path))
  if (missing !== undefined) return `there is no such file: ${missing}${closestTo(missing)}`
  const far = chosen.find((name) => isProfileName(name) && needsFeature(PROFILES[name].mode))
  return far !== undefined && !named.some((path) => path.endsWith('.feature'))
    ? `the profile ${far} names its features, each by its file, such as features/deployments/website.feature`
    : undefined
}

/** Matches the options that are followed by a value of their own. */
const WITH_VALUE =
  /^(?:-[cfilprt]|--(?:config|exit-code|fail-on|format|format-options|i18n-keywords|import|language|loader|name|order|parallel|plugin|plugin-options|profile|require|require-module|retry|retry-tag-filter|shard|tags|world-parameters))$/

/** Returns the files and folders that are named on the command line, without the lines in them. */
function pathsIn(args: readonly string[]): string[] {
  const named = args.filter((arg, index) => !arg.startsWith('-') && !WITH_VALUE.test(args[index - 1] ?? ''))
  return named.map((arg) => arg.replace(/(?::\d+)+$/, ''))
}

function closestTo(missing: string): string {
  const folder = dirname(missing)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return ''
  const there = readdirSync(folder).filter((name) => name.endsWith('.feature'))
  const meant = nearest(basename(missing), there)
  return isLike(basename(missing), meant) ? `; the closest one is ${join(folder, meant)}` : ''
}

function needsFeature(mode: Mode | undefined): boolean {
  return mode !== undefined && MODES[mode].needsFeature
}

/** Returns the profile whose name, or another word for it, is the nearest to a name. */
function closestProfile(name: string, known: readonly string[]): string {
  const words = PROFILE_NAMES.flatMap((each) =>
    [each, ...PROFILES[each].alsoCalled].map((word) => [word, each] as const),
  )
  const all = new Map<string, string>([...words, ...known.map((each) => [each, each] as const)])
  return all.get(nearest(name, [...all.keys()])) ?? name
}
