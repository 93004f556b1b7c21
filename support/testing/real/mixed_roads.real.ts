import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { HostConnector } from '../../connectors/host_connector'
import { rabbitmq } from '../../connectors/rabbitmq'
import { symbolHash } from '../../protocol/marshal/values'
import { marshal } from '../../protocol/security/serializer'
import { sslServer } from '../../protocol/security/ssl'
import { systemClock } from '../../system/clock'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, startRabbitmq, type RealBroker } from './brokers'
import { RealFleet, type RealHost } from './mcollectived'
import { PASSWORD, PSK, USER } from './settings'

const WEBSITE = resolve(__dirname, '..', '..', '..', 'features', 'deployments', 'website.feature')
const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const ON_ACTIVEMQ = ['web1.example.net', 'web3.example.net']
const ON_RABBITMQ = ['web2.example.net', 'web4.example.net']
const HOSTS = [...ON_ACTIVEMQ, ...ON_RABBITMQ].sort()

const ROLLING = `Feature: Rolling
  Background:
    Given I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
  Scenario Outline: Update on <wave>
    Given I take <wave>
    When I update the package mywebapp
    Then the package version for mywebapp should be ${NEW}
    Examples:
      | wave     |
      | 2 hosts  |
      | the rest |
`

describe('a fleet on real ActiveMQ with psk and real RabbitMQ with ssl', () => {
  let scratch: Scratch
  const brokers: RealBroker[] = []
  const fleets: RealFleet[] = []
  let hosts: RealHost[] = []

  before(async function () {
    this.timeout(300_000)
    scratch = new Scratch()
    const [active, rabbit] = await Promise.all([startActivemq(scratch), startRabbitmq(scratch)])
    brokers.push(active, rabbit)
    const [one, other] = [new RealFleet(scratch, active, 'psk'), new RealFleet(scratch, rabbit, 'ssl')]
    fleets.push(one, other)
    await Promise.all([
      ...ON_ACTIVEMQ.map((name) => one.add(name)),
      ...ON_RABBITMQ.map((name) => other.add(name)),
      one.addOurs('ours1.example.net', { classes: 'roles::ours' }),
      other.addOurs('ours2.example.net', { classes: 'roles::ours' }),
    ])
    hosts = [...one.hosts, ...other.hosts].sort((a, b) => (a.identity < b.identity ? -1 : 1))
    scratch.write('psk', PSK, 0o600)
    scratch.write('password', PASSWORD, 0o600)
    configure()
  })

  after(async function () {
    this.timeout(300_000)
    await Promise.all(fleets.map((fleet) => fleet.stop()))
    await Promise.all(brokers.map((broker) => broker.stop()))
    scratch.remove()
  })

  beforeEach(() => {
    for (const host of hosts)
      host.change((state) => {
        state.packages['mywebapp'] = OLD
        state.services['mywebapp'] = 'running'
        state.blocked = []
        delete state.lies
      })
  })

  const configure = (inventory = '') =>
    scratch.write(
      'lockstep.yaml',
      `environments:
  production:
    roads:
      office:
        connector: activemq
        brokers: [{ host: 127.0.0.1, port: ${brokers[0]?.port}, user: ${USER}, password: { file: password } }]
        security: { provider: psk, secret: { file: psk } }
      dmz: { client_config: ${fleets[1]?.clientCfg} }
    look_every: 200 ms
    timeouts: { default: 12 seconds }
    ${inventory}
`,
    )
  /** Writes an inventory with all hosts, and the roads of some. */
  const inventory = (roads: Readonly<Record<string, string>>) => {
    const rows = HOSTS.map((name) => `${name},roles::dev_server,de,${roads[name] ?? ''}\n`)
    scratch.write('hosts.csv', `host,classes,country,road\n${rows.join('')}`)
    configure('inventory: [hosts.csv]')
  }
  const live = (feature: string, onStart?: Parameters<typeof cucumber>[3]) =>
    cucumber(['-p', 'live', feature], scratch.path, {}, onStart)
  const own = (text: string) => scratch.write('own.feature', `Feature: Own\n  Scenario: Own\n${text}`)
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const words = (run: ProcessRun) => shown(run).replace(/\s+/g, ' ')
  const versions = () => hosts.map(({ state }) => state().packages['mywebapp'])
  const journals = () => {
    const folder = join(scratch.path, '.lockstep', 'live')
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  }
  const hostNamed = (name: string) => hosts.find(({ identity }) => identity === name)

  it('carries out the seed’s feature, unchanged, on all hosts of both', async () => {
    const run = await live(WEBSITE)
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(run.report?.steps.at(-1)?.counts).to.include({ expected: 4, answered: 4, diverged: 0, silent: 0 })
    expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
    expect(hosts.map(({ state }) => state().blocked)).to.deep.equal(HOSTS.map(() => []))
  }).timeout(300_000)

  it('finds our own daemons on both, each by the caller of its road', async () => {
    const run = await live(
      own(`
        Given I want to update hosts with class roles::ours
        And I want to pre-discover how many hosts to update
        Then there should be exactly 2 hosts
        And the action get_fact of the agent rpcutil should answer value "de" with:
            | fact | country |
`),
    )
    const pinged = await lockstep(['ping', '--json'], scratch.path)
    expect(shown(pinged)).to.contain('ours1.example.net').and.to.contain('ours2.example.net')
    expect(run.exitCode, shown(run)).to.equal(0)
  }).timeout(300_000)

  it('is examined by the doctor, road by road', async () => {
    const run = await lockstep(['doctor'], scratch.path)
    for (const { port } of brokers) expect(shown(run)).to.contain(`127.0.0.1:${port} takes our login`)
    expect(shown(run)).to.contain('6 hosts accept our secret or key')
  }).timeout(300_000)

  it('moves in waves that reach over both', async () => {
    const run = await live(scratch.write('rolling.feature', ROLLING))
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
  }).timeout(300_000)

  it('stops everywhere when a host of one road diverges', async () => {
    hostNamed('web2.example.net')?.change((state) => (state.lies = true))
    const run = await live(scratch.write('rolling.feature', ROLLING))
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(versions(), 'nothing of the second wave').to.deep.equal([NEW, OLD, OLD, OLD])
  }).timeout(300_000)

  it('names the host of either road that is gone', async () => {
    inventory({})
    const gone = hostNamed('web4.example.net')
    gone?.running.child.kill('SIGSTOP')
    const run = await live(WEBSITE)
    gone?.running.child.kill('SIGCONT')
    configure()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(run.report?.steps.find(({ counts }) => counts?.silent === 1)?.counts).to.include({
      expected: 4,
      answered: 3,
    })
    expect(versions()).to.deep.equal(HOSTS.map(() => OLD))
  }).timeout(300_000)

  it('waits for the broker of one road that is killed in mid-run, and names the road', async () => {
    const running = live(
      own(`
        Given I want to update hosts with class roles::dev_server
        And I want to pre-discover how many hosts to update
        When I stop the service mywebapp
        Then the service mywebapp should be running within 4 minutes
`),
    )
    const isJudged = () =>
      journals().some((text) => text.includes('"type":"verdict","step":"I stop the service'))
    for (let tries = 0; !isJudged() && tries < 4_000; tries += 1)
      await new Promise((done) => setTimeout(done, 50))
    expect(hosts.map(({ state }) => state().services['mywebapp'])).to.deep.equal(HOSTS.map(() => 'stopped'))
    await brokers[1]?.kill()
    await brokers[1]?.restart()
    for (const host of hosts) host.change((state) => void (state.services['mywebapp'] = 'running'))
    const run = await running
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(words(run)).to.contain('the road dmz: ').and.to.contain('all roads to the hosts are back')
  }).timeout(300_000)

  it('believes no answer for a host of another road, though it is signed as hosts of its own road sign', async () => {
    const forger = await startForger('forger.example.net', 'web1.example.net', (agent) => agent === 'package')
    scratch.write('hosts.txt', 'forger.example.net\nweb1.example.net\n')
    const run = await live(
      own(`
        Given I want to update the hosts listed in hosts.txt
        And I want to pre-discover how many hosts to update
        Then the package version for mywebapp should be ${OLD}
`),
    )
    await forger.stop()
    expect(forger.forged, 'forged answers').to.be.above(0)
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(words(run)).to.contain('web1.example.net is on the road office, and an answer in its name')
    expect(words(run)).to.contain('came by the road dmz; it does not count')
  }).timeout(300_000)

  it('counts a host as silent that another road answers for, where the inventory names its road', async () => {
    inventory({ 'web1.example.net': 'office' })
    const silent = hostNamed('web1.example.net')
    const forger = await startForger('forger.example.net', 'web1.example.net', () => true)
    silent?.running.child.kill('SIGSTOP')
    const run = await live(WEBSITE)
    silent?.running.child.kill('SIGCONT')
    await forger.stop()
    configure()
    expect(forger.forged, 'forged answers').to.be.above(0)
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(run.report?.steps.find(({ counts }) => counts?.silent === 1)?.counts).to.include({
      expected: 4,
      answered: 3,
    })
    expect(versions()).to.deep.equal(HOSTS.map(() => OLD))
  }).timeout(300_000)

  it('refuses a host that is on both, by name, and changes nothing; the inventory says which road is meant', async () => {
    const twin = await fleets[1]?.add('web1.example.net')
    try {
      const run = await live(WEBSITE)
      expect(run.exitCode, shown(run)).to.equal(1)
      expect(words(run)).to.match(/web1\.example\.net answers by the roads (office and dmz|dmz and office)/)
      expect(versions()).to.deep.equal(HOSTS.map(() => OLD))
      expect(twin?.state().packages['mywebapp']).to.equal(OLD)
      inventory({ 'web1.example.net': 'office' })
      const chosen = await live(WEBSITE)
      expect(chosen.exitCode, shown(chosen)).to.equal(0)
      expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
      expect(twin?.state().packages['mywebapp'], 'the other daemon of this name').to.equal(OLD)
    } finally {
      configure()
      await twin?.running.stop('SIGKILL')
    }
  }).timeout(300_000)

  it('is not reached at all where one road cannot be opened, and names it', async () => {
    await brokers[1]?.kill()
    const run = await live(WEBSITE)
    expect(run.exitCode, shown(run)).to.equal(4)
    expect(words(run)).to.contain('the road dmz: ')
    expect(versions()).to.deep.equal(HOSTS.map(() => OLD))
  }).timeout(300_000)

  /** Starts a host on RabbitMQ that answers in its own name, and for some agents in that of another. */
  async function startForger(identity: string, another: string, isForged: (agent: string) => boolean) {
    const key = (name: string) => readFileSync(join(scratch.path, 'ssl', name))
    const keys = {
      privateKey: createPrivateKey(key('server-private.pem')),
      clientPublicKey: () => createPublicKey(key('clients/operator.pem')),
    }
    const security = sslServer(keys, marshal)
    const state = { forged: 0, stop: async () => {} }
    const connectorOf = (name: string, onRequest: (body: Buffer, replyTo: string) => void) =>
      new HostConnector({
        naming: rabbitmq,
        brokers: [{ host: '127.0.0.1', port: brokers[1]?.port ?? 0, user: USER, password: PASSWORD }],
        virtualHost: '/mcollective',
        collectives: ['mcollective'],
        identity: name,
        agents: ['discovery', 'package', 'rpcutil'],
        connectWithin: 10_000,
        heartBeat: 0,
        clock: systemClock,
        random: () => 0,
        onRequest,
        onTrouble: () => {},
      })
    const liar = connectorOf(another, () => {})
    const honest = connectorOf(identity, (bytes, replyTo) => {
      const { requestid, agent: senderagent, callerid } = security.openRequest(bytes)
      const isPing = senderagent === 'discovery'
      const data = symbolHash({ ensure: OLD, name: 'mywebapp', agents: ['package', 'rpcutil', 'discovery'] })
      const message = isPing ? 'pong' : symbolHash({ statuscode: 0, statusmsg: 'OK', data })
      const msgtime = Math.floor(Date.now() / 1000)
      const sealed = (senderid: string) =>
        security.sealReply({ senderid, requestid, senderagent, msgtime, message }, callerid)
      void honest.reply(replyTo, sealed(identity))
      if (!isForged(senderagent)) return
      state.forged += 1
      void liar.reply(replyTo, sealed(another))
    })
    await Promise.all([liar.open(), honest.open()])
    state.stop = async () => {
      await Promise.all([liar.close(), honest.close()])
    }
    return state
  }
})
