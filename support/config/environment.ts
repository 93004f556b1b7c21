import type { KeyObject } from 'node:crypto'
import type { PrometheusAccess } from '../analysis/prometheus'
import type { RuntimeAddress } from '../balancers/haproxy/runtime'
import type { BrokerAddress } from '../connectors/stomp/broker'
import type { NotificationChannelSettings } from '../notifications/settings'
import type { TeamBalancerSettings } from './balancers_setting'
import type { InventorySource } from './inventory_sources'

/** The settings with which one fleet is reached, resolved: files and secrets are read, defaults are filled in. */
export interface Environment {
  name: string
  /** The road to the hosts. */
  road: Road
  collective: string
  identity: string
  /** Seconds for which a request is valid. */
  ttl: number
  /** Milliseconds, as are the settings below up to `timeouts`. */
  discoveryWindow: number
  connectWithin: number
  heartBeat: number
  lookEvery: number
  /** Times for an agent's actions, by agent, where they differ from the agent's own time-out. */
  timeouts: Readonly<Record<string, number>>
  /** The runtime sockets of the HAProxies in front of the hosts; they act as one. */
  haproxy: readonly RuntimeAddress[]
  /** The pools behind balancers of a team. */
  balancers: readonly TeamBalancerSettings[]
  /** The Prometheus whose metrics features name; undefined where there is none. */
  prometheus: PrometheusAccess | undefined
  /** The sources that say which hosts should be there; empty where none is written. */
  inventory: readonly InventorySource[]
  /** The environment whose hosts of the inventory are meant, where that is not the one of this name. */
  inventoried?: string | undefined
  /** The names that an inventory may give a host's environment; undefined where it may be any. */
  environments: readonly string[] | undefined
  /** True when hosts themselves are asked for a lease before they are changed. */
  hostLeases: boolean
  /** True when rollouts change nothing until their release is activated. */
  safeMode: boolean
  /** The channels for notifications of a live rollout. */
  notifications: readonly NotificationChannelSettings[]
  /** Values of the `<name>` in features, for the names that the run uses; secrets are read by then. */
  variables: ReadonlyMap<string, string>
  /** The names of the variables that are redacted. */
  secretVariables: ReadonlySet<string>
  /** Warnings that an operator should know before starting, such as a secret that every user can read. */
  warnings: readonly string[]
}

/** The settings of the road to the hosts of an environment, one member for each kind of connector. */
export type Road = SingleRoad | MixedRoad

/** The settings of a road that is one alone. */
export type SingleRoad = StompRoad | NatsRoad

/** Several roads: each host is on one of them. */
export interface MixedRoad {
  connector: 'mixed'
  roads: readonly NamedRoad[]
}

/** One of several roads, with the collective of the hosts on it, and who asks there. */
export interface NamedRoad {
  name: string
  road: SingleRoad
  collective: string
  identity: string
}

/** A road by brokers that speak STOMP. */
export interface StompRoad {
  connector: 'activemq' | 'rabbitmq'
  brokers: readonly BrokerAddress[]
  virtualHost: string
  security: SecuritySettings
  /** False for fleets whose daemons do not listen for directed messages. */
  directAddressing: boolean
  /** True where replies come through the exchange `mcollective_reply` of RabbitMQ. */
  replyExchange?: boolean
}

/** A road by NATS servers, with Choria's protocol. */
export interface NatsRoad {
  connector: 'nats'
  brokers: readonly BrokerAddress[]
  security: ChoriaSettings
}

export interface ChoriaSettings {
  provider: 'choria'
  callerid: string
  /** The certificate that each request brings along, a PEM text. */
  certificate: string
  privateKey: KeyObject
}

export type SecuritySettings =
  | { provider: 'psk'; secret: string; callerid: string }
  | {
      provider: 'ssl'
      serializer: 'marshal' | 'yaml'
      callerid: string
      privateKey: KeyObject
      serverPublicKey: KeyObject
    }
  | { provider: 'aes_security'; callerid: string; privateKey: KeyObject }

/** Returns the texts that must not appear in any log, report or error. */
export function secretsOf(environment: Environment): string[] {
  const { road, notifications, balancers, prometheus } = environment
  return [
    ...secretsOfRoad(road),
    ...notifications.flatMap(({ secrets }) => secrets),
    ...balancers.flatMap(({ secrets }) => secrets),
    ...(prometheus?.secrets ?? []),
    ...secretValues(environment),
  ]
}

function secretsOfRoad(road: Road): string[] {
  if (road.connector === 'mixed') return road.roads.flatMap((each) => secretsOfRoad(each.road))
  const { brokers, security } = road
  const passwords = brokers.flatMap(({ password }) => (password === undefined ? [] : [password]))
  return security.provider === 'psk' ? [security.secret, ...passwords] : passwords
}

/** Returns the values of secret variables: texts that a feature hands to agents and that no one else is shown. */
export function secretValues({ variables, secretVariables }: VariablesInUse): string[] {
  return [...variables].flatMap(([name, value]) => (secretVariables.has(name) ? [value] : []))
}

export type VariablesInUse = Pick<Environment, 'variables' | 'secretVariables'>

/** The variables of a caller without features: none. */
export const NO_VARIABLES: VariablesInUse = { variables: new Map(), secretVariables: new Set() }

export const DEFAULTS = {
  ttl: 60,
  discoveryWindow: 2_000,
  connectWithin: 10_000,
  heartBeat: 10_000,
  lookEvery: 1_000,
} as const
