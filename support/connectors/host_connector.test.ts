import { once } from 'node:events'
import { expect } from 'chai'
import { systemClock } from '../system/clock'
import { fakeBroker, welcoming, type FakeBroker } from '../testing/fake_broker'
import { activemq } from './activemq'
import { HostConnector } from './host_connector'
import { encodeFrame, headers } from './stomp/frame'

const MB = 1024 * 1024

describe('a host’s connection', () => {
  let broker: FakeBroker
  let connector: HostConnector
  let requests: string[]
  let trouble: string[]
  let arrived: () => void
  let isRefusing: boolean
  /** The number of pauses, each of a random length. */
  let pauses: number

  const connectorTo = (...ports: number[]) =>
    new HostConnector({
      naming: activemq,
      brokers: ports.map((port) => ({ host: '127.0.0.1', port })),
      virtualHost: 'mcollective',
      collectives: ['mcollective', 'sub'],
      identity: 'web1.example.net',
      agents: ['discovery', 'package'],
      connectWithin: 600_000,
      heartBeat: 0,
      clock: systemClock,
      random: () => ((pauses += 1), 0),
      onRequest: (body, replyTo) => {
        requests.push(`${body.toString('utf8', 0, 20)} ${replyTo}`)
        arrived()
      },
      onTrouble: (what) => trouble.push(what),
    })

  beforeEach(async () => {
    ;[requests, trouble, arrived, isRefusing, pauses] = [[], [], () => {}, false, 0]
    broker = await fakeBroker((frame, socket) => {
      if (isRefusing) socket.end(encodeFrame('ERROR', { message: 'not yet' }))
      else welcoming(frame, socket)
    })
    connector = connectorTo(broker.port)
    await connector.open()
  })
  afterEach(async () => {
    await connector.close()
    await broker.stop()
  })

  const message = (body: Buffer, more: Record<string, string> = { 'reply-to': '/queue/r' }) =>
    encodeFrame(
      'MESSAGE',
      headers({ 'message-id': '1', subscription: '1', destination: '/q', ...more }),
      body,
    )
  const untilAsked = () => new Promise<void>((resolve) => (arrived = resolve))

  it('is subscribed for all its collectives and agents, and for itself', () => {
    const places = broker.frames
      .filter(({ command }) => command === 'SUBSCRIBE')
      .map((frame) => frame.headers['destination'])
    expect(places).to.deep.equal([
      '/topic/mcollective.discovery.agent',
      '/topic/mcollective.package.agent',
      '/queue/mcollective.nodes',
      '/topic/sub.discovery.agent',
      '/topic/sub.package.agent',
      '/queue/sub.nodes',
    ])
  })

  it('skips a request of 50 MB, says so, and goes on with the next one', async () => {
    const [socket] = broker.sockets
    const asked = untilAsked()
    const whole = message(Buffer.alloc(50 * MB, 'x'))
    for (let at = 0; at < whole.length; at += MB) {
      if (socket?.write(whole.subarray(at, at + MB)) === false) await once(socket, 'drain')
    }
    socket?.write(message(Buffer.from('next')))
    await asked
    expect(trouble).to.deep.equal([`a request of ${50 * MB} bytes was not read`])
    expect(requests).to.deep.equal(['next /queue/r'])
  })

  it('passes over a request of 20 MB that does not say its length, on the same connection', async () => {
    const asked = untilAsked()
    const head = 'MESSAGE\nmessage-id:1\nsubscription:1\ndestination:/q\nreply-to:/queue/r\n\n'
    broker.sockets[0]?.write(Buffer.concat([Buffer.from(head), Buffer.alloc(20 * MB, 'x'), Buffer.of(0)]))
    broker.sockets[0]?.write(message(Buffer.from('next')))
    await asked
    expect(trouble).to.deep.equal([`a request of ${20 * MB} bytes was not read`])
    expect(requests).to.deep.equal(['next /queue/r'])
    expect(broker.connections()).to.equal(1)
  })

  it('takes a request that comes byte by byte', async () => {
    const asked = untilAsked()
    for (const byte of message(Buffer.from('slowly'))) {
      broker.sockets[0]?.write(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
    await asked
    expect(requests).to.deep.equal(['slowly /queue/r'])
  })

  it('skips a request whose caller does not wait for an answer', async () => {
    const asked = untilAsked()
    for (let each = 0; each < 10_000; each += 1) broker.sockets[0]?.write(message(Buffer.from('noise'), {}))
    broker.sockets[0]?.write(message(Buffer.from('real')))
    await asked
    expect(requests).to.deep.equal(['real /queue/r'])
  })

  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise(setImmediate)
  }
  const isBack = () => trouble.includes('the connection to the broker is back')

  it('comes back to a broker that refused it for a while', async () => {
    isRefusing = true
    const before = broker.connections()
    broker.sockets[0]?.destroy()
    await until(() => broker.connections() >= before + 3)
    isRefusing = false
    await until(isBack)
    expect(trouble).to.have.length(2)
  })

  it('asks each broker of its pool after one pause', async () => {
    await connector.close()
    connector = connectorTo(broker.port, 1, 1, 1)
    await connector.open()
    broker.sockets[0]?.destroy()
    await until(isBack)
    expect(pauses).to.equal(1)
  })

  it('answers once, to the queue that the request names', async () => {
    await connector.reply('/queue/r', Buffer.from('done'))
    await connector.broadcast({ collective: 'mcollective', agent: 'registration' }, 60, Buffer.from('here'))
    while (broker.frames.filter(({ command }) => command === 'SEND').length < 2)
      await new Promise(setImmediate)
    const [reply, own] = broker.frames.filter(({ command }) => command === 'SEND')
    expect(reply?.headers).to.include({ destination: '/queue/r', mc_sender: 'web1.example.net' })
    expect(own?.headers['destination']).to.equal('/topic/mcollective.registration.agent')
  })
})
