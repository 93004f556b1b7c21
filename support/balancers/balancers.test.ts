import { expect } from 'chai'
import { balancerContract, answerOf } from '../testing/balancer_contract'
import { localGateway } from './local_gateway'
import { failure } from '../testing/failure'
import { BEGAN, rolloutOn } from '../testing/fake_fleet'
import { checkpointOf, type Checkpoint } from '../rollout/model/checkpoint'
import { hasPassed, type Verdict } from '../rollout/model/verdict'
import type { Rollout } from '../rollout/rollout'
import { webs, WebFleet, silent } from '../testing/web_fleet'
import { HAPROXY_FAULTS, SimulatedHaproxy } from '../simulation/haproxy'
import { hostFirewall } from './firewall'
import { HaproxyBackend } from './haproxy/backend'
import { haproxyBalancer } from './haproxy/balancer'
import { tellNobody } from '../system/wait'

const noFleet = () => Promise.reject(new Error('HAProxy needs no fleet'))

balancerContract('the host firewall', async () => {
  const hosts = webs(3)
  const fleet = new WebFleet(hosts, { 'nobody.example.net': () => silent })
  return {
    balancer: hostFirewall('1.2.3.4'),
    hosts,
    reach: localGateway((request, asked) =>
      fleet.call(request, asked, { beforeSend: async () => {}, tellWait: tellNobody }),
    ),
    stop: async () => {},
  }
})

/** Starts `n` simulated HAProxies in front of the same servers. */
async function haproxies(n: number, names = ['web1.example.net', 'web2', 'web3']) {
  const all = Array.from(
    { length: n },
    () => new SimulatedHaproxy({ backends: { www: names, other: ['web1'] } }),
  )
  const ports = await Promise.all(all.map((each) => each.start()))
  const places = ports.map((port) => new HaproxyBackend({ host: '127.0.0.1', port }, 'www', 300))
  const [one] = all
  if (one === undefined) throw new Error('at least one')
  return {
    all,
    one,
    hosts: ['web1.example.net', 'web2.example.net', 'web3.example.net'],
    balancer: haproxyBalancer('www', { places, upWithin: 100, lookEvery: 10 }),
    reach: localGateway(noFleet),
    stop: async () => void (await Promise.all(all.map((each) => each.stop()))),
  }
}

balancerContract('one simulated HAProxy', () => haproxies(1))
balancerContract('three simulated HAProxies', () => haproxies(3))

describe('a HAProxy backend', () => {
  type Made = Awaited<ReturnType<typeof haproxies>>
  let made: Made
  beforeEach(async () => (made = await haproxies(2)))
  afterEach(() => made.stop())

  const seen = async (host: string) => {
    const { outcomes } = await made.balancer.look([host], made.reach)
    return made.balancer.read(answerOf(outcomes, host))
  }

  it('waits until sessions are gone, and then takes the host out', async () => {
    made.one.sessions.set('www/web2', 2)
    const drained = made.balancer.drain?.(['web2.example.net'], made.reach, { within: 600_000, cut: false })
    setTimeout(() => made.one.sessions.delete('www/web2'), 50)
    const { outcomes } = (await drained) ?? { outcomes: new Map() }
    expect(answerOf(outcomes, 'web2.example.net').kind).to.equal('answered')
    expect(await seen('web2.example.net')).to.deep.equal({ isOpen: true, seen: 'MAINT' })
  })

  it('fails a host whose sessions do not end in time, and leaves it draining', async () => {
    made.one.sessions.set('www/web2', 1)
    const { outcomes } = (await made.balancer.drain?.(['web2.example.net', 'web3.example.net'], made.reach, {
      within: 40,
      cut: false,
    })) ?? { outcomes: new Map() }
    expect(answerOf(outcomes, 'web2.example.net')).to.include({
      kind: 'failed',
      message: '1 session is still open after 40 ms',
    })
    expect(answerOf(outcomes, 'web3.example.net').kind).to.equal('answered')
    expect((await seen('web2.example.net')).isOpen).to.equal(undefined)
    expect((await seen('web2.example.net')).seen).to.contain('DRAIN with 1 session')
  })

  it('cuts the sessions that are left, where the order says so', async () => {
    made.one.sessions.set('www/web2', 1)
    await made.balancer.drain?.(['web2.example.net'], made.reach, { within: 40, cut: true })
    expect(await seen('web2.example.net')).to.deep.equal({ isOpen: true, seen: 'MAINT' })
    expect(made.one.sessions.has('www/web2')).to.equal(false)
  })

  it('has not put a host back that its health check finds down', async () => {
    made.one.down.add('www/web2')
    const { outcomes } = await made.balancer.putBack(['web2.example.net'], made.reach)
    const answer = answerOf(outcomes, 'web2.example.net')
    expect(answer.kind).to.equal('failed')
    expect(made.balancer.read(answer).seen).to.match(
      /DOWN \(L4CON Connection refused, says the kernel\), not in service on 127/,
    )
  })

  it('has not taken a host out that one HAProxy of two still sends requests to', async () => {
    made.one.fault = 'deaf'
    await made.balancer.block(['web2.example.net'], made.reach)
    expect((await seen('web2.example.net')).isOpen).to.equal(undefined)
    expect((await seen('web2.example.net')).seen).to.match(
      /^in service on 127.0.0.1:\d+, MAINT on 127.0.0.1:\d+$/,
    )
  })

  it('says with its own words what it refuses', async () => {
    made.one.fault = 'denied'
    const { outcomes } = await made.balancer.block(['web2.example.net'], made.reach)
    expect(answerOf(outcomes, 'web2.example.net'))
      .to.have.property('message')
      .that.matches(/^Permission denied \(127/)
  })

  it('names a host that is no server of it', async () => {
    const { outcomes } = await made.balancer.block(['db1.example.net'], made.reach)
    expect(answerOf(outcomes, 'db1.example.net'))
      .to.have.property('message')
      .that.contains('is no server of the backend www')
  })

  it('that does not exist is named', async () => {
    const address = { host: '127.0.0.1', port: made.one.port }
    const error = await failure(new HaproxyBackend(address, 'nope', 300).read())
    expect(error.message).to.match(/^HAProxy at 127.0.0.1:\d+: it has no backend nope$/)
  })

  for (const fault of HAPROXY_FAULTS.filter((each) => each !== 'denied' && each !== 'deaf')) {
    it(`whose answer is not to be had (${fault}) is an error, and never a state`, async () => {
      made.one.fault = fault
      expect((await failure(made.balancer.look(made.hosts, made.reach))).code).to.equal('balancer-failed')
      expect((await failure(made.balancer.block(made.hosts, made.reach))).code).to.equal('balancer-failed')
      expect((await failure(made.balancer.pool(made.hosts, made.reach))).code).to.equal('balancer-failed')
    })
  }

  it('is not expected to be as a check in mid-scenario found it, once a resumed run has done that scenario', async () => {
    const lines: [string, (rollout: Rollout) => Promise<Verdict>][] = [
      ['I block the load balancer', ({ traffic }) => traffic.block()],
      ['the pool www should have 0 hosts in service', ({ traffic }) => traffic.poolShouldHave('www', 0)],
      ['I unblock the load balancer', ({ traffic }) => traffic.unblock()],
      ['the pool www should have 3 hosts in service', ({ traffic }) => traffic.poolShouldHave('www', 3)],
      ['traffic should be unblocked', ({ traffic }) => traffic.shouldBe('unblocked')],
    ]
    const run = async (checkpoint: Checkpoint | undefined) => {
      const balancers = { at: () => made.balancer, backend: () => made.balancer }
      const fleet = new WebFleet(made.hosts)
      const { rollout, journal, verdicts } = rolloutOn(fleet, { ports: { balancers, checkpoint } })
      await rollout.ports.journal.append(BEGAN)
      await rollout.beginScenario('1', 'all')
      rollout.hosts.withClass('roles::web')
      rollout.traffic.throughBackend('www')
      rollout.traffic.pool.mayGoEntirely()
      for (const [index, [step, work]] of lines.entries()) {
        rollout.line = index
        rollout.step = step
        await work(rollout)
      }
      await rollout.endScenario(true)
      const kinds = verdicts.map((verdict) => [hasPassed(verdict), verdict.observations[0]?.kind])
      return { kinds, journal }
    }
    const first = await run(undefined)
    expect(first.kinds.map(([passed]) => passed)).to.deep.equal([true, true, true, true, true])
    expect((await run(checkpointOf('r1', first.journal))).kinds).to.deep.equal([
      [true, 'done before'],
      [true, 'done before'],
      [true, 'done before'],
      [true, 'answered'],
      [true, 'answered'],
    ])
  })

  it('without a listener is an error that says what to do', async () => {
    const nowhere = new HaproxyBackend({ socket: '/nonexistent/admin.sock' }, 'www', 300)
    expect((await failure(nowhere.read())).message).to.equal(
      'HAProxy at /nonexistent/admin.sock cannot be reached: there is no such socket; is it running, with "stats socket" set to this path?',
    )
  })

  it('never gets a command that its own language could read as another', async () => {
    const address = { host: '127.0.0.1', port: made.one.port }
    const one = new HaproxyBackend(address, 'www', 300)
    for (const name of ['web1; set weight', 'web1\nshutdown', 'a b', ''])
      expect((await failure(one.order(name, 'maint'))).code).to.equal('balancer-failed')
  })
})
