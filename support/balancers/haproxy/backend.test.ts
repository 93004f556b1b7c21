import net, { type AddressInfo } from 'node:net'
import { expect } from 'chai'
import { HAPROXY_FAULTS, SimulatedHaproxy } from '../../simulation/haproxy'
import { failure } from '../../testing/failure'
import { haproxyContract } from '../../testing/haproxy_contract'
import { Scratch } from '../../testing/scratch'
import { LockstepError } from '../../system/errors'
import { HaproxyBackend } from './backend'
import { command } from './runtime'

const WITHIN = 300

async function begin() {
  const haproxy = new SimulatedHaproxy({ backends: { www: ['web1', 'web2'], other: ['web1'] } })
  const address = { host: '127.0.0.1', port: await haproxy.start() }
  return { haproxy, address, www: new HaproxyBackend(address, 'www', WITHIN) }
}

haproxyContract('a simulated HAProxy', async () => {
  const { haproxy, address, www } = await begin()
  return {
    backend: (name) => new HaproxyBackend(address, name, 2_000),
    async asUser(work) {
      haproxy.fault = 'denied'
      await work(www).finally(() => (haproxy.fault = undefined))
    },
    tell: (line) => command(address, line, 2_000),
    async busy() {
      haproxy.sessions.set('www/web2', 1)
      return { server: 'web2', end: async () => void haproxy.sessions.delete('www/web2') }
    },
    setHealth: (server, healthy) =>
      void (healthy ? haproxy.down.delete(`www/${server}`) : haproxy.down.add(`www/${server}`)),
    stop: () => haproxy.stop(),
  }
})

describe('one backend of a HAProxy', () => {
  let made: Awaited<ReturnType<typeof begin>>
  beforeEach(async () => (made = await begin()))
  afterEach(() => made.haproxy.stop())

  const sentences: Readonly<Record<string, RegExp>> = {
    truncated: /broke off in its answer to "show servers state www", after \d+ bytes/,
    hangs: /did not answer "show servers state www" within 300 ms/,
    closes: /broke off in its answer to "show servers state www", after 0 bytes|cannot be reached/,
    garbage: /version 1 of that list was expected/,
  }
  for (const fault of HAPROXY_FAULTS.filter((each) => each in sentences)) {
    it(`whose answer is not to be had (${fault}) is an error in a sentence`, async () => {
      made.haproxy.fault = fault
      const { code, message } = await failure(made.www.read())
      expect(code).to.equal('balancer-failed')
      expect(message).to.match(sentences[fault] ?? /^$/)
      expect(message).to.contain(`HAProxy at 127.0.0.1:${made.address.port}`)
    })
  }

  for (const fault of ['truncated', 'hangs', 'closes'] as const) {
    it(`is not taken to have carried out an order that has no answer (${fault})`, async () => {
      made.haproxy.fault = fault
      expect((await failure(made.www.order('web1', 'maint'))).code).to.equal('balancer-failed')
      expect((await failure(made.www.cutSessions('web1'))).code).to.equal('balancer-failed')
    })
  }

  it('that is deaf says nothing to an order, and only a look shows that nothing was done', async () => {
    made.haproxy.fault = 'deaf'
    expect(await made.www.order('web1', 'maint')).to.equal(undefined)
    expect((await made.www.read()).servers.get('web1')?.inService).to.equal(true)
  })

  it('hands on words that it does not know, fit for a terminal', async () => {
    made.haproxy.fault = 'garbage'
    expect(await made.www.order('web1', 'maint')).to.equal('what')
  })

  it('is read, and is sent no order, where nothing may be changed', async () => {
    const refuse = (what: string) => {
      throw new LockstepError('bad-feature', what)
    }
    const guarded = new HaproxyBackend(made.address, 'www', WITHIN, refuse)
    for (const to of ['maint', 'drain', 'ready'] as const)
      expect((await failure(guarded.order('web1', to))).message).to.match(
        /^(maint|drain|ready) of server web1/,
      )
    expect((await failure(guarded.cutSessions('web1'))).message).to.contain(
      'shutdown of the sessions of web1',
    )
    expect((await guarded.read()).servers.get('web1')?.inService).to.equal(true)
  })

  it('is one of several that have a server of the same name', async () => {
    await new HaproxyBackend(made.address, 'other', WITHIN).order('web1', 'maint')
    expect((await made.www.read()).servers.get('web1')?.admin).to.equal('ready')
  })

  it('of another name than HAProxy can have is refused before anything is sent', async () => {
    for (const name of ['', 'a b', 'www;show info', 'www\nshow info', 'www/web1', '../www'])
      expect(() => new HaproxyBackend(made.address, name, WITHIN)).to.throw(/no name that HAProxy can have/)
  })

  it('gets one command at a time', () => {
    for (const line of ['show info;show stat', 'show info\n', 'show info\rshow stat'])
      expect(() => command(made.address, line, WITHIN)).to.throw('one command has one line')
  })

  it('at a port without a listener is an error', async () => {
    await made.haproxy.stop()
    expect((await failure(made.www.read())).message).to.match(/nobody listens there; is it running\?$/)
  })

  it('whose socket is a file is an error', async () => {
    const scratch = new Scratch()
    const socket = scratch.write('ha.sock', '')
    expect((await failure(new HaproxyBackend({ socket }, 'www', WITHIN).read())).code).to.equal(
      'balancer-failed',
    )
    scratch.remove()
  })

  it('that does not stop answering is an error, and is not listened to any longer', async () => {
    let closed = () => {}
    const gone = new Promise<void>((resolve) => (closed = resolve))
    const server = net.createServer((socket) => {
      const flood = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(1 << 20, 'a')));
      }
      socket.on('error', () => {})
      socket.on('drain', flood)
      socket.once('close', closed)
      socket.once('data', flood)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const error = await failure(command({ host: '127.0.0.1', port }, 'show stat', 20_000))
    expect(error.message).to.contain('answers "show stat" with more than 16 MiB')
    await gone
    await new Promise((resolve) => server.close(resolve))
  })
})
