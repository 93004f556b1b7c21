import { basename, resolve, dirname } from 'node:path'
import * as v from 'valibot'
import { LockstepError } from '../system/errors'
import type { TeamOptions } from '../system/team_options'
import {
  brokersSetting,
  defaultVirtualHost,
  natsBrokersSetting,
  resolveBrokers,
  type BrokerReading,
} from './brokers_setting'
import { callerWarnings, readChoriaFiles } from './choria_files'
import { chosenOf } from './choice'
import { readClientCfg } from './client_cfg'
import type { ProcessContext } from './mcollective_cfg'
import { balancersSetting, resolveBalancers } from './balancers_setting'
import { duration } from './duration_setting'
import {
  DEFAULTS,
  NO_VARIABLES,
  type Environment,
  type NamedRoad,
  type NatsRoad,
  type SecuritySettings,
} from './environment'
import { extensionsSetting } from './extensions_setting'
import { calleridOf, readConfigFile, readPrivateKey, readPublicKey } from './files'
import { historySetting } from './history_setting'
import { inventorySetting, inventorySources, type InventorySource } from './inventory_sources'
import { allowKnownKeys } from './known_keys'
import { monitoringSetting } from './monitoring_setting'
import { notificationsSchema, resolveNotifications } from './notifications'
import { prometheusSetting, resolvePrometheus } from './prometheus_setting'
import { eyaml, secret, SecretReader, type SecretSetting } from './secrets'
import { readOptions } from './team_options'
import { variables } from './variables_file'
import { consoleSetting } from './console_setting'
import { pipelineSetting } from './pipeline_setting'
import { runnerSetting } from './runner_setting'
import { placesIn, readYaml, variablesWithSecrets, type YamlPlaces } from './yaml_file'

const name = v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a name of letters, digits, dots, dashes'))
const port = v.pipe(
  v.number('a port number'),
  v.integer('a port number'),
  v.minValue(1, 'a port from 1'),
  v.maxValue(65_535, 'a port up to 65535'),
)
const path = v.pipe(v.string(), v.minLength(1, 'a path'))

const security = v.variant('provider', [
  allowKnownKeys({
    provider: v.literal('psk'),
    secret,
    callerid: v.optional(v.pipe(v.string(), v.regex(/^\w+=[\w.-]+$/, 'a callerid such as user=deploy'))),
  }),
  allowKnownKeys({
    provider: v.literal('ssl'),
    private_key: path,
    public_key: path,
    server_public_key: path,
    serializer: v.optional(v.picklist(['marshal', 'yaml'], 'marshal or yaml'), 'marshal'),
  }),
  allowKnownKeys({ provider: v.literal('aes_security'), private_key: path, public_key: path }),
])

const choria = allowKnownKeys({
  provider: v.literal('choria', 'choria, which is what NATS goes with'),
  certificate: path,
  key: path,
  ca: path,
})

const runtime = v.union(
  [
    allowKnownKeys({ socket: v.pipe(path, v.startsWith('/', 'an absolute path')) }),
    allowKnownKeys({ host: v.pipe(v.string(), v.regex(/^[\w.:-]+$/, 'a host name or address')), port }),
  ],
  'a runtime socket: {socket: /path} or {host: name, port: number}',
)

const timing = {
  ttl: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400)), DEFAULTS.ttl),
  discovery_window: v.optional(duration),
  connect_timeout: v.optional(duration),
  heart_beat: v.optional(duration),
  look_every: v.optional(duration),
  host_leases: v.optional(v.boolean()),
  safe_mode: v.optional(v.boolean('true or false')),
  timeouts: v.optional(v.record(name, duration), {}),
  notifications: v.optional(notificationsSchema, []),
  haproxy: v.optional(v.pipe(v.array(runtime, 'a list of runtime sockets'), v.minLength(1, 'at least one'))),
  balancers: v.optional(balancersSetting, []),
  prometheus: v.optional(prometheusSetting),
  inventory: v.optional(inventorySetting),
  variables: v.optional(variables),
}

const byClientConfig = { client_config: path }
const byNats = {
  connector: v.literal('nats'),
  brokers: natsBrokersSetting,
  collective: v.optional(name, 'mcollective'),
  identity: v.optional(name),
  security: choria,
}
const byStomp = {
  connector: v.picklist(['activemq', 'rabbitmq'], 'activemq, rabbitmq or nats'),
  brokers: brokersSetting,
  virtual_host: v.optional(v.string()),
  collective: v.optional(name, 'mcollective'),
  identity: v.optional(name),
  direct_addressing: v.optional(v.boolean('true or false'), true),
  reply_exchange: v.optional(v.boolean('true or false'), false),
  security,
}

/** The mappings that one of several roads may be; the one that resembles the written one names its own faults. */
export const ROADS = [
  allowKnownKeys(byClientConfig),
  allowKnownKeys(byNats),
  allowKnownKeys(byStomp),
] as const
const road = v.lazy((written) => ROADS[kindOfRoad(written)])
const roads = v.pipe(
  v.record(name, road, 'roads by name'),
  v.check((written) => Object.keys(written).length > 1, 'two roads or more, by name'),
)

export const environmentSchema = v.union([
  allowKnownKeys({ ...byClientConfig, ...timing }),
  allowKnownKeys({ ...byNats, ...timing }),
  allowKnownKeys({ ...byStomp, ...timing }),
  allowKnownKeys({ roads, ...timing }),
])

export const fileSchema = allowKnownKeys({
  default: v.optional(name),
  eyaml: v.optional(eyaml),
  extensions: v.optional(extensionsSetting),
  history: v.optional(historySetting),
  monitoring: v.optional(monitoringSetting),
  pipeline: v.optional(pipelineSetting),
  console: v.optional(consoleSetting),
  runner: v.optional(runnerSetting),
  environments: v.record(name, v.unknown()),
})

/**
 * Reads one environment of a `lockstep.yaml`: the one named, else its `default`, else the only one there is.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readLockstepYaml(
  configPath: string,
  wanted: string | undefined,
  context: ProcessContext,
): Environment {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { chosen, environments, keys } = chosenIn(configPath, text, wanted)
  const shape = environmentSchemaFor(environments[chosen])
  const checked = readYaml(
    configPath,
    text,
    v.looseObject({ environments: v.looseObject({ [chosen]: shape }) }),
  )
  const settings = (checked.environments as Record<string, v.InferOutput<typeof environmentSchema>>)[chosen]
  if (settings === undefined)
    throw new LockstepError('bad-config', `${configPath}: environments.${chosen} is empty`)
  const places = placesIn(configPath, text)
  const secrets = new SecretReader(places, keys, context.env)
  const known = resolveEnvironment(places, chosen, settings, context, secrets, variablesWithSecrets(text))
  return { ...known, environments: Object.keys(environments) }
}

/**
 * Expects a text to be a `lockstep.yaml`, in all its environments. Nothing that it names is read: no file, no variable
 * and no program.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function expectLockstepYaml(configPath: string, text: string): void {
  const { default: preferred, environments } = readYaml(configPath, text, fileSchema)
  if (preferred !== undefined) chosenIn(configPath, text, undefined)
  for (const [chosen, written] of Object.entries(environments)) {
    const shape = environmentSchemaFor(written)
    readYaml(configPath, text, v.looseObject({ environments: v.looseObject({ [chosen]: shape }) }))
  }
}

/** The inventory of an environment, read without the environment's secrets. */
export interface NamedInventory {
  environment: string
  environments: readonly string[]
  sources: readonly InventorySource[]
}

/**
 * Reads the inventory of an environment without its secrets.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readInventorySetting(configPath: string, wanted: string | undefined): NamedInventory {
  const text = readConfigFile(configPath, 'configuration', 'Lockstep')
  const { chosen, environments } = chosenIn(configPath, text, wanted)
  const shape = v.looseObject({ inventory: v.optional(inventorySetting) })
  const schema = v.looseObject({ environments: v.looseObject({ [chosen]: shape }) })
  const setting = readYaml(configPath, text, schema).environments[chosen]?.inventory
  return {
    environment: chosen,
    environments: Object.keys(environments),
    sources:
      setting === undefined
        ? []
        : inventorySources(setting, pathsFrom(configPath), variablesWithSecrets(text)),
  }
}

function chosenIn(configPath: string, text: string, wanted: string | undefined) {
  const { default: preferred, environments, eyaml: keys } = readYaml(configPath, text, fileSchema)
  const where = () => placesIn(configPath, text).where(wanted === undefined ? ['default'] : ['environments'])
  return { chosen: chosenOf(where, Object.keys(environments), wanted ?? preferred), environments, keys }
}

/** Returns the branch that a value resembles, so that its own faults are named and not those of the other. */
function environmentSchemaFor(value: unknown) {
  const [byClientConfig, byNats, byStomp, byRoads] = environmentSchema.options
  if (typeof value === 'object' && value !== null && 'roads' in value) return byRoads
  return [byClientConfig, byNats, byStomp][kindOfRoad(value)] ?? byStomp
}

/** Returns the place in `ROADS` of the mapping that a value resembles. */
function kindOfRoad(value: unknown): 0 | 1 | 2 {
  if (typeof value !== 'object' || value === null) return 2
  if ('client_config' in value) return 0
  return 'connector' in value && value.connector === 'nats' ? 1 : 2
}

function resolveEnvironment(
  places: YamlPlaces,
  chosen: string,
  settings: v.InferOutput<typeof environmentSchema>,
  context: ProcessContext,
  secrets: SecretReader,
  withheld: readonly string[],
): Omit<Environment, 'environments'> {
  const at = pathsFrom(places.path)
  const { warnings } = secrets
  const where: Where = (...keys) => places.where(['environments', chosen, ...keys])
  const read = (from: SecretSetting, what: string, ...keys: (string | number)[]) =>
    secrets.read(from, what, ['environments', chosen, ...keys])
  const optionsAt = (written: TeamOptions, ...keys: (string | number)[]) =>
    readOptions(written, {
      where: (...below) => where(...keys, ...below),
      read: (from, what, ...below) => read(from, what, ...keys, ...below),
    })
  const times = {
    discoveryWindow: settings.discovery_window ?? DEFAULTS.discoveryWindow,
    connectWithin: settings.connect_timeout ?? DEFAULTS.connectWithin,
    heartBeat: settings.heart_beat ?? DEFAULTS.heartBeat,
    lookEvery: settings.look_every ?? DEFAULTS.lookEvery,
    timeouts: settings.timeouts,
    ttl: settings.ttl,
    haproxy: settings.haproxy ?? [],
    balancers: resolveBalancers(
      settings.balancers,
      (index) => where('balancers', index),
      (options, index) => optionsAt(options, 'balancers', index, 'with'),
    ),
    prometheus:
      settings.prometheus &&
      resolvePrometheus(settings.prometheus, {
        where: (key) => where('prometheus', key),
        at,
        read: (from, what, key) => read(from, what, 'prometheus', key),
      }),
    hostLeases: settings.host_leases ?? false,
    safeMode: settings.safe_mode ?? false,
    inventory: settings.inventory === undefined ? [] : inventorySources(settings.inventory, at, withheld),
    notifications: resolveNotifications(settings.notifications, (index) => ({
      where: where('notifications', index),
      at,
      read: (from, what) => read(from, what, 'notifications', index),
      readOptions: (written) => optionsAt(written, 'notifications', index, 'with'),
      warnings,
    })),
  }
  if ('client_config' in settings) {
    const known = readClientCfg(at(settings.client_config), context)
    return { ...known, ...times, name: chosen, warnings: [...known.warnings, ...warnings] }
  }
  const reading = (...above: string[]): RoadReading => ({
    where: (...keys) => where(...above, ...keys),
    at,
    read: (from, what, ...keys) => read(from, what, ...above, ...keys),
    context,
    warnings,
  })
  const common = { name: chosen, warnings, ...NO_VARIABLES, ...times }
  if ('connector' in settings) return { ...common, ...resolveRoad(settings, reading()) }
  const roads = Object.entries(settings.roads).map(([road, written]): NamedRoad => {
    const own = reading('roads', road)
    if ('connector' in written) return { name: road, ...resolveRoad(written, own) }
    const known = readClientCfg(at(written.client_config), context)
    warnings.push(...known.warnings)
    return { name: road, road: known.road, collective: known.collective, identity: known.identity }
  })
  expectDifferentRoads(roads, (road) => where('roads', road))
  const collectives = new Set(roads.map(({ collective }) => collective))
  return {
    ...common,
    road: { connector: 'mixed', roads },
    // Each road has its own; this one is for sentences.
    collective: [...collectives].join(' and '),
    identity: roads[0]?.identity ?? context.hostname,
  }
}

/** The means of resolving what is written of one road. */
interface RoadReading {
  where: Where
  at: (relative: string) => string
  read: (from: SecretSetting, what: string, ...keys: (string | number)[]) => string
  context: ProcessContext
  /** Takes what a person should know of its files. */
  warnings: string[]
}

function resolveRoad(
  settings: v.InferOutput<(typeof ROADS)[1] | (typeof ROADS)[2]>,
  reading: RoadReading,
): Omit<NamedRoad, 'name'> {
  const { where, at, read, context } = reading
  const { collective, identity = context.hostname } = settings
  if (settings.connector === 'nats') return { road: natsRoad(settings, reading), collective, identity }
  return {
    road: {
      connector: settings.connector,
      brokers: resolveBrokers(settings.brokers, brokersAt(reading)),
      virtualHost: settings.virtual_host ?? defaultVirtualHost(settings.connector),
      security: readSecurity(settings.security, where, at, read, context),
      directAddressing: settings.direct_addressing,
      ...(settings.reply_exchange ? { replyExchange: true } : {}),
    },
    collective: settings.collective,
    identity: settings.identity ?? context.hostname,
  }
}

/** Returns the means of resolving the brokers of a road. */
function brokersAt({ where, at, read }: RoadReading): BrokerReading {
  return {
    where: (...keys) => where('brokers', ...keys),
    at,
    read: (from, what, ...keys) => read(from, what, 'brokers', ...keys),
  }
}

function natsRoad(
  { brokers, security: { certificate, key, ca } }: v.InferOutput<(typeof ROADS)[1]>,
  reading: RoadReading,
): NatsRoad {
  const { at, where, warnings } = reading
  const files = { certificate: at(certificate), key: at(key), ca: at(ca) }
  const { security: own, tls, name: called, warnings: told } = readChoriaFiles(files, where('security'))
  warnings.push(...told, ...callerWarnings(called))
  const resolved = resolveBrokers(brokers, brokersAt(reading))
  return { connector: 'nats', brokers: resolved.map((each) => ({ ...each, tls })), security: own }
}

/** Expects no host to be on two of the roads: each would answer by both. */
function expectDifferentRoads(roads: readonly NamedRoad[], where: (road: string) => string): void {
  const seen = new Map<string, string>()
  for (const { name, road, collective } of roads)
    for (const { host, port } of road.brokers) {
      const virtualHost = road.connector === 'nats' ? '' : road.virtualHost
      const place = `${host}:${port} ${virtualHost} ${collective}`
      const before = seen.get(place)
      if (before !== undefined && before !== name)
        throw new LockstepError(
          'bad-config',
          `${where(name)}: the roads ${before} and ${name} both go to the collective ${collective} of the broker ${host}:${port}; expected each host to be on one road: name its broker once`,
        )
      seen.set(place, name)
    }
}

/** Returns `path:line` of a setting of the environment. */
type Where = (...keys: (string | number)[]) => string

function pathsFrom(configPath: string): (relative: string) => string {
  return (relative) => resolve(dirname(configPath), relative)
}

function readSecurity(
  settings: v.InferOutput<typeof security>,
  where: Where,
  at: (relative: string) => string,
  read: (from: SecretSetting, what: string, ...keys: string[]) => string,
  context: ProcessContext,
): SecuritySettings {
  if (settings.provider === 'psk') {
    return {
      provider: 'psk',
      secret: read(settings.secret, 'psk secret', 'security', 'secret'),
      callerid: settings.callerid ?? `uid=${context.uid}`,
    }
  }
  if (settings.provider === 'aes_security') {
    return {
      provider: 'aes_security',
      callerid: calleridOf(at(settings.public_key), where('security', 'public_key')),
      privateKey: readPrivateKey(at(settings.private_key), where('security', 'private_key')),
    }
  }
  return {
    provider: 'ssl',
    serializer: settings.serializer,
    callerid: `cert=${basename(settings.public_key).replace(/\.pem$/, '')}`,
    privateKey: readPrivateKey(at(settings.private_key), where('security', 'private_key')),
    serverPublicKey: readPublicKey(at(settings.server_public_key), where('security', 'server_public_key')),
  }
}
