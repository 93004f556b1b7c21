import { SETTINGS, type Setting, type SettingName } from '../config/settings_table'
import type { Command, Completed } from './command'

/** A flag of a command: one of its own options, or a setting of a run. */
export interface CommandFlag {
  name: string
  help: string
  takes?: string
  default?: string
  many: boolean
  only?: readonly string[]
  completed: Completed
  setting?: SettingName
}

/** Returns all flags of a command: its own first. */
export function flagsOf({ options, settings = [] }: Command): CommandFlag[] {
  const own = Object.entries(options).map(([name, option]) => ({
    name,
    completed: 'nothing' as const,
    ...option,
    many: option.many === true,
  }))
  return [...own, ...settings.map(flagOfSetting)]
}

function flagOfSetting(setting: SettingName): CommandFlag {
  const { flag: name, help, only, default: fallback }: Setting = SETTINGS[setting]
  if (name === undefined) throw new Error(`${setting} has no flag`)
  return {
    name,
    help,
    setting,
    takes: valueWordOf(setting),
    many: setting === 'LOCKSTEP_VARIABLES',
    completed: completedOf(setting),
    ...(only === undefined ? {} : { only }),
    ...(fallback === undefined ? {} : { default: fallback }),
  }
}

/** Returns the value of a flag in a word. */
function valueWordOf(setting: SettingName): string {
  const { takes, only }: Setting = SETTINGS[setting]
  if (only !== undefined) return only.join('|')
  if (setting === 'LOCKSTEP_VARIABLES') return 'name=value'
  const words = takes.replace(/^(?:the|a|an) /, '').split(/ or the |, | of | /)
  return words[0] ?? takes
}

function completedOf(setting: SettingName): Completed {
  const { takes }: Setting = SETTINGS[setting]
  if (setting === 'LOCKSTEP_ENVIRONMENT') return 'environments'
  if (takes.includes('id of a run')) return 'runs'
  if (takes.includes('file')) return 'files'
  return takes.includes('folder') ? 'folders' : 'nothing'
}
