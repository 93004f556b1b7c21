import { expect } from 'chai'
import { encodeFrame, headers } from './stomp/frame'
import { EmbeddedBroker } from '../simulation/broker'
import { systemClock } from '../system/clock'
import { failure } from '../testing/failure'
import { fakeBroker, welcoming, type FakeBroker } from '../testing/fake_broker'
import { activemq } from './activemq'
import { publishOnce } from './publish'

const body = Buffer.from('{"a":"ü"}')
const optionsFor = (...ports: number[]) => ({
  naming: activemq,
  brokers: ports.map((port) => ({ host: '127.0.0.1', port })),
  virtualHost: 'mcollective',
  identity: 'control',
  connectWithin: 600_000,
  ttl: 60,
  clock: systemClock,
})
const publish = (options: ReturnType<typeof optionsFor>, signal = new AbortController().signal) =>
  publishOnce(options, '/topic/lockstep', body, signal)

describe('a message to a topic', () => {
  let fake: FakeBroker | undefined
  afterEach(async () => {
    await fake?.stop()
    fake = undefined
  })

  it('reaches every subscriber, by way of the first broker that takes it', async () => {
    const [gone, broker] = [await fakeBroker(() => {}), new EmbeddedBroker({ port: 0, heartBeat: 0 })]
    await gone.stop()
    const port = await broker.start()
    const heard: string[] = []
    broker.subscribe('/topic/lockstep', (message) => {
      heard.push(
        `${message.headers['mc_sender']} ${message.headers['content-type']} ${message.body.toString()}`,
      )
    })
    await publish(optionsFor(gone.port, port))
    expect(heard).to.deep.equal(['control application/json {"a":"ü"}'])
    await broker.stop()
  })

  it('is refused in a sentence by a broker that does not allow it', async () => {
    fake = await fakeBroker((frame, socket) => {
      if (frame.command !== 'SEND') return welcoming(frame, socket)
      socket.write(encodeFrame('ERROR', headers({ message: 'access denied' }), Buffer.from('access denied')))
      socket.end()
    })
    expect((await failure(publish(optionsFor(fake.port)))).message).to.contain('access denied')
  })

  it('is given up when its caller does not wait for it any more', async () => {
    const giveUp = new AbortController()
    fake = await fakeBroker((frame, socket) => {
      if (frame.command === 'SEND') return giveUp.abort()
      if (frame.command === 'CONNECT') return welcoming(frame, socket)
      socket.destroy()
    })
    await failure(publish(optionsFor(fake.port), giveUp.signal))
    expect(fake.frames.filter(({ command }) => command === 'SEND')).to.have.length(1)
  })
})
