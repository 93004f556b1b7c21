import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { expect } from 'chai'
import { natsConnector } from '../../connectors/nats_connector'
import { natsHostConnector } from '../../connectors/nats_host_connector'
import type { HostRoad } from '../../connectors/host_connector'
import { NO_FILTER } from '../../protocol/filter'
import { choriaClient, choriaServer } from '../../protocol/security/choria'
import { parseFault } from '../../simulation/faults'
import { SimulatedHost } from '../../simulation/simulated_host'
import { systemClock } from '../../system/clock'
import { Authority } from '../authority'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { failure } from '../failure'
import { Scratch } from '../scratch'
import { startNats, type RealNats } from './nats_server'
import { start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const ROOT = resolve(__dirname, '..', '..', '..')
const SEED = join(ROOT, 'features', 'deployments', 'website.feature')
const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const HOUR_MS = 3_600_000
const signal = new AbortController().signal

describe('NATS with Choria’s security, on a real nats-server with mutual TLS', () => {
  let scratch: Scratch
  let nats: RealNats
  let fleet: NatsFleet
  let project: string
  let config: (more?: Partial<Files>, lines?: string) => string

  interface Files {
    certificate: string
    key: string
    ca: string
  }

  before(async function () {
    this.timeout(120_000)
    scratch = new Scratch()
    nats = await startNats(scratch)
    fleet = new NatsFleet(nats)
    project = join(scratch.path, 'project')
    mkdirSync(join(project, 'features'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
    const anna = nats.write('anna', nats.authority.issue({ name: 'anna.mcollective' }))
    config = (more = {}, lines = '') => {
      const files = { ...anna, ca: nats.ca, ...more }
      return scratch.write(
        'project/lockstep.yaml',
        `environments:
  production:
    connector: nats
    brokers:
      - host: 127.0.0.1
        port: ${nats.port}
    discovery_window: 2s
    security:
      provider: choria
      certificate: ${files.certificate}
      key: ${files.key}
      ca: ${files.ca}
${lines}`,
      )
    }
  })
  afterEach(() => fleet.clear())
  after(async function () {
    this.timeout(60_000)
    await fleet.clear()
    await nats.stop()
    scratch.remove()
  })

  const live = (feature = SEED, onStart?: Parameters<typeof cucumber>[3]) =>
    cucumber(['-p', 'live', feature], project, { LOCKSTEP_LOCKS: join(project, 'locks') }, onStart)
  const shown = ({ stdout, stderr }: ProcessRun) => (stdout + stderr).replace(/\s+/g, ' ')

  it('carries the seed feature, word for word, to every host', async () => {
    config()
    const hosts = await fleet.add('web1.example.net', 'web2.example.net', 'web3.example.net')
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(run.stdout).to.contain('on 3 hosts')
    for (const { truth } of hosts) {
      expect(truth.state.join()).to.contain(NEW)
      expect(truth.blocked).to.deep.equal([])
    }
  }).timeout(120_000)

  it('stops at the first step in which one host diverges, and names it', async () => {
    config()
    await fleet.add('web1.example.net')
    const [liar] = await fleet.add('web2.example.net lies')
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(run.stdout).to.contain('web2.example.net')
    expect(liar?.truth.state.join()).to.contain(OLD)
  }).timeout(120_000)

  it('names a host that is silent', async () => {
    config({}, '    timeouts: {default: 3s}\n')
    await fleet.add('web1.example.net', 'web2.example.net silent')
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(run.stdout).to.match(/silent.*web2\.example\.net|web2\.example\.net.*silent/s)
  }).timeout(120_000)

  it('fails where a host answers for another', async () => {
    config({}, '    timeouts: {default: 3s}\n')
    await fleet.add('web1.example.net', 'web2.example.net spoofs')
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.match(/sent by\s+web2\.example\.net,\s+but\s+says/)
  }).timeout(120_000)

  it('pauses while the server is away, and comes to no verdict by that', async () => {
    config({}, '    timeouts: {default: 60s}\n')
    const [, slow] = await fleet.add('web1.example.net', 'web2.example.net very slow')
    const run = await live(SEED, () => {
      // The block of the second host is under way: it answers five seconds later.
      void untilPerformed(slow, 'iptables block').then(async () => {
        await nats.stop('SIGKILL')
        await nats.start()
      })
    })
    expect(run.stdout).to.contain('the connection to the broker is back')
    expect(slow?.performed.get('iptables block')).to.equal(1)
    expect(run.exitCode, shown(run)).to.equal(0)
  }).timeout(180_000)

  describe('a client', () => {
    const refused = async (files: Partial<Files>) => {
      config(files)
      await fleet.add('web1.example.net')
      return live()
    }

    it('with a certificate of another authority is turned away by the server, in a sentence', async () => {
      const other = nats.write('other', new Authority('other').issue({ name: 'anna.mcollective' }))
      const run = await refused(other)
      expect(run.exitCode, shown(run)).to.equal(4)
      expect(shown(run)).to.match(/(?:does not|does it) accept the certificate of this side/)
    }).timeout(60_000)

    it('that does not know the authority of the server sends it nothing', async () => {
      const ca = scratch.write('other-ca.pem', new Authority('other').certificate)
      const run = await refused({ ca })
      expect(run.exitCode, shown(run)).to.equal(4)
      expect(shown(run)).to.contain('no authority of the file `ca` has issued its certificate')
    }).timeout(60_000)

    it('with an expired certificate is told so before anything is sent', async () => {
      const past = { validFrom: new Date(Date.now() - 2 * HOUR_MS), validTo: new Date(Date.now() - HOUR_MS) }
      const run = await refused(
        nats.write('past', nats.authority.issue({ name: 'anna.mcollective', ...past })),
      )
      expect(run.exitCode, shown(run)).to.equal(2)
      expect(shown(run)).to.contain('has expired')
    }).timeout(60_000)

    it('with the certificate of a host finds no host, and is told why', async () => {
      const run = await refused(nats.write('asHost', nats.authority.issue({ name: 'web9.example.net' })))
      expect(run.exitCode, shown(run)).to.equal(3)
      expect(shown(run)).to.contain('hosts take requests of names that end with .mcollective')
    }).timeout(60_000)
  })

  describe('a host', () => {
    let spy: NatsConnection
    const anna = () => nats.authority.issue({ name: 'anna.mcollective' })

    beforeEach(async () => {
      const { certificate: cert, key } = nats.authority.issue({ name: 'eve.example.net' })
      spy = await connect({
        servers: `127.0.0.1:${nats.port}`,
        tls: { ca: nats.authority.certificate, cert, key },
      })
    })
    afterEach(() => spy.close())

    /** Sends a frame, and resolves with the reply, or with nothing within a second. */
    const replyTo = async (subject: string, frame: (reply: string) => object) => {
      const reply = `mcollective.reply.spy.${Math.random().toString(16).slice(2)}`
      const heard = spy.subscribe(reply, { max: 1 })
      spy.publish(subject, JSON.stringify(frame(reply)), { reply })
      const late = setTimeout(() => heard.unsubscribe(), 1_000)
      for await (const message of heard) if (message.headers === undefined) return clear(late, message)
      return undefined
    }
    const clear = (timer: NodeJS.Timeout, message: Msg) => (clearTimeout(timer), message)
    const request = (more: Partial<Parameters<ReturnType<typeof choriaClient>['sealRequest']>[0]> = {}) => ({
      senderid: 'control.example.net',
      requestid: Math.random().toString(16).slice(2).padEnd(32, '0').slice(0, 32),
      filter: NO_FILTER,
      collective: 'mcollective',
      agent: 'discovery',
      ttl: 60,
      msgtime: Math.floor(Date.now() / 1000),
      message: 'ping',
      ...more,
    })
    const sealed = (more = {}) => choriaClient(anna(), 'choria=anna.mcollective').sealRequest(request(more))
    const frameOf = (data: Buffer) => (reply: string) => ({
      protocol: 'choria:transport:1',
      data: data.toString('base64').replace(/.{60}/g, '$&\n'),
      headers: { mc_sender: 'control.example.net', 'reply-to': reply },
    })
    const PLACE = 'mcollective.broadcast.agent.discovery'

    it('answers the frames that Ruby’s client was recorded with, in the same form', async () => {
      await fleet.add('web1.example.net')
      const answer = await replyTo(PLACE, frameOf(sealed()))
      const { data, ...outer } = JSON.parse(answer?.string() ?? '{}') as { data: string }
      expect(outer).to.deep.equal({
        protocol: 'choria:transport:1',
        headers: { mc_sender: 'web1.example.net' },
      })
      const secure = JSON.parse(Buffer.from(data, 'base64').toString()) as { message: string }
      expect(JSON.parse(secure.message)).to.deep.include({ protocol: 'choria:reply:1', message: '"pong"' })
    })

    it('refuses a replay, an altered filter, and a foreign name', async () => {
      await fleet.add('web1.example.net')
      const once = sealed()
      expect(await replyTo(PLACE, frameOf(once))).not.to.equal(undefined)
      expect(await replyTo(PLACE, frameOf(once)), 'a replay').to.equal(undefined)
      const narrow = sealed({ filter: { ...NO_FILTER, identities: ['web9.example.net'] } })
      const text = narrow.toString().replace('web9.example.net', 'web1.example.net')
      expect(text).not.to.equal(narrow.toString())
      expect(await replyTo(PLACE, frameOf(Buffer.from(text))), 'another filter').to.equal(undefined)
      const foreign = choriaClient(anna(), 'choria=bert.mcollective').sealRequest(request())
      expect(await replyTo(PLACE, frameOf(foreign)), 'a foreign name').to.equal(undefined)
      const old = sealed({ msgtime: Math.floor(Date.now() / 1000) - 3_600 })
      expect(await replyTo(PLACE, frameOf(old)), 'an old one').to.equal(undefined)
      expect(fleet.refusals.join('\n'))
        .to.contain('came a second time')
        .and.to.contain('not signed by the key of anna.mcollective')
        .and.to.contain('used in the name of choria=bert.mcollective')
        .and.to.contain('sent 3600 s ago')
    }).timeout(20_000)

    it('that was not asked cannot answer for one that is silent', async () => {
      const own = anna()
      const connector = natsConnector({
        ...common(nats, 'control.example.net', 'anna.mcollective'),
        collective: 'mcollective',
        callerid: 'choria=anna.mcollective',
      })
      const senders: (string | undefined)[] = []
      connector.listen({
        message: ({ sender }) => senders.push(sender),
        lost: () => {},
        restored: () => {},
      })
      await connector.open(signal)
      // The spy reads only what everybody is told: a broadcast, with the subject of its answers.
      const heard = spy.subscribe('mcollective.broadcast.>', { max: 1 })
      await spy.flush()
      const body = choriaClient(own, 'choria=anna.mcollective').sealRequest(request())
      await connector.broadcast({ collective: 'mcollective', agent: 'discovery' }, { body, ttl: 60 }, signal)
      let told = ''
      for await (const { reply } of heard) told = reply ?? ''
      await connector.direct(
        { collective: 'mcollective', agent: 'x' },
        ['web1.example.net'],
        { body, ttl: 60 },
        signal,
      )
      const guess = told.replace(/\.all$/, `.${'0'.repeat(32)}`)
      const claim = frameOf(Buffer.from('{}'))('')
      spy.publish(guess, JSON.stringify({ ...claim, headers: { mc_sender: 'web1.example.net' } }))
      await spy.flush()
      while (senders.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      expect(senders).to.deep.equal(['a host that was not asked'])
      await connector.close()
    }).timeout(20_000)
  })

  it('tells a host’s name that two machines have', async () => {
    config({}, '    timeouts: {default: 3s}\n')
    await fleet.add('web1.example.net', 'web1.example.net lies')
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.match(/answered twice|more than once|two/)
  }).timeout(60_000)

  it('runs a real daemon by a server.cfg of Choria, and finds it by a client.cfg of Choria', async () => {
    const own = nats.write('web7', nats.authority.issue({ name: 'web7.example.net' }))
    const daemon = startDaemon(scratch, nats, 'web7.example.net', own)
    await untilReady(
      'the daemon',
      daemon,
      async () => readFileSync(daemon.log, 'utf8').includes('listening'),
      60_000,
    )
    const anna = nats.write('anna', nats.authority.issue({ name: 'anna.mcollective' }))
    const cfg = scratch.write(
      'choria/client.cfg',
      `identity = control.example.net
connector = nats
securityprovider = choria
main_collective = mcollective
plugin.security.provider = file
plugin.security.file.certificate = ${anna.certificate}
plugin.security.file.key = ${anna.key}
plugin.security.file.ca = ${nats.ca}
`,
    )
    scratch.write(
      'choria/plugin.d/choria.cfg',
      `middleware_hosts = 127.0.0.1:1,nats://127.0.0.1:${nats.port}\n`,
    )
    const cwd = join(scratch.path, 'elsewhere')
    mkdirSync(cwd, { recursive: true })
    const run = await lockstep(['ping'], cwd, { MCOLLECTIVE_CONFIG: cfg })
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(run.stdout).to.contain('web7.example.net')
    await daemon.stop()
  }).timeout(120_000)

  it('works with the permissions of the manual, and says what a broker does not allow', async () => {
    const caller = createHash('md5').update('choria=anna.mcollective').digest('hex')
    const user = (name: string, publish: string, subscribe: string) =>
      `{ user: ${name}, password: secret, permissions: { publish: [${publish}], subscribe: [${subscribe}] } }`
    const users = [
      user('host', '"*.reply.>"', '"*.broadcast.agent.>", "*.node.web1.example.net"'),
      user('client', '"*.broadcast.>", "*.node.>"', `"*.reply.${caller}.>"`),
    ]
    const limited = await startNats(scratch, `authorization {\n users: [\n${users.join('\n')}\n ]\n}`)
    const of = (name: string) => {
      const options = common(limited, 'web1.example.net', 'anna.mcollective')
      return {
        ...options,
        brokers: options.brokers.map((each) => ({ ...each, user: name, password: 'secret' })),
      }
    }
    const client = (name: string, callerid = 'choria=anna.mcollective') =>
      natsConnector({ ...of(name), collective: 'mcollective', callerid })
    const requests: string[] = []
    const host: HostRoad = natsHostConnector({
      ...of('host'),
      collectives: ['mcollective'],
      agents: ['discovery'],
      onRequest(body, replyTo) {
        requests.push(body.toString())
        void host.reply(replyTo, Buffer.from('pong'))
      },
      onTrouble: (what) => requests.push(what),
    })
    await host.open()
    const good = client('client')
    const answered = new Promise<string>((resolve) =>
      good.listen({
        message: ({ body, sender }) => resolve(`${body.toString()} of ${sender}`),
        lost: () => {},
        restored: () => {},
      }),
    )
    await good.open(signal)
    const to = { collective: 'mcollective', agent: 'discovery' }
    await good.direct(to, ['web1.example.net'], { body: Buffer.from('ping'), ttl: 60 }, signal)
    expect(await answered).to.equal('pong of web1.example.net')
    const long = good.direct(to, ['web1.example.net'], { body: Buffer.alloc(2_000_000), ttl: 60 }, signal)
    expect((await failure(long)).message).to.contain('is too long for the broker, which takes 1048576')
    const wild = good.direct(to, ['*'], { body: Buffer.from('ping'), ttl: 60 }, signal)
    expect((await failure(wild)).message).to.contain(
      'the host * of the collective mcollective cannot be reached',
    )
    expect(requests).to.deep.equal(['ping'])
    for (const [name, callerid] of [
      ['host', 'choria=anna.mcollective'],
      ['client', 'choria=bert.mcollective'],
    ] as const) {
      const listening = client(name, callerid).open(signal)
      expect((await failure(listening)).message).to.match(
        /did not allow: subscribing to mcollective\.reply\./,
      )
    }
    const stranger = await failure(client('nobody').open(signal))
    expect(stranger.message).to.contain('refused this connection: it knows no user of this name')
    await good.close()
    await host.close()
    await limited.stop()
  }).timeout(60_000)

  it('passes the doctor, who names what is amiss', async () => {
    config()
    await fleet.add('web1.example.net')
    const well = await lockstep(['doctor'], project)
    expect(shown(well)).to.contain('takes our certificate, TLS until')
    const soon = { validTo: new Date(Date.now() + 24 * HOUR_MS) }
    config(nats.write('soon', nats.authority.issue({ name: 'anna.mcollective', ...soon })))
    const warned = await lockstep(['doctor'], project)
    expect(shown(warned)).to.match(/the certificate \S+soon\.pem expires on/)
  }).timeout(120_000)
})

/** Hosts with real agents on pretended machines, each on a connection of its own. */
class NatsFleet {
  readonly refusals: string[] = []
  private roads: HostRoad[] = []

  constructor(private readonly nats: RealNats) {}

  /** Adds hosts; each is a name, and the name of a fault after it. */
  async add(...descriptions: string[]): Promise<SimulatedHost[]> {
    return Promise.all(descriptions.map((each) => this.addOne(each)))
  }

  private async addOne(description: string): Promise<SimulatedHost> {
    const [, identity = '', fault] = /^(\S+)(?: (.+))?$/.exec(description) ?? []
    const security = choriaServer({
      ca: [this.nats.authority.certificate],
      callers: ['/\\.mcollective$/'],
      privileged: ['/\\.privileged\\.mcollective$/'],
      now: () => Date.now(),
    })
    const noting: typeof security = {
      ...security,
      openRequest: (bytes) => {
        try {
          return security.openRequest(bytes)
        } catch (error) {
          this.refusals.push((error as Error).message)
          throw error
        }
      },
    }
    const host = new SimulatedHost(
      {
        identity,
        classes: ['roles::dev_server'],
        facts: { country: 'de' },
        packages: { mywebapp: OLD },
        services: {},
        checks: {},
        without: [],
        fault: fault === undefined ? undefined : parseFault(fault),
      },
      {
        repository: { mywebapp: [OLD, NEW] },
        collective: 'mcollective',
        security: noting,
        clock: systemClock,
        onRefused: (reason) => this.refusals.push(reason),
      },
    )
    const road: HostRoad = natsHostConnector({
      ...common(this.nats, identity, identity),
      collectives: ['mcollective'],
      agents: ['discovery', ...host.agents.keys()],
      onRequest: (body, replyTo) =>
        void host.receive(body, (reply) => void road.reply(replyTo, reply.body).catch(() => {})),
      onTrouble: (what) => this.refusals.push(what),
    })
    await road.open()
    this.roads.push(road)
    return host
  }

  async clear(): Promise<void> {
    this.refusals.length = 0
    await Promise.all(this.roads.splice(0).map((road) => road.close()))
  }
}

function common({ port, authority }: RealNats, identity: string, certname: string) {
  const { certificate: cert, key } = authority.issue({ name: certname })
  return {
    identity,
    brokers: [{ host: '127.0.0.1', port, tls: { ca: [authority.certificate], cert, key, verify: true } }],
    connectWithin: 20_000,
    heartBeat: 10_000,
    clock: systemClock,
    random: Math.random,
  }
}

async function untilPerformed(host: SimulatedHost | undefined, action: string): Promise<void> {
  const isDone = () => host?.performed.has(action) === true
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 20))
}

function startDaemon(
  scratch: Scratch,
  nats: RealNats,
  identity: string,
  own: { certificate: string; key: string },
): Running {
  const off = ['package', 'service', 'iptables', 'puppet', 'puppetserver']
    .map((agent) => `plugin.${agent}.activate_agent = no\n`)
    .join('')
  const cfg = scratch.write(
    `${identity}/server.cfg`,
    `identity = ${identity}
connector = nats
securityprovider = choria
collectives = mcollective
main_collective = mcollective
factsource = yaml
plugin.yaml = ${scratch.write(`${identity}/facts.yaml`, '---\ncountry: de\n')}
classesfile = ${scratch.write(`${identity}/classes.txt`, 'roles::dev_server\n')}
plugin.choria.middleware_hosts = 127.0.0.1:${nats.port}
plugin.security.provider = file
plugin.security.file.certificate = ${own.certificate}
plugin.security.file.key = ${own.key}
plugin.security.file.ca = ${nats.ca}
plugin.lockstep.state_dir = ${join(scratch.path, identity, 'state')}
${off}`,
  )
  return start(
    process.execPath,
    [LOCKSTEP, 'agent', '--config', cfg],
    join(scratch.path, identity, 'daemon.log'),
  )
}
