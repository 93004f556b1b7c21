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
  connector: 'activemq' | 'rabbitmq'
  brokers: readonly BrokerAddress[]
  virtualHost: string
  collective: string
  identity: string
  security: SecuritySettings
  /** Seconds for which a request is valid. */
  ttl: number
  /** Milliseconds, as are the settings below up to `timeouts`. */
  discoveryWindow: number
  connectWithin: number
  heartBeat: number
  lookEvery: number
  /** Times for an agent's actions, by agent, where they differ from the agent's own time-out. */
  timeouts: Readonly<Record<string, number>>
  /** False for fleets whose daemons do not listen for directed messages. */
  directAddressing: boolean
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
  const { brokers, security, notifications, balancers, prometheus } = environment
  const passwords = brokers.flatMap(({ password }) => (password === undefined ? [] : [password]))
  const others = [
    ...passwords,
    ...notifications.flatMap(({ secrets }) => secrets),
    ...balancers.flatMap(({ secrets }) => secrets),
    ...(prometheus?.secrets ?? []),
    ...secretValues(environment),
  ]
  return security.provider === 'psk' ? [security.secret, ...others] : others
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
