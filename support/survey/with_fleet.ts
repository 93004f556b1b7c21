import { randomBytes } from 'node:crypto'
import { describeRoad, fleetRoad, type FleetRoad } from '../composition/fleet_road'
import { secretsOf, type Environment } from '../config/environment'
import { RpcClient } from '../rpc/client/client'
import type { UnexpectedReply } from '../rpc/client/result'
import { ownContractOf } from '../rpc/contracts'
import type { Clock } from '../system/clock'
import { LockstepError } from '../system/errors'
import { redactorOfOthers } from '../system/redaction'
import { tellNobody, tellWhile, type TellWait } from '../system/wait'

/** A fleet while it is connected. */
export interface ConnectedFleet {
  client: RpcClient
  /** The messages that came when no call waited for them, so far. */
  messages: readonly UnexpectedReply[]
  /** @throws LockstepError `broker-lost` while the broker is lost: a host that is silent then was perhaps never asked */
  expectConnected(): void
}

export interface ConnectOptions {
  clock: Clock
  signal: AbortSignal
  tellWait?: TellWait
  beforeOpen?: (road: FleetRoad) => void
}

/**
 * Connects to the broker of an environment as a rollout does, for as long as the work takes.
 * @throws LockstepError `broker-unreachable`, `broker-refused` or `broker-lost`
 */
export async function withFleet<T>(
  environment: Environment,
  { clock, signal, tellWait = tellNobody, beforeOpen }: ConnectOptions,
  work: (fleet: ConnectedFleet) => Promise<T>,
): Promise<T> {
  const road = fleetRoad(environment, clock, redactorOfOthers(secretsOf(environment)))
  const { connector } = road
  beforeOpen?.(road)
  const messages: UnexpectedReply[] = []
  let lost: Error | undefined
  const client = new RpcClient({
    ...road,
    identity: environment.identity,
    collective: environment.collective,
    ttl: environment.ttl,
    clock,
    contractOf: ownContractOf,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected: (message) => messages.push(message),
    onConnection: (event) => (lost ??= event === 'restored' ? undefined : event.lost),
  })
  const expectConnected = () => {
    if (lost !== undefined)
      throw new LockstepError('broker-lost', `${lost.message}; nothing is known of the hosts`)
  }
  await tellWhile(tellWait, { what: describeRoad(environment) }, () => connector.open(signal))
  try {
    return await work({ client, messages, expectConnected })
  } finally {
    await connector.close()
  }
}
