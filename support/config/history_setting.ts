import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import type { BrokerTls } from '../connectors/stomp/broker'
import { readConfigFile } from './files'
import { allowKnownKeys } from './known_keys'
import type { ProcessContext } from './mcollective_cfg'
import { eyaml, secret, SecretReader } from './secrets'
import { readTlsFiles } from './tls_files'
import { placesIn, readYaml } from './yaml_file'

const name = v.pipe(v.string(), v.minLength(1, 'a name'))
const path = v.pipe(v.string(), v.minLength(1, 'a path'))
const port = v.pipe(
  v.number('a port number'),
  v.integer('a port number'),
  v.minValue(1, 'a port from 1'),
  v.maxValue(65_535, 'a port up to 65535'),
)

/** The schema of `history`: the database in which several control hosts share their history and their locks. */
export const historySetting = allowKnownKeys({
  postgresql: allowKnownKeys({
    host: v.pipe(
      v.string(),
      v.regex(/^(?:[\w.:-]+|\/[^\0]*)$/, 'a host name, an address, or the folder of a socket'),
    ),
    port: v.optional(port, 5_432),
    database: v.optional(name, 'lockstep'),
    user: v.optional(name, 'lockstep'),
    password: v.optional(secret),
    tls: v.optional(allowKnownKeys({ ca: v.optional(path), cert: v.optional(path), key: v.optional(path) })),
  }),
})

/** The database of a shared history, and of shared locks. */
export interface DatabaseSettings {
  host: string
  port: number
  database: string
  user: string
  password: string | undefined
  /** The certificates; undefined where the connection is not encrypted. The server's own is always checked. */
  tls: Omit<BrokerTls, 'verify'> | undefined
}

/**
 * Reads `history` of a `lockstep.yaml`; undefined where it has none.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readHistorySetting(
  configPath: string,
  { env }: Pick<ProcessContext, 'env'>,
): DatabaseSettings | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const schema = v.looseObject({ eyaml: v.optional(eyaml), history: v.optional(historySetting) })
  const { eyaml: keys, history } = readYaml(configPath, text, schema)
  if (history === undefined) return undefined
  const { password, tls, ...address } = history.postgresql
  const places = placesIn(configPath, text)
  const secrets = new SecretReader(places, keys, env)
  const at = (file: string | undefined) =>
    file === undefined ? undefined : resolve(dirname(configPath), file)
  const ca = at(tls?.ca)
  const files = { ca: ca === undefined ? undefined : [ca], cert: at(tls?.cert), key: at(tls?.key) }
  return {
    ...address,
    password:
      password && secrets.read(password, 'password of PostgreSQL', ['history', 'postgresql', 'password']),
    tls: tls && readTlsFiles(files, places.where(['history', 'postgresql', 'tls'])),
  }
}
