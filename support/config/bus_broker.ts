import type { BrokerAddress } from '../connectors/stomp/broker'
import { LockstepError } from '../system/errors'
import { buildQueuesOf, type BuildQueues } from './build_queues'
import { secretsOf } from './environment'
import { readLockstepYaml } from './lockstep_yaml'
import type { ProcessContext } from './mcollective_cfg'
import type { BusSettings } from './pipeline_setting'
import { expectStompRoad } from './road_places'

/** The broker of the bus, and where it publishes. */
export interface BusBroker {
  brokers: readonly BrokerAddress[]
  virtualHost: string
  /** Milliseconds, as is the heart-beat. */
  connectWithin: number
  heartBeat: number
  /** Where machine messages go, and where sentences do, as STOMP names it. */
  messages: string
  sentences: string
  /** The queues between this machine and its runners. */
  queues: BuildQueues
  /** Texts that must not appear anywhere. */
  secrets: readonly string[]
  warnings: readonly string[]
}

/**
 * Reads the broker of the bus: that of an environment of the same `lockstep.yaml`.
 * @throws LockstepError `bad-config`: file, line, what was expected
 */
export function readBusBroker(configPath: string, bus: BusSettings, context: ProcessContext): BusBroker {
  const environment = readLockstepYaml(configPath, bus.environment, context)
  const { connectWithin, heartBeat, name, warnings } = environment
  const { brokers, virtualHost, connector } = expectStompRoad(environment, `${bus.where}: the bus`).road
  if (bus.exchange !== undefined && connector !== 'rabbitmq')
    throw new LockstepError(
      'bad-config',
      `${bus.where}: exchange is for RabbitMQ, and the environment ${name} has ${connector}; leave it out`,
    )
  const under = bus.exchange === undefined ? '/topic' : `/exchange/${bus.exchange}`
  return {
    brokers,
    virtualHost,
    connectWithin,
    heartBeat,
    messages: `${under}/${bus.destination}`,
    sentences: `${under}/${bus.destination}.events`,
    queues: buildQueuesOf(bus.destination),
    secrets: secretsOf(environment),
    warnings,
  }
}
