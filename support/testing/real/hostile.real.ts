import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { activemq } from '../../connectors/activemq'
import { stompConnector } from '../../connectors/stomp_connector'
import { NO_FILTER, type Filter } from '../../protocol/filter'
import { pskClient } from '../../protocol/security/psk'
import { RpcClient } from '../../rpc/client/client'
import { ownContractOf } from '../../rpc/contracts'
import { systemClock } from '../../system/clock'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { PASSWORD, PSK, USER } from './settings'

const never = new AbortController().signal

describe('our daemon behind ActiveMQ, asked by somebody with the secret', () => {
  let scratch: Scratch
  let broker: RealBroker
  let fleet: RealFleet
  let folder: string
  before(async function () {
    this.timeout(300_000)
    scratch = new Scratch()
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    // Any engine that goes back needs longer for this than the machine lasts.
    const added = await fleet.addOurs('ours1.example.net', { country: `${'a'.repeat(60)}!` })
    folder = added.folder
  })
  after(async function () {
    this.timeout(300_000)
    await fleet.stop()
    await broker.stop()
    scratch.remove()
  })

  it('is found by those after one with an expression that never ends, and names what it cannot use', async () => {
    const client = clientFor(broker)
    await client.connector.open(never)
    const found = async (filter: Partial<Filter>) =>
      (await client.rpc.discover({ filter: { ...NO_FILTER, ...filter }, within: 2_000, signal: never })).hosts
    const country = (value: string) => found({ facts: [{ fact: 'country', operator: '=~', value }] })
    expect(await country('^(a+)+$')).to.deep.equal([])
    expect(await country('^a(?=b)')).to.deep.equal([])
    expect(await country('^(a+)+!$')).to.deep.equal(['ours1.example.net'])
    await client.connector.close()
    expect(readFileSync(join(folder, 'daemon.log'), 'utf8')).to.include(
      '/^a(?=b)/ is no regular expression that hosts can use: it looks ahead or behind',
    )
  }).timeout(300_000)
})

function clientFor({ port }: RealBroker) {
  const connector = stompConnector({
    naming: activemq,
    brokers: [{ host: '127.0.0.1', port, user: USER, password: PASSWORD }],
    virtualHost: 'mcollective',
    collective: 'mcollective',
    identity: 'hostile',
    pid: process.pid,
    connectWithin: 2_000,
    heartBeat: 0,
    clock: systemClock,
    random: () => 0,
  })
  const rpc = new RpcClient({
    connector,
    security: pskClient(PSK, 'uid=0'),
    identity: 'hostile',
    collective: 'mcollective',
    ttl: 60,
    clock: systemClock,
    contractOf: ownContractOf,
    newRequestId: () => randomBytes(16).toString('hex'),
    onUnexpected: () => {},
    onConnection: () => {},
  })
  return { connector, rpc }
}
