import { expectFlag, readSetting } from '../config/settings'
import { SETTINGS, type Setting, type SettingName } from '../config/settings_table'
import { parseGivenVariables } from '../config/variables'
import { joinVariables } from '../run/feature_call'
import { LockstepError } from '../system/errors'

/**
 * Puts the values of flags into an environment, where they win over those that are there.
 * @throws LockstepError `bad-input` for a value that a setting cannot have
 */
export function putSettings(
  settings: ReadonlyMap<SettingName, readonly string[]>,
  env: Record<string, string | undefined>,
): void {
  for (const [name, values] of settings) {
    const { flag = '' }: Setting = SETTINGS[name]
    for (const value of values) expectFlag(`--${flag}`, name, value)
    env[name] =
      name === 'LOCKSTEP_VARIABLES'
        ? joinVariables(readSetting(env, name) ?? '', variablesIn(values))
        : values.at(-1)
  }
}

/** Returns the variables of `--var` flags. A comma is part of a value. */
function variablesIn(values: readonly string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const value of values) {
    if (!/^[^=]+=./s.test(value))
      throw new LockstepError('bad-input', '--var takes name=value, and one of them is not; nothing was sent')
    for (const [name, own] of parseGivenVariables(value.replaceAll(',', '\\,'), '--var')) {
      if (found.has(name))
        throw new LockstepError('bad-input', `--var: ${name} is given twice; nothing was sent`)
      found.set(name, own)
    }
  }
  return found
}
