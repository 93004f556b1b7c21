import { distance } from 'fastest-levenshtein'
import { LockstepError } from '../system/errors'
import { isLike, nearest, plain } from './nearest'
import { PROFILE_PARAMETERS, SETTINGS, type Setting, type SettingName } from './settings_table'

type Variables = Readonly<Record<string, string | undefined>>

const known = Object.entries(SETTINGS).map(([name, setting]): [string, Setting] => [name, setting])
/** The names of all world parameters that are Lockstep's. */
export const WORLD_PARAMETERS: readonly string[] = [
  ...Object.keys(PROFILE_PARAMETERS),
  ...known.flatMap(([, { parameter }]) => parameter ?? []),
]

/** Returns the value of a setting; undefined where it has none. */
export function readSetting(env: Variables, name: SettingName): string | undefined {
  const said = env[name]
  return said === undefined || said === '' ? undefined : said
}

/**
 * Expects every variable to be a known setting. A misspelt switch would otherwise be one that was never set.
 * @throws LockstepError `bad-input` for a variable that resembles a setting and is none, or has a value that it cannot
 * have
 */
export function expectSettings(env: Variables): void {
  for (const [name, said] of Object.entries(env)) {
    const setting = known.find(([each]) => each === name)?.[1]
    const fault =
      setting === undefined
        ? unknownVariable(name)
        : said === undefined
          ? undefined
          : valueFault(setting, said)
    if (fault !== undefined) throw refuse(setting === undefined ? fault : `${name} ${fault}`)
  }
}

/**
 * Expects a value that a flag gives to a setting to be one that it can have.
 * @throws LockstepError `bad-input`
 */
export function expectFlag(flag: string, name: SettingName, value: string): void {
  const fault = valueFault(SETTINGS[name], value)
  if (fault !== undefined) throw refuse(`${flag} ${fault}`)
}

/**
 * Expects that no world parameter resembles a setting. Any other unknown parameter is the team's own.
 * @throws LockstepError `bad-input`
 */
export function expectParameters(said: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(said)) {
    if (value === undefined) continue
    if (WORLD_PARAMETERS.includes(name)) expectValue('world parameter', name, value)
    else expectNoLikeness(name)
  }
}

/**
 * Expects each option of a profile that is Lockstep's alone to be known.
 * @throws LockstepError `bad-input` naming the closest one
 */
export function expectOptions(what: string, said: object, allowed: readonly string[]): void {
  const odd = Object.keys(said).find((name) => !allowed.includes(name))
  if (odd === undefined) return
  const shown = JSON.stringify(odd.slice(0, 80))
  throw refuse(`there is no ${what} ${shown}; the closest known one is ${nearest(odd, allowed)}`)
}

/** Returns whether a name resembles a setting of Lockstep: small letters, a letter too many and the like. */
function isLikeSetting(name: string): boolean {
  if (/^lock_?step/i.test(name)) return true
  const capitals = name.toUpperCase()
  return known.some(([each]) => Math.abs(each.length - name.length) <= 2 && distance(capitals, each) <= 2)
}

function unknownVariable(name: string): string | undefined {
  if (!isLikeSetting(name)) return undefined
  const said = known.filter(([, { setBy }]) => setBy === undefined).map(([each]) => each)
  const meant = nearest(name, said)
  return `there is no setting ${name.slice(0, 80)}; the closest known one is ${meant} (${takes(meant)}). Names that begin with LOCKSTEP_, in capitals, are Lockstep's own: give a variable of yours another name`
}

function takes(name: string): string {
  return known.find(([each]) => each === name)?.[1].takes ?? ''
}

function valueFault({ takes: expected, only, mayBeEmpty, setBy }: Setting, said: string): string | undefined {
  if (setBy !== undefined) return undefined
  if (mayBeEmpty === true) return undefined
  if (said.trim() === '') return `is empty; leave it out, or write ${expected}`
  if (only !== undefined && !only.includes(said))
    return `is ${JSON.stringify(said.slice(0, 80))}; write ${only.join(' or ')}`
  return said === said.trim()
    ? undefined
    : `begins or ends with a blank; leave that out, and write ${expected}`
}

function expectValue(what: string, name: string, value: unknown): void {
  if (name === 'idempotence') {
    if (typeof value !== 'boolean')
      throw refuse(`the ${what} ${name} is ${formatValue(value)}; write true or false, without quotes`)
    return
  }
  const setting = known.find(([, { parameter }]) => parameter === name)?.[1] ?? PROFILE_PARAMETERS[name]
  const expected = setting?.takes ?? 'a text'
  if (typeof value !== 'string')
    throw refuse(`the ${what} ${name} is ${formatValue(value)}; write ${expected}`)
  const fault = valueFault({ help: '', takes: expected }, value)
  if (fault !== undefined) throw refuse(`the ${what} ${name} ${fault}`)
}

function expectNoLikeness(name: string): void {
  const shown = JSON.stringify(name.slice(0, 80))
  const own = 'one of your own needs another name, or stands within an object, as in { "own": { … } }'
  const meant = WORLD_PARAMETERS.find((each) => isLike(name, each))
  if (meant !== undefined)
    throw refuse(`there is no world parameter ${shown}; the closest known one is ${meant}; ${own}`)
  const variable = known.find(
    ([each, { parameter, setBy }]) =>
      parameter === undefined && setBy === undefined && distance(plain(name), plain(each)) <= 1,
  )?.[0]
  if (variable !== undefined)
    throw refuse(
      `there is no world parameter ${shown}; it is said with the environment variable ${variable} (${takes(variable)}); ${own}`,
    )
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : `a ${typeof value}`
}

function refuse(why: string): LockstepError {
  return new LockstepError('bad-input', `${why}; nothing was sent`)
}
