import type { SettingName } from './settings_table'

const READ: readonly SettingName[] = [
  'LOCKSTEP_ENVIRONMENT',
  'LOCKSTEP_VARIABLES',
  'LOCKSTEP_CONFIG',
  'LOCKSTEP_STATE',
  'LOCKSTEP_HOSTS',
]
const SIMULATED: readonly SettingName[] = [
  ...READ,
  'LOCKSTEP_RELEASE',
  'LOCKSTEP_LIMIT',
  'LOCKSTEP_FLEET',
  'LOCKSTEP_FAULTS',
  'LOCKSTEP_INVENTORY',
]
const PLANNED: readonly SettingName[] = [
  ...READ,
  'LOCKSTEP_RELEASE',
  'LOCKSTEP_LIMIT',
  'LOCKSTEP_TICKET',
  'LOCKSTEP_ACTIVATE',
  'LOCKSTEP_SAFE_MODE',
  'LOCKSTEP_LOCKS',
]

/** The settings that are flags of the commands that run features. */
export const SETTINGS_OF = {
  lint: READ,
  rehearse: SIMULATED,
  ci: SIMULATED,
  plan: PLANNED,
  run: [...PLANNED, 'LOCKSTEP_PLAN', 'LOCKSTEP_RESUME', 'LOCKSTEP_APPROVAL', 'LOCKSTEP_TAKE_LOCK'],
} as const satisfies Readonly<Record<string, readonly SettingName[]>>
