import net from 'node:net'
import { expect } from 'chai'
import { redactorOfOthers } from '../../system/redaction'
import { failure } from '../../testing/failure'
import { piecesOf } from '../../testing/pieces'
import { fakeBroker, welcoming, type FakeBroker } from '../../testing/fake_broker'
import { FakeClock } from '../../testing/fake_clock'
import { systemClock } from '../../system/clock'
import { LockstepError } from '../../system/errors'
import { EmbeddedBroker } from '../../simulation/broker'
import type { BrokerAddress } from './broker'
import { StompConnection, type ConnectionOptions } from './connection'
import { encodeFrame, headers, type Frame } from './frame'

const forever = new AbortController().signal

describe('a connection to a pool of brokers', () => {
  const closing: (() => Promise<void>)[] = []
  const events: string[] = []
  const messages: Frame[] = []

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
    events.length = 0
    messages.length = 0
  })

  async function broker(
    onFrame?: Parameters<typeof fakeBroker>[0],
    onConnect?: Parameters<typeof fakeBroker>[1],
  ): Promise<FakeBroker> {
    const made = await fakeBroker(onFrame ?? welcoming, onConnect)
    closing.push(() => made.stop())
    return made
  }

  function connection(
    brokers: readonly Partial<BrokerAddress>[],
    more: Partial<ConnectionOptions> = {},
  ): StompConnection {
    const waiters: (() => void)[] = []
    const made = new StompConnection({
      brokers: brokers.map((each) => ({ host: '127.0.0.1', port: 1, ...each })),
      virtualHost: 'mcollective',
      connectWithin: 600_000,
      heartBeat: 0,
      subscriptions: () => [{ destination: '/queue/replies' }],
      clock: systemClock,
      random: () => 0,
      onMessage: (frame) => messages.push(frame),
      onLost: () => events.push('lost'),
      onRestored: () => {
        events.push('restored')
        waiters.splice(0).forEach((resume) => resume())
      },
      ...more,
    })
    closing.push(() => made.close())
    return made
  }

  async function until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  it('names a port where nothing listens', async () => {
    const error = await failure(connection([{ port: 1 }]).open(forever))
    expect(error.code).to.equal('broker-unreachable')
    expect(error.message).to.equal(
      'the broker 127.0.0.1:1 cannot be used: nothing listens there (connection refused)',
    )
  })

  it('names a broker that accepts and stays silent', async () => {
    const silent = await broker(() => {})
    const clock = new FakeClock()
    const opening = failure(connection([{ port: silent.port }], { connectWithin: 100, clock }).open(forever))
    await until(() => silent.frames.length > 0)
    await clock.next()
    const error = await opening
    expect(error.message).to.match(/accepted the connection but sent no CONNECTED frame within 0.1 s/)
  })

  for (const body of ['', 'a short text body', 'x'.repeat(100_000)]) {
    it(`survives an ERROR frame with a body of ${body.length} bytes, and never tells the password`, async () => {
      const strict = await broker((_frame, socket) => {
        const fields = {
          message: 'User name [deploy] or password [hunter2] is invalid.',
          'content-type': 'text/plain',
        }
        socket.end(encodeFrame('ERROR', headers(fields), Buffer.from(body)))
      })
      const error = await failure(
        connection([{ port: strict.port, user: 'deploy', password: 'hunter2' }]).open(forever),
      )
      expect(error.code).to.equal('broker-refused')
      expect(error.message).to.contain(
        'refused this connection: User name [deploy] or password [***] is invalid.',
      )
      expect(strict.connections()).to.equal(1)
    })
  }

  it('shows no secret in words of the broker, wherever they are cut', async () => {
    const secret = 'correct-horse-battery-staple'
    const encoded = Buffer.from('a-password-that-is-long').toString('base64')
    const redact = redactorOfOthers([secret])
    for (let before = 165; before <= 205; before += 5) {
      const said = `${'.'.repeat(before)}${secret}${encoded}`
      const frames = [
        encodeFrame('ERROR', headers({ message: said }), Buffer.from('')),
        encodeFrame('ERROR', headers({}), Buffer.from(said)),
        encodeFrame('CONNECTED', headers({ version: said.slice(before - 10) })),
        Buffer.from(`MESSAGE\n${said.slice(before - 20)}\n\n\0`),
      ]
      for (const bytes of frames) {
        const strict = await broker((_frame, socket) => socket.end(bytes))
        const address = { port: strict.port, user: 'deploy', password: 'a-password-that-is-long' }
        const { message } = await failure(connection([address], { redact }).open(forever))
        expect([...piecesOf(secret, message), ...piecesOf(encoded, message)]).to.deep.equal([])
      }
    }
  })

  const liars: [string, Buffer][] = [
    ['a version that is none', encodeFrame('CONNECTED', headers({ version: '9.9' }))],
    ['no STOMP at all', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a frame that brokers do not send', encodeFrame('SUBSCRIBE', headers({}))],
    ['a header named hasOwnProperty and no version', Buffer.from('MESSAGE\nhasOwnProperty\n\n\0')],
  ]
  for (const [name, bytes] of liars) {
    it(`refuses ${name}`, async () => {
      const liar = await broker((_frame, socket) => void socket.write(bytes))
      expect((await failure(connection([{ port: liar.port }]).open(forever))).code).to.equal(
        'broker-unreachable',
      )
    })
  }

  it('goes to the next broker of the pool when the first refuses', async () => {
    const second = await broker()
    await connection([{ port: 1 }, { port: second.port }]).open(forever)
    expect(second.frames.map(({ command }) => command)).to.include('CONNECT')
  })

  it('comes back after a loss, subscribes again, and sends nothing twice', async () => {
    const real = await broker()
    const made = connection([{ port: real.port }])
    await made.open(forever)
    await made.send([{ headers: { destination: '/topic/x' }, body: Buffer.from('once') }], forever)
    await until(() => real.frames.some(({ command }) => command === 'SEND'))
    real.sockets[0]?.resetAndDestroy()
    await until(() => events.includes('restored'))
    await until(() => real.frames.filter(({ command }) => command === 'SUBSCRIBE').length === 2)
    expect(real.frames.filter(({ command }) => command === 'SEND')).to.have.length(1)
    expect(events).to.deep.equal(['lost', 'restored'])
  })

  it('waits for a broker before it sends, and gives up when it is aborted', async () => {
    const real = await broker()
    const made = connection([{ port: real.port }])
    await made.open(forever)
    await real.stop()
    await until(() => events.includes('lost'))
    const patience = AbortSignal.timeout(50)
    expect((await failure(made.send([{ headers: {}, body: Buffer.alloc(0) }], patience))).code).to.equal(
      'broker-lost',
    )
  })

  const MESSAGE = { headers: { destination: '/topic/a' }, body: Buffer.from('b') }

  it('sends nothing that may not go out any more once a broker is there', async () => {
    const real = await broker()
    const made = connection([{ port: real.port }])
    await made.open(forever)
    real.sockets[0]?.resetAndDestroy()
    await until(() => events.includes('lost'))
    let isLost = false
    const sent = made.send([MESSAGE], forever, () => {
      if (isLost) throw new LockstepError('lock-failed', 'the lock is lost')
    })
    isLost = true
    expect((await failure(sent)).code).to.equal('lock-failed')
    await made.send([MESSAGE], forever)
    await until(() => real.frames.some(({ command }) => command === 'SEND'))
    expect(real.frames.filter(({ command }) => command === 'SEND')).to.have.length(1)
  })

  it('publishes once a broker has confirmed it, and not before', async () => {
    let confirm = () => {}
    const slow = await broker((frame, socket) => {
      if (frame.command === 'SEND') confirm = () => welcoming(frame, socket)
      else welcoming(frame, socket)
    })
    const made = connection([{ port: slow.port }])
    await made.open(forever)
    let isPublished = false
    const published = made.publish([MESSAGE], forever).then(() => (isPublished = true))
    await until(() => slow.frames.some(({ command }) => command === 'SEND'))
    expect(isPublished).to.equal(false)
    confirm()
    await published
  })

  it('says that a broker did not confirm what it was gone before, and has another one for the next try', async () => {
    let isGone = true
    const dying = await broker((frame, socket) => {
      if (frame.command === 'SEND' && isGone) socket.destroy()
      else welcoming(frame, socket)
    })
    const made = connection([{ port: dying.port }])
    await made.open(forever)
    expect((await failure(made.publish([MESSAGE], forever))).code).to.equal('broker-unreachable')
    isGone = false
    await made.publish([MESSAGE], forever)
    expect(dying.frames.filter(({ command }) => command === 'SEND')).to.have.length(2)
  })

  it('leaves a broker that confirms nothing, for the next one of its pool', async () => {
    const mute = await broker((frame, socket) => {
      if (frame.command !== 'SEND') welcoming(frame, socket)
    })
    const well = await broker()
    const clock = new FakeClock()
    const made = connection([{ port: mute.port }, { port: well.port }], { clock })
    await made.open(forever)
    const published = failure(made.publish([MESSAGE], forever))
    await until(() => mute.frames.some(({ command }) => command === 'SEND'))
    while (!events.includes('lost') && clock.pending.length > 0) await clock.next()
    expect((await published).message).to.equal('the broker did not confirm a message within 60 s')
    const again = made.publish([MESSAGE], forever)
    while (!events.includes('restored')) await clock.next().catch(() => {})
    await again
    expect(well.frames.filter(({ command }) => command === 'SEND')).to.have.length(1)
  })

  it('acknowledges a message to the session that brought it, and to no later one', async () => {
    const real = await broker((frame, socket) => {
      welcoming(frame, socket)
      if (frame.command !== 'SUBSCRIBE') return
      const fields = { subscription: '1', 'message-id': 'm1', ack: `a${real.connections()}` }
      socket.write(encodeFrame('MESSAGE', headers(fields), Buffer.from('order')))
    })
    const made = connection([{ port: real.port }])
    await made.open(forever)
    await until(() => messages.length === 1)
    const [first] = messages
    if (first === undefined) throw new Error('no message came')
    real.sockets[0]?.resetAndDestroy()
    await until(() => messages.length === 2)
    expect(await made.acknowledge(first)).to.equal(false)
    const [, second = first] = messages
    expect(await made.acknowledge(second)).to.equal(true)
    await until(() => real.frames.some(({ command }) => command === 'ACK'))
    const acks = real.frames.filter(({ command }) => command === 'ACK')
    expect(acks.map((frame) => frame.headers['id'])).to.deep.equal(['a2'])
  })

  it('gives up what it publishes when it is aborted, and keeps nothing of it', async () => {
    const mute = await broker((frame, socket) => {
      if (frame.command !== 'SEND') welcoming(frame, socket)
    })
    const made = connection([{ port: mute.port }])
    await made.open(forever)
    const giveUp = new AbortController()
    const published = failure(made.publish([MESSAGE], giveUp.signal))
    await until(() => mute.frames.some(({ command }) => command === 'SEND'))
    giveUp.abort()
    expect((await published).code).to.equal('broker-lost')
  })

  it('does not hammer a broker that accepts and drops', async () => {
    let welcome = true
    const flapping = await broker(
      (frame, socket) => welcoming(frame, socket),
      (socket) => void (welcome ? (welcome = false) : setImmediate(() => socket.destroy())),
    )
    await connection([{ port: flapping.port }]).open(forever)
    flapping.sockets[0]?.destroy()
    await until(() => flapping.connections() >= 3)
    const atFirst = flapping.connections()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(flapping.connections() - atFirst).to.be.at.most(2)
  })

  it('notices a broker that freezes, by its missing heart-beats', async () => {
    const frozen = await broker((frame, socket) => welcoming(frame, socket, '50,50'))
    await connection([{ port: frozen.port }], { heartBeat: 50 }).open(forever)
    await until(() => events.includes('lost'))
  })

  it('keeps a broker that sends its heart-beats, and sends its own', async () => {
    const embedded = new EmbeddedBroker({ port: 0, heartBeat: 50 })
    const port = await embedded.start()
    closing.push(() => embedded.stop())
    await connection([{ port }], { heartBeat: 50 }).open(forever)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(events).to.deep.equal([])
  })

  it('keeps a broker although this process was too busy to listen', async () => {
    const embedded = new EmbeddedBroker({ port: 0, heartBeat: 50 })
    const port = await embedded.start()
    closing.push(() => embedded.stop())
    await connection([{ port }], { heartBeat: 50 }).open(forever)
    const until = performance.now() + 500
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(events).to.deep.equal([])
  })

  it('hands on messages with subscriptions that it never made, and 10 MB ones', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024, 7)
    const real = await broker((frame, socket) => {
      welcoming(frame, socket)
      if (frame.command !== 'SUBSCRIBE') return
      socket.write(
        encodeFrame(
          'MESSAGE',
          headers({ subscription: '/temp-queue/x', 'message-id': '1', destination: 'x' }),
          Buffer.from('small'),
        ),
      )
      socket.write(encodeFrame('MESSAGE', headers({ subscription: '1' }), body))
    })
    await connection([{ port: real.port }]).open(forever)
    await until(() => messages.length === 2)
    expect(messages[0]?.body.toString()).to.equal('small')
    expect(messages[1]?.body.length).to.equal(body.length)
  })

  it('is closed after two seconds where the broker answers nothing any more', async () => {
    const mute = await broker((frame, socket) => {
      if (frame.command === 'CONNECT' || frame.command === 'SUBSCRIBE') welcoming(frame, socket)
      if (frame.command === 'DISCONNECT') socket.pause()
    })
    const clock = new FakeClock()
    const made = connection([{ port: mute.port }], { clock })
    await made.open(forever)
    const abort = new AbortController()
    const published = failure(made.publish([MESSAGE], abort.signal))
    await until(() => mute.frames.some(({ command }) => command === 'SEND'))
    abort.abort()
    const closed = made.close()
    await until(() => mute.frames.some(({ command }) => command === 'DISCONNECT'))
    await clock.next()
    await closed
    expect((await published).code).to.equal('broker-lost')
  })

  it('leaves no session open that is ready after its end: it would keep messages from others', async () => {
    const unconfirmed: (() => void)[] = []
    const slow = await broker((frame, socket) => {
      if (frame.command === 'SUBSCRIBE') unconfirmed.push(() => welcoming(frame, socket))
      else welcoming(frame, socket)
    })
    const made = connection([{ port: slow.port }])
    const opening = failure(made.open(forever))
    await until(() => unconfirmed.length > 0)
    await made.close()
    for (const confirm of unconfirmed) confirm()
    expect((await opening).code).to.equal('broker-lost')
    await until(() => slow.sockets.length === 0)
  })

  it('is stopped while it connects', async () => {
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    closing.push(() => new Promise((resolve) => void silent.close(() => resolve())))
    const stop = new AbortController()
    const opening = connection([{ port: (silent.address() as net.AddressInfo).port }]).open(stop.signal)
    stop.abort(new LockstepError('interrupted', 'stopped'))
    expect((await failure(opening)).code).to.equal('interrupted')
  })
})
