import http from 'node:http'
import { expect } from 'chai'
import { HaproxyBackend } from '../../balancers/haproxy/backend'
import { haproxyBalancer } from '../../balancers/haproxy/balancer'
import { command, type RuntimeAddress } from '../../balancers/haproxy/runtime'
import { answerOf, balancerContract, testReach } from '../balancer_contract'
import { failure } from '../failure'
import { Scratch } from '../scratch'
import { startHaproxy } from './haproxy'
import { WebServer } from './web_server'

const NAMES = ['web1.example.net', 'web2', 'web3']
const HOSTS = NAMES.map((name) => (name.includes('.') ? name : `${name}.example.net`))
const reach = testReach(() => Promise.reject(new Error('HAProxy needs no fleet')))

async function begin() {
  const scratch = new Scratch()
  const servers = await Promise.all(NAMES.map((name) => WebServer.start(name)))
  const haproxy = await startHaproxy(scratch, { backend: 'www', servers })
  const balancerAt = (...addresses: RuntimeAddress[]) =>
    haproxyBalancer('www', {
      places: addresses.map((address) => new HaproxyBackend(address, 'www', 2_000)),
      upWithin: 2_000,
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

balancerContract('a real HAProxy', begin)

describe('a real HAProxy', () => {
  let made: Awaited<ReturnType<typeof begin>>
  before(async () => (made = await begin()))
  after(() => made.stop())
  afterEach(() => made.balancer.lift(HOSTS, reach))

  const admin = () => ({ socket: made.haproxy.socket })
  const seen = async (host: string) => {
    const { outcomes } = await made.balancer.look([host], reach)
    return made.balancer.read(answerOf(outcomes, host))
  }

  it('says so to whoever may not give orders, and does nothing', async () => {
    const user = made.balancerAt({ socket: made.haproxy.userSocket })
    const { outcomes } = await user.block(['web2.example.net'], reach)
    expect(answerOf(outcomes, 'web2.example.net'))
      .to.have.property('message')
      .that.contains('Permission denied')
    expect((await seen('web2.example.net')).held).to.equal(false)
  })

  it('is spoken to over TCP as well, and two sockets of it are two places that agree', async () => {
    const both = made.balancerAt(admin(), { host: '127.0.0.1', port: made.haproxy.runtimePort })
    await both.block(['web2.example.net'], reach)
    const { outcomes } = await both.look(HOSTS, reach)
    expect(HOSTS.map((host) => both.read(answerOf(outcomes, host)).held)).to.deep.equal([false, true, false])
  })

  it('lets a request end that is under way, and is only then drained', async () => {
    const slow = await openRequest(made)
    const drained = made.balancer.drain?.([slow.host], reach, { within: 10_000, cut: false })
    setTimeout(slow.finish, 300)
    const { outcomes } = (await drained) ?? { outcomes: new Map() }
    expect(answerOf(outcomes, slow.host).kind).to.equal('answered')
    expect(await slow.status).to.equal(200)
    expect(await seen(slow.host)).to.deep.equal({ held: true, seen: 'MAINT' })
  })

  it('fails a drain whose request does not end in time, and cuts it where it was told to', async () => {
    const slow = await openRequest(made)
    const late = (await made.balancer.drain?.([slow.host], reach, { within: 200, cut: false })) ?? {
      outcomes: new Map(),
    }
    expect(answerOf(late.outcomes, slow.host)).to.include({ message: '1 session is still open after 200 ms' })
    expect((await seen(slow.host)).held).to.equal(undefined)
    await made.balancer.drain?.([slow.host], reach, { within: 100, cut: true })
    expect(await seen(slow.host)).to.deep.equal({ held: true, seen: 'MAINT' })
    slow.finish()
    expect(await slow.status).not.to.equal(200)
  })

  it('has nobody in service without weight, or whose health check fails', async () => {
    await command(admin(), 'set server www/web3 weight 0', 2_000)
    expect((await seen('web3.example.net')).held).to.equal(undefined)
    await command(admin(), 'set server www/web3 weight 100%', 2_000)
    expect((await seen('web3.example.net')).held).to.equal(false)
    const restarted = made.servers[2]?.restart()
    await until(async () => (await seen('web3.example.net')).seen.startsWith('DOWN'))
    expect((await seen('web3.example.net')).held).to.equal(undefined)
    await restarted
    await until(async () => (await seen('web3.example.net')).held === false)
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

  it('that is gone is an error; started again, it has forgotten what it was told, and that is seen', async () => {
    await made.balancer.block(['web2.example.net'], reach)
    await made.haproxy.kill()
    expect((await failure(made.balancer.look(HOSTS, reach))).code).to.equal('balancer-failed')
    await made.haproxy.restart()
    expect((await seen('web2.example.net')).held).to.equal(false)
  })
}).timeout(60_000)

/** A request that is under way, and ends when it is told to. */
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
  return { host: HOSTS[NAMES.indexOf(name)] ?? name, finish, status }
}

async function until(test: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await test()) return
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new Error('it did not come to that within 5 s')
}
