import { rmSync } from 'node:fs'
import http from 'node:http'
import { expect } from 'chai'
import { HaproxyBackend } from '../../balancers/haproxy/backend'
import { haproxyBalancer } from '../../balancers/haproxy/balancer'
import { command, type RuntimeAddress } from '../../balancers/haproxy/runtime'
import { answerOf, balancerContract } from '../balancer_contract'
import { localGateway } from '../../balancers/local_gateway'
import { failure } from '../failure'
import { haproxyContract } from '../haproxy_contract'
import { Scratch } from '../scratch'
import { startHaproxy } from './haproxy'
import { Load } from './load'
import { WebServer } from './web_server'

const NAMES = ['web1.example.net', 'web2', 'web3']
const HOSTS = NAMES.map((name) => (name.includes('.') ? name : `${name}.example.net`))
const reach = localGateway(() => Promise.reject(new Error('HAProxy needs no fleet')))

async function begin(names: readonly string[] = NAMES, disabled?: string) {
  const scratch = new Scratch()
  const servers = await Promise.all(names.map((name) => WebServer.start(name)))
  const haproxy = await startHaproxy(scratch, {
    backend: 'www',
    servers: servers.map(({ name, port }) => ({ name, port, disabled: name === disabled })),
  })
  const balancerAt = (...addresses: RuntimeAddress[]) =>
    haproxyBalancer('www', {
      places: addresses.map((address) => new HaproxyBackend(address, 'www', 2_000)),
      upWithin: 20_000,
      lookEvery: 20,
    })
  return {
    haproxy,
    servers,
    balancerAt,
    balancer: balancerAt({ socket: haproxy.socket }),
    hosts: HOSTS,
    reach,
    async stop() {
      await haproxy.stop()
      await Promise.all(servers.map((server) => server.stop()))
      scratch.remove()
    },
  }
}

balancerContract('a real HAProxy', () => begin())

haproxyContract('a real HAProxy', async () => {
  const made = await begin(['web1', 'web2'])
  const address = { socket: made.haproxy.socket }
  return {
    backend: (name) => new HaproxyBackend(address, name, 2_000),
    asUser: (work) => work(new HaproxyBackend({ socket: made.haproxy.userSocket }, 'www', 2_000)),
    tell: (line) => command(address, line, 2_000),
    async busy() {
      const { name, finish, status } = await openRequest(made)
      return {
        server: name,
        async end() {
          finish()
          await status
        },
      }
    },
    setHealth(server, healthy) {
      for (const each of made.servers) if (each.name === server) each.healthy = healthy
    },
    stop: () => made.stop(),
  }
})

describe('a real HAProxy', () => {
  let made: Awaited<ReturnType<typeof begin>>
  before(async () => (made = await begin()))
  after(() => made.stop())
  afterEach(() => made.balancer.putBack(HOSTS, reach))
  let another: typeof made | undefined
  afterEach(async () => {
    await another?.stop()
    another = undefined
  })

  const admin = () => ({ socket: made.haproxy.socket })
  const seen = async (host: string) => {
    const { outcomes } = await made.balancer.look([host], reach)
    return made.balancer.read(answerOf(outcomes, host))
  }

  it('refuses a user that may not give orders, and does nothing', async () => {
    const user = made.balancerAt({ socket: made.haproxy.userSocket })
    const { outcomes } = await user.block(['web2.example.net'], reach)
    expect(answerOf(outcomes, 'web2.example.net'))
      .to.have.property('message')
      .that.contains('Permission denied')
    expect((await seen('web2.example.net')).isOpen).to.equal(false)
  })

  it('is spoken to over TCP as well, and two sockets of it are two places that agree', async () => {
    const both = made.balancerAt(admin(), { host: '127.0.0.1', port: made.haproxy.runtimePort })
    await both.block(['web2.example.net'], reach)
    const { outcomes } = await both.look(HOSTS, reach)
    expect(HOSTS.map((host) => both.read(answerOf(outcomes, host)).isOpen)).to.deep.equal([
      false,
      true,
      false,
    ])
  })

  it('lets a request end that is under way, and is only then drained', async () => {
    const slow = await openRequest(made)
    const drained = made.balancer.drain?.([slow.host], reach, { within: 10_000, cut: false })
    setTimeout(slow.finish, 300)
    const { outcomes } = (await drained) ?? { outcomes: new Map() }
    expect(answerOf(outcomes, slow.host).kind).to.equal('answered')
    expect(await slow.status).to.equal(200)
    expect(await seen(slow.host)).to.deep.equal({ isOpen: true, seen: 'MAINT' })
  })

  it('fails a drain whose request does not end in time, and cuts it where it was told to', async () => {
    const slow = await openRequest(made)
    const late = (await made.balancer.drain?.([slow.host], reach, { within: 200, cut: false })) ?? {
      outcomes: new Map(),
    }
    expect(answerOf(late.outcomes, slow.host)).to.include({ message: '1 session is still open after 200 ms' })
    expect((await seen(slow.host)).isOpen).to.equal(undefined)
    await made.balancer.drain?.([slow.host], reach, { within: 100, cut: true })
    expect(await seen(slow.host)).to.deep.equal({ isOpen: true, seen: 'MAINT' })
    slow.finish()
    expect(await slow.status).not.to.equal(200)
  })

  it('has no server in service without weight, or whose health check fails', async () => {
    await command(admin(), 'set server www/web3 weight 0', 2_000)
    expect((await seen('web3.example.net')).isOpen).to.equal(undefined)
    await command(admin(), 'set server www/web3 weight 100%', 2_000)
    expect((await seen('web3.example.net')).isOpen).to.equal(false)
    const restarted = made.servers[2]?.restart()
    await until(async () => (await seen('web3.example.net')).seen.startsWith('DOWN'))
    expect((await seen('web3.example.net')).isOpen).to.equal(undefined)
    await restarted
    await until(async () => (await seen('web3.example.net')).isOpen === false)
  })

  it('that knows no such server or backend says which', async () => {
    const { outcomes } = await made.balancer.block(['db1.example.net'], reach)
    expect(answerOf(outcomes, 'db1.example.net'))
      .to.have.property('message')
      .that.contains('is no server of the backend www')
    const error = await failure(new HaproxyBackend(admin(), 'nope', 2_000).read())
    expect(error.message).to.contain('it has no backend nope')
    const words = await new HaproxyBackend(admin(), 'www', 2_000).order('nobody', 'maint')
    expect(words).to.equal('No such server.')
  })

  it('whose socket was removed is an error that says so, though it still serves', async () => {
    const gone = (another = await begin(['web1']))
    rmSync(gone.haproxy.socket)
    const error = await failure(new HaproxyBackend({ socket: gone.haproxy.socket }, 'www', 2_000).read())
    expect(error.message).to.contain('there is no such socket')
    const tcp = { host: '127.0.0.1', port: gone.haproxy.runtimePort }
    const { servers } = await new HaproxyBackend(tcp, 'www', 2_000).read()
    expect(servers.get('web1')?.inService).to.equal(true)
  })

  it('has a server in service that its configuration disables, once that was made ready', async () => {
    another = await begin(['web1', 'web2'], 'web2')
    const www = new HaproxyBackend({ socket: another.haproxy.socket }, 'www', 2_000)
    const web2 = async () => (await www.read()).servers.get('web2')
    expect(await web2()).to.include({ admin: 'maint', inService: false })
    await www.order('web2', 'ready')
    await until(async () => (await web2())?.inService === true)
    expect(await web2()).to.include({ admin: 'ready' })
    await www.order('web2', 'drain')
    expect(await web2()).to.include({ admin: 'drain', inService: false })
  })

  for (const drained of [true, false]) {
    const title = drained
      ? 'has no request fail when a server is drained before it is restarted'
      : 'has requests fail when a server is restarted in rotation, and the load generator notices'
    it(title, async () => {
      const { balancer, haproxy, servers } = made
      const [host = ''] = HOSTS
      const load = new Load(haproxy.port)
      if (drained) await balancer.drain?.([host], reach, { within: 10_000, cut: false })
      await servers[0]?.restart()
      await balancer.putBack([host], reach)
      const { requests, failed, failures } = await load.stop()
      expect(requests).to.be.above(50)
      if (drained) expect(failures, `${failed} of ${requests}`).to.deep.equal([])
      else expect(failed).to.be.above(0)
    })
  }

  it('that is gone is an error; started again, it has forgotten what it was told, and that is seen', async () => {
    await made.balancer.block(['web2.example.net'], reach)
    await made.haproxy.kill()
    expect((await failure(made.balancer.look(HOSTS, reach))).code).to.equal('balancer-failed')
    await made.haproxy.restart()
    expect((await seen('web2.example.net')).isOpen).to.equal(false)
  })
}).timeout(300_000)

/** Opens a request that is under way, and ends when it is told to. */
async function openRequest({ haproxy, servers }: Awaited<ReturnType<typeof begin>>) {
  const arrived = new Promise<{ name: string; finish: () => void }>((resolve) => {
    for (const server of servers) server.onSlow = (finish) => resolve({ name: server.name, finish })
  })
  const status = new Promise<number>((resolve) => {
    const address = { host: '127.0.0.1', port: haproxy.port, path: '/slow', agent: false as const }
    const request = http.get(address, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
      response.once('error', () => resolve(0))
    })
    request.once('error', () => resolve(0))
  })
  const { name, finish } = await arrived
  return { name, host: HOSTS[NAMES.indexOf(name)] ?? name, finish, status }
}

async function until(test: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3_000; tries += 1) {
    if (await test()) return
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new Error('it did not come to that within 30 s')
}
