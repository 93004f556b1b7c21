import { expect } from 'chai'
import { rabbitmq } from '../../connectors/rabbitmq'
import { stompConnector } from '../../connectors/stomp_connector'
import { encodeFrame, headers } from '../../connectors/stomp/frame'
import { NO_FILTER } from '../../protocol/filter'
import { pskClient } from '../../protocol/security/psk'
import { systemClock } from '../../system/clock'
import { failure } from '../../testing/failure'
import { fakeBroker, welcoming, type FakeBroker } from '../../testing/fake_broker'
import { RpcClient } from './client'
import { ownContractOf } from '../contracts'

const HOUR = 3_600_000
const signal = new AbortController().signal

/** Returns RabbitMQ 3.10's answer to a message for an exchange that was never declared. */
function refusal(exchange: string): Buffer {
  const body = Buffer.from(`NOT_FOUND - no exchange '${exchange}' in vhost '/mcollective'`)
  return encodeFrame('ERROR', headers({ message: 'not_found', 'content-type': 'text/plain' }), body)
}

describe('a broker that has no exchange for what is sent', () => {
  let broker: FakeBroker
  let ids = 0
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
    await broker.stop()
  })

  async function client(): Promise<RpcClient> {
    broker = await fakeBroker((frame, socket) => {
      if (frame.command !== 'SEND') return welcoming(frame, socket)
      const [, , exchange = ''] = (frame.headers['destination'] ?? '').split('/')
      socket.end(refusal(exchange))
    })
    const connector = stompConnector({
      naming: rabbitmq,
      brokers: [{ host: '127.0.0.1', port: broker.port }],
      virtualHost: '/mcollective',
      collective: 'shop',
      identity: 'test',
      pid: 1,
      connectWithin: 2_000,
      heartBeat: 0,
      clock: systemClock,
      random: () => 0,
    })
    const made = new RpcClient({
      connector,
      security: pskClient('test', 'uid=0'),
      identity: 'test',
      collective: 'shop',
      ttl: 60,
      clock: systemClock,
      contractOf: ownContractOf,
      newRequestId: () => String((ids += 1)).padStart(32, '0'),
      onUnexpected: () => {},
      onConnection: () => {},
    })
    await connector.open(signal)
    closing.push(() => connector.close())
    return made
  }

  const call = { agent: 'rpcutil', action: 'ping', inputs: {}, hosts: ['web1'], within: HOUR, signal }
  const asks: [string, string, (made: RpcClient) => Promise<unknown>][] = [
    [
      'an open discovery',
      'shop_broadcast',
      (made) => made.discover({ filter: NO_FILTER, within: HOUR, signal }),
    ],
    ['a call', 'shop_directed', (made) => made.call(call)],
  ]
  for (const [what, exchange, ask] of asks)
    it(`ends ${what} at once, by the exchange's name, and each later request`, async () => {
      const made = await client()
      const refused = await failure(ask(made))
      expect(refused.code).to.equal('broker-refused')
      expect(refused.message)
        .to.contain(`has no exchange ${exchange} in its virtual host /mcollective`)
        .and.to.contain('MCollective needs shop_broadcast (of type topic) and shop_directed (of type direct)')
      expect((await failure(made.call(call))).message).to.equal(refused.message)
      expect(broker.connections()).to.equal(1)
    })
})
