import { randomBytes } from 'node:crypto'
import { activemq } from '../connectors/activemq'
import { stompConnector } from '../connectors/stomp_connector'
import { pskClient } from '../protocol/security/psk'
import { RpcClient } from '../rpc/client/client'
import { ownContractOf } from '../rpc/contracts'
import type { UnexpectedReply } from '../rpc/client/result'
import { parseFault } from '../simulation/faults'
import { EmbeddedFleet } from '../simulation/fleet'
import { systemClock, type Clock } from '../system/clock'
import type { Proxy } from './proxy'

export interface TestFleet {
  client: RpcClient
  fleet: EmbeddedFleet
  /** The messages that came when no call was waiting. */
  unexpected: UnexpectedReply[]
  stop(): Promise<void>
}

/** Starts an embedded fleet of `web1` to `web<n>` and a client of it; `faults` by the number of the host. */
export async function testFleet(
  n: number,
  faults: Readonly<Record<number, string>> = {},
  through: (port: number) => Promise<Proxy | undefined> = async () => undefined,
  clientClock: Clock = systemClock,
  /** The number of brokers in the client's pool; all of them are the one of the fleet. */
  pool = 1,
): Promise<TestFleet> {
  const hosts = Array.from({ length: n }, (_, index) => ({
    identity: `web${index + 1}`,
    classes: ['roles::web'],
    facts: { country: index % 2 === 0 ? 'de' : 'fr' },
    packages: { mywebapp: '1.0' },
    services: { mywebapp: 'running' as const },
    checks: {},
    without: [],
    fault: parseFault(faults[index + 1] ?? ''),
  }))
  const fleet = new EmbeddedFleet({
    fleet: { repository: { mywebapp: ['1.0', '2.0'] }, hosts, backends: {} },
    collective: 'mcollective',
    secret: 'test',
    clock: systemClock,
  })
  const port = await fleet.start()
  const proxy = await through(port)
  const unexpected: UnexpectedReply[] = []
  const connector = stompConnector({
    naming: activemq,
    brokers: Array.from({ length: pool }, () => ({ host: '127.0.0.1', port: proxy?.port ?? port })),
    virtualHost: 'mcollective',
    collective: 'mcollective',
    identity: 'test',
    pid: process.pid,
    connectWithin: 600_000,
    heartBeat: 0,
    clock: systemClock,
    random: () => 0,
  })
  const client = new RpcClient({
    connector,
    security: pskClient('test', 'uid=0'),
    identity: 'test',
    collective: 'mcollective',
    ttl: 60,
    clock: clientClock,
    contractOf: ownContractOf,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected: (message) => unexpected.push(message),
    onConnection: () => {},
  })
  await connector.open(new AbortController().signal)
  return {
    client,
    fleet,
    unexpected,
    async stop() {
      await connector.close()
      await proxy?.stop()
      await fleet.stop()
    },
  }
}
