import { dirname, resolve } from 'node:path'
import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import type { BrokerAddress } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { REPOSITORY_NAME } from '../system/git_names'
import { brokersSetting, CONNECTOR, defaultVirtualHost, resolveBrokers } from './brokers_setting'
import { buildQueuesOf, destinationSetting, type BuildQueues } from './build_queues'
import { userSetting, variablesSetting } from './build_setting'
import { DEFAULTS } from './environment'
import { readConfigFile } from './files'
import { allowKnownKeys } from './known_keys'
import type { ProcessContext } from './mcollective_cfg'
import { REPOSITORY, urlSetting } from './repository_setting'
import { secretFilesOf } from './secret_files'
import { eyaml, SecretReader } from './secrets'
import { parsePublicKey, publicKeySetting } from './signing_keys'
import { placesIn, readYaml } from './yaml_file'

/** The schema of `runner`: what a machine needs that builds for a `lockstep serve` elsewhere. */
export const runnerSetting = allowKnownKeys({
  connector: CONNECTOR,
  brokers: brokersSetting,
  virtual_host: v.optional(v.string()),
  destination: destinationSetting,
  serve_key: publicKeySetting,
  user: userSetting,
  repositories: v.record(
    v.pipe(v.string(), v.regex(REPOSITORY_NAME, REPOSITORY)),
    allowKnownKeys({ url: urlSetting, environment: variablesSetting }),
    'names of repositories, each with its url',
  ),
})

/** A repository whose commits a runner builds. */
export interface RunnerRepository {
  name: string
  /** The only place that anything is fetched from. No message can name another. */
  url: string
  /** The names of the only variables that a build inherits. */
  environment: readonly string[]
}

export interface RunnerSettings {
  brokers: readonly BrokerAddress[]
  virtualHost: string
  /** Milliseconds, as is the heart-beat. */
  connectWithin: number
  heartBeat: number
  queues: BuildQueues
  /** The key whose orders are believed. */
  serveKey: KeyObject
  /** The user that builds run as; undefined where they run as that of the runner. */
  user: string | undefined
  repositories: readonly RunnerRepository[]
  secrets: readonly string[]
  /** The files that secrets come from. */
  secretFiles: readonly string[]
  warnings: readonly string[]
}

/**
 * Reads `runner` of a `lockstep.yaml`; undefined where it has none.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readRunnerSetting(
  configPath: string,
  { env }: Pick<ProcessContext, 'env'>,
): RunnerSettings | undefined {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const schema = v.looseObject({ eyaml: v.optional(eyaml), runner: v.optional(runnerSetting) })
  const { eyaml: keys, runner } = readYaml(configPath, text, schema)
  if (runner === undefined) return undefined
  const places = placesIn(configPath, text)
  const secrets = new SecretReader(places, keys, env)
  const where = (...below: (string | number)[]) => places.where(['runner', ...below])
  const brokers = resolveBrokers(runner.brokers, {
    where: (...below) => where('brokers', ...below),
    at: (relative) => resolve(dirname(configPath), relative),
    read: (from, what, ...below) => secrets.read(from, what, ['runner', 'brokers', ...below]),
  })
  const serveKey = parsePublicKey(runner.serve_key)
  if (serveKey === undefined) throw new LockstepError('bad-config', `${where('serve_key')}: is no key`)
  const repositories = Object.entries(runner.repositories).map(([name, each]) => ({ name, ...each }))
  return {
    brokers,
    virtualHost: runner.virtual_host ?? defaultVirtualHost(runner.connector),
    connectWithin: DEFAULTS.connectWithin,
    heartBeat: DEFAULTS.heartBeat,
    queues: buildQueuesOf(runner.destination),
    serveKey,
    user: runner.user,
    repositories,
    secrets: brokers.flatMap(({ password }) => password ?? []),
    secretFiles: [...new Set([...secrets.files, ...secretFilesOf([keys, runner.brokers], configPath)])],
    warnings: [
      ...secrets.warnings,
      ...(runner.user === undefined
        ? [
            `${where()}: builds run as the user of lockstep ci --listen, and can read its key and sign results with it; name a user for them, as in user: lockstep-build`,
          ]
        : []),
    ],
  }
}
