import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { findClientCfg } from '../config/client_cfg'
import { parseSettings } from '../config/mcollective_cfg'
import { placesIn } from '../config/yaml_file'
import { configPath } from '../run/parameters'
import type { Environment } from '../config/environment'
import type { Subject } from './subject'

/** A setting by its keys in an environment of lockstep.yaml, and by its key in client.cfg. */
export interface SettingKeys {
  yaml: readonly (string | number)[]
  cfg: string
}

/** Returns the file and the line of a setting, or of what is nearest to it; the words of a person where there is none. */
export function whereIs({ yaml, cfg }: SettingKeys, environment: Environment, subject: Subject): string {
  const { context, cwd } = subject
  const config = configPath(context, cwd)
  const keys = yaml.join('.')
  try {
    if (config !== undefined) {
      const places = placesIn(config, readFileSync(config, 'utf8'))
      const own = ['environments', environment.name]
      const client = places.written([...own, 'client_config'])
      const where = (path: string) => (path.startsWith(cwd) ? relative(cwd, path) : path)
      return client === undefined
        ? `${keys} at ${where(places.where([...own, ...yaml]))}`
        : `${cfg} in the file of ${where(places.where([...own, 'client_config']))}`
    }
    const client = findClientCfg(context)
    if (client === undefined) return keys
    return `${cfg} at ${parseSettings(client, readFileSync(client, 'utf8')).where(cfg)}`
  } catch {
    return keys
  }
}

/** Returns where a broker of an environment is configured. */
export function whereIsBroker(
  index: number,
  environment: Environment,
  subject: Subject,
  key = 'host',
): string {
  const cfg = `plugin.${environment.connector}.pool.${index + 1}.${key}`
  return whereIs({ yaml: ['brokers', index, key], cfg }, environment, subject)
}

/** Returns where the secret, or the key that hosts know, is configured. */
export function whereIsSecret(environment: Environment, subject: Subject): string {
  const keys: Record<Environment['security']['provider'], SettingKeys> = {
    psk: { yaml: ['security', 'secret'], cfg: 'plugin.psk' },
    ssl: { yaml: ['security', 'private_key'], cfg: 'plugin.ssl_client_private' },
    aes_security: { yaml: ['security', 'private_key'], cfg: 'plugin.aes.client_private' },
  }
  return whereIs(keys[environment.security.provider], environment, subject)
}
