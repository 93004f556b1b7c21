import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { readInventorySetting } from '../config/lockstep_yaml'
import { readSetting } from '../config/settings'
import { readInventory } from '../inventory/inventory'
import { formatLockstep } from '../system/commands'
import { LockstepError } from '../system/errors'
import type { Call, Outcome } from './command'

const HOW = () => `say: ${formatLockstep('enc --config lockstep.yaml web1.example.net')}`

/**
 * Prints what puppet asks an external node classifier: the classes, environment and parameters of one host. It needs no
 * secret.
 */
export async function enc({ cwd, env, args: [host = ''] }: Omit<Call, 'options'>): Promise<Outcome> {
  const path = resolve(cwd, readSetting(env, 'LOCKSTEP_CONFIG') ?? 'lockstep.yaml')
  if (!existsSync(path)) throw new LockstepError('bad-config', `there is no configuration ${path}; ${HOW()}`)
  const { environment, environments, sources } = readInventorySetting(
    path,
    readSetting(env, 'LOCKSTEP_ENVIRONMENT'),
  )
  if (sources.every(({ kind }) => kind === 'discovery'))
    throw new LockstepError(
      'bad-config',
      `${path}: the environment ${environment} has no inventory; name one, as in inventory: [hosts.csv]`,
    )
  const signal = new AbortController().signal
  // The host's own environment is the answer, not the one by which the inventory was found.
  const { hosts } = await readInventory(sources, { environment: undefined, environments, signal })
  const found = hosts.find(({ name }) => name.toLowerCase() === host.toLowerCase())
  if (found === undefined)
    return {
      text: '',
      complaint: `the inventory of ${environment} has no host ${JSON.stringify(host)}\n`,
      exitCode: 1,
    }
  const answer = {
    classes: found.classes,
    environment: found.environment ?? environment,
    parameters: found.facts,
  }
  // Ruby reads an older YAML, in which a bare yes, 010 or 1:30 is no text.
  return { text: stringify(answer, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 }), exitCode: 0 }
}
