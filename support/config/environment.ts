import type { KeyObject } from 'node:crypto'
import type { RuntimeAddress } from '../balancers/haproxy/runtime'
import type { BrokerAddress } from '../connectors/stomp/broker'
import type { NoticeChannelSettings } from '../notices/settings'
import type { InventorySource } from './inventory_sources'

/** All that has to be known to reach one fleet, resolved: files are read, secrets are here, defaults are filled in. */
export interface Environment {
  name: string
  connector: 'activemq' | 'rabbitmq'
  brokers: readonly BrokerAddress[]
  virtualHost: string
  collective: string
  identity: string
  security: SecuritySettings
  /** Seconds. */
  ttl: number
  /** The following in milliseconds. */
  discoveryWindow: number
  connectWithin: number
  heartBeat: number
  lookEvery: number
  /** How long hosts may take for an agent's actions, where it is other than the agent's own time-out. */
  timeouts: Readonly<Record<string, number>>
  /** False for fleets whose daemons do not listen for directed messages. */
  directAddressing: boolean
  /** The runtime sockets of the HAProxies in front of the hosts; they act as one. */
  haproxy: readonly RuntimeAddress[]
  /** Where it is written who should be there; empty where nobody has written it. */
  inventory: readonly InventorySource[]
  /** The names that an inventory may give a host's environment; undefined where it may be any. */
  environments: readonly string[] | undefined
  /** Whether hosts themselves are asked for a lease before they are changed. */
  hostLeases: boolean
  /** Whether rollouts change nothing until their release is activated. */
  safeMode: boolean
  /** Where notices of a live rollout go. */
  notices: readonly NoticeChannelSettings[]
  /** What `<name>` in features stands for, of those names that the run uses; secrets are read by then. */
  variables: ReadonlyMap<string, string>
  /** Which of them must not be shown. */
  secretVariables: ReadonlySet<string>
  /** Things that an operator should know before starting, such as a secret that everybody can read. */
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

/** Texts that must not appear in any log, report or error. */
export function secretsOf(environment: Environment): string[] {
  const { brokers, security, notices } = environment
  const passwords = brokers.flatMap(({ password }) => (password === undefined ? [] : [password]))
  const others = [...passwords, ...notices.flatMap(({ secrets }) => secrets), ...secretValues(environment)]
  return security.provider === 'psk' ? [security.secret, ...others] : others
}

/** What secret variables stand for: texts that a feature hands to agents, and that nobody else is shown. */
export function secretValues({ variables, secretVariables }: VariablesInUse): string[] {
  return [...variables].flatMap(([name, value]) => (secretVariables.has(name) ? [value] : []))
}

export type VariablesInUse = Pick<Environment, 'variables' | 'secretVariables'>

/** For who knows nothing of features. */
export const NO_VARIABLES: VariablesInUse = { variables: new Map(), secretVariables: new Set() }

export const DEFAULTS = {
  ttl: 60,
  discoveryWindow: 2_000,
  connectWithin: 10_000,
  heartBeat: 10_000,
  lookEvery: 1_000,
} as const
