import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { findClientCfg } from '../config/client_cfg'
import { parseSettings } from '../config/mcollective_cfg'
import { placesIn } from '../config/yaml_file'
import { configPath } from '../run/parameters'
import type { Environment, SingleRoad } from '../config/environment'
import { roadsOf, type RoadInPlace } from '../config/road_places'
import type { Subject } from './subject'

/** A setting by its keys in an environment of lockstep.yaml, and by its key in client.cfg. */
export interface SettingKeys {
  yaml: readonly (string | number)[]
  cfg: string
}

/** Returns the file and the line of a setting, or of what is nearest to it; the words of a person where there is none. */
export function whereIs(
  { yaml, cfg }: SettingKeys,
  environment: Environment,
  subject: Subject,
  /** The keys above the setting in the environment. */
  above: readonly string[] = [],
): string {
  const { context, cwd } = subject
  const config = configPath(context, cwd)
  const keys = [...above, ...yaml].join('.')
  try {
    if (config !== undefined) {
      const places = placesIn(config, readFileSync(config, 'utf8'))
      const own = ['environments', environment.name, ...above]
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

/** Returns where a broker of a road is configured. */
export function whereIsBroker(
  index: number,
  { road, keys }: RoadInPlace,
  environment: Environment,
  subject: Subject,
  key = 'host',
): string {
  const { connector } = road
  const cfg =
    connector === 'nats' ? 'plugin.choria.middleware_hosts' : `plugin.${connector}.pool.${index + 1}.${key}`
  return whereIs({ yaml: ['brokers', index, key], cfg }, environment, subject, keys)
}

/** Returns where the secrets, or the keys that hosts know, are configured. */
export function whereAreSecrets(environment: Environment, subject: Subject): string {
  return roadsOf(environment)
    .map((road) => whereIsSecretOf(road, environment, subject))
    .join(' and ')
}

/** Returns where the secret, or the key, that the hosts of a road know is configured. */
export function whereIsSecretOf(
  { road, keys }: RoadInPlace,
  environment: Environment,
  subject: Subject,
): string {
  const settings: Record<SingleRoad['security']['provider'], SettingKeys> = {
    psk: { yaml: ['security', 'secret'], cfg: 'plugin.psk' },
    ssl: { yaml: ['security', 'private_key'], cfg: 'plugin.ssl_client_private' },
    choria: { yaml: ['security', 'certificate'], cfg: 'plugin.security.file.certificate' },
    aes_security: { yaml: ['security', 'private_key'], cfg: 'plugin.aes.client_private' },
  }
  return whereIs(settings[road.security.provider], environment, subject, keys)
}

/** Returns what hosts know us by: a secret, a key, or either where roads differ. */
export function kindOfSecret(environment: Pick<Environment, 'road' | 'collective' | 'identity'>): string {
  const kinds = roadsOf(environment).map(({ road }) => (road.security.provider === 'psk' ? 'secret' : 'key'))
  return [...new Set(kinds)].join(' or ')
}
