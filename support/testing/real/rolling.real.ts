import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { HaproxyBackend } from '../../balancers/haproxy/backend'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { Load } from './load'
import { RealFleet } from './mcollectived'
import { WebServer } from './web_server'

const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const HOSTS = Array.from({ length: 10 }, (_, index) => `web${index + 1}.example.net`)

const rolling = (takeOut: string, putBack: string, more = '') => `Feature: Rolling
  Background:
    Given the load balancer is the haproxy backend www
    And I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
    And at least 50% of the pool must stay in service
${more}
  Scenario Outline: Update on <wave>
    Given I take <wave>
    ${takeOut}
    When I update the package mywebapp
    Then the package version for mywebapp should be ${NEW}
    And the check check_http should be ok
    ${putBack}
    Examples:
      | wave     |
      | 1 host   |
      | 40%      |
      | the rest |
`
const DRAINED = rolling(
  'When I drain the load balancer within 20 seconds\n    Then traffic from the load balancer should be blocked',
  'When I unblock the load balancer\n    Then traffic from the load balancer should be unblocked',
)
const IN_ROTATION = rolling('', '')

describe('ten real hosts behind a real HAProxy, under load', () => {
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet
  let haproxy: RealHaproxy | undefined
  let servers: WebServer[] = []

  before(async function () {
    this.timeout(300_000)
    scratch = new Scratch()
    broker = await startActivemq(scratch)
    servers = await Promise.all(HOSTS.map((name) => WebServer.start(name)))
    haproxy = await startHaproxy(scratch, { backend: 'www', servers })
    fleet = new RealFleet(scratch, broker, 'psk')
    await Promise.all(HOSTS.map((name) => fleet.add(name)))
    fleet.hosts.forEach((host, index) =>
      host.change((state) => (state.restart = servers[index]?.restartUrl ?? '')),
    )
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    look_every: 200 ms
    timeouts: { default: 12 seconds }
    haproxy: [{ socket: ${haproxy.socket} }]
`,
    )
  })

  after(async function () {
    this.timeout(300_000)
    await fleet?.stop()
    await haproxy?.stop()
    await broker?.stop()
    await Promise.all(servers.map((server) => server.stop()))
    scratch.remove()
  })

  beforeEach(async () => {
    for (const host of fleet.hosts)
      host.change((state) => {
        state.packages['mywebapp'] = OLD
        state.checks['check_http'] = 0
      })
    await haproxy?.restart()
  })

  const live = (text: string, env: Record<string, string> = {}, onStart?: Parameters<typeof cucumber>[3]) => {
    scratch.write('rolling.feature', text)
    return cucumber(['-p', 'live', 'rolling.feature'], scratch.path, env, onStart)
  }
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const versions = () => fleet.hosts.map(({ state }) => state().packages['mywebapp'])
  const underLoad = async (work: () => Promise<ProcessRun>) => {
    const load = new Load(haproxy?.port ?? 0)
    const run = await work()
    return { run, load: await load.stop() }
  }
  /** Calls `work` as soon as the newest journal says that `at` happened `times` times. */
  const when = async (at: string, work: () => unknown, times = 1) => {
    const before = journalNames(scratch)
    await until(at, () => newest(scratch, before).split(at).length > times)
    await work()
  }

  it('are updated a wave at a time, and not one request fails', async () => {
    const { run, load } = await underLoad(() => live(DRAINED))
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
    expect(load.failures, `${load.failed} of ${load.requests}`).to.deep.equal([])
    expect(load.requests).to.be.above(500)
    expect(run.report?.outOfRotation).to.deep.equal([])
  }).timeout(300_000)

  it('are seen to fail requests when they are updated in rotation: the load generator would have noticed', async () => {
    const { run, load } = await underLoad(() => live(IN_ROTATION))
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(load.failed).to.be.above(0)
  }).timeout(300_000)

  it('have their failed requests counted by a sentence, too', async () => {
    const feature = (percent: string) => `Feature: Counted
  Scenario: Counted
    Given the load balancer is the haproxy backend www
    And I want to update hosts with identity web1.example.net
    Then the pool www should have 10 hosts in service
    And fewer than ${percent}% of requests should fail for 2 seconds
`
    const well = await underLoad(() => live(feature('1')))
    expect(well.run.exitCode, shown(well.run)).to.equal(0)
    expect(well.load.failed).to.equal(0)
    const ill = await underLoad(async () => {
      const trouble = when('"type":"verdict","step":"the pool www should have 10 hosts in service"', () =>
        servers[0]?.restart(),
      )
      const run = await live(feature('0.001'))
      await trouble
      return run
    })
    expect(ill.run.exitCode, shown(ill.run)).to.equal(1)
    expect(shown(ill.run)).to.match(/\d+ of \d+ requests failed in 2 s/)
  }).timeout(300_000)

  it('go on when the broker is killed in mid-wave and comes back', async () => {
    const restart = when(
      '"action":"drain"',
      async () => {
        await broker?.kill()
        await broker?.restart()
      },
      2,
    )
    const { run, load } = await underLoad(() => live(DRAINED))
    await restart
    expect(run.exitCode, shown(run)).to.be.oneOf([0, 1])
    expect(load.failures).to.deep.equal([])
    await expectNothingLost(run)
  }).timeout(300_000)

  it('name a host that was killed after it was taken out and before it was updated', async () => {
    const victim = fleet.hosts[2]
    const killed = when('"action":"drain"', () => victim?.running.child.kill('SIGSTOP'), 2)
    const { run, load } = await underLoad(() => live(DRAINED))
    await killed
    victim?.running.child.kill('SIGCONT')
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.contain('Silent: web3.example.net').and.to.contain('Not attempted (5 hosts)')
    expect(load.failures).to.deep.equal([])
    await expectNothingLost(run)
  }).timeout(300_000)

  it('stop when all hosts of a wave are silent, with any failure budget', async () => {
    const wave = fleet.hosts.slice(1, 5)
    const stopped = when(
      '"action":"drain"',
      () => wave.forEach(({ running }) => running.child.kill('SIGSTOP')),
      2,
    )
    const { run, load } = await underLoad(() => live(rolling(...drained(), '    And up to 9 hosts may fail')))
    await stopped
    for (const { running } of wave) running.child.kill('SIGCONT')
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.contain('Silent: web[2-5].example.net')
    expect(load.failures).to.deep.equal([])
    await expectNothingLost(run)
  }).timeout(300_000)

  it('are not updated when HAProxy was restarted and sends them requests again', async () => {
    const restarted = when(
      '"type":"verdict","step":"traffic from the load balancer should be blocked"',
      () => haproxy?.restart(),
      2,
    )
    const run = await live(DRAINED)
    await restarted
    if (run.exitCode === 0) return expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
    expect(run.exitCode, shown(run)).to.be.oneOf([1, 4])
    await expectNothingLost(run)
  }).timeout(300_000)

  it('are left as they are when HAProxy’s socket is gone, and what is out is named', async () => {
    const killed = when(
      '"type":"verdict","step":"traffic from the load balancer should be blocked"',
      () => haproxy?.kill(),
      2,
    )
    const run = await live(DRAINED)
    await killed
    expect(run.exitCode, shown(run)).to.equal(4)
    expect(shown(run))
      .to.match(/UNREACHABLE\s+HAProxy at/)
      .and.to.contain('Still out of rotation: 4 hosts')
  }).timeout(300_000)

  it('are taken up again by a run that resumes one that was killed with -9 between drain and unblock', async () => {
    const { run, load } = await underLoad(() =>
      live(DRAINED, {}, (kill) => void when('"action":"update"', () => kill('SIGKILL'), 2)),
    )
    expect(run.exitCode).to.equal(undefined)
    expect(load.failures).to.deep.equal([])
    const passed = await lockstep(['status'], scratch.path)
    expect(passed.stdout).to.contain('is out of the haproxy backend www: web[2-5].example.net')
    const killedRun = journalNames(scratch).at(-1)?.replace('.journal.ndjson', '') ?? ''
    const again = await underLoad(() => live(DRAINED, { LOCKSTEP_RESUME: killedRun }))
    expect(again.run.exitCode, shown(again.run)).to.equal(0)
    expect(again.load.failures).to.deep.equal([])
    expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
    expect((await lockstep(['status'], scratch.path)).stdout).to.contain('Nothing is out of rotation.')
  }).timeout(300_000)

  it('are put back by `lockstep put-back`, host by host', async () => {
    const check = fleet.hosts[1]
    check?.change((state) => (state.checks['check_http'] = 2))
    const run = await live(DRAINED)
    expect(run.exitCode, shown(run)).to.equal(1)
    const released = await lockstep(['put-back', '--all'], scratch.path)
    expect(released.exitCode, shown(released)).to.equal(0)
    expect(released.stdout)
      .to.match(/✔ web\[[\d,-]+\]\.example\.net {2}in service/)
      .and.to.contain('Put back: 4 hosts')
  }).timeout(300_000)

  /** Expects no host to have been updated in rotation, and `status` to name every host that HAProxy has out. */
  async function expectNothingLost(run: ProcessRun): Promise<void> {
    const { stdout } = await lockstep(['status'], scratch.path)
    const stat = await fetchStates(haproxy?.socket ?? '')
    for (const [name, admin] of stat)
      if (admin !== 'ready')
        expect(stdout.replaceAll(/\[(\d+)-(\d+)\]/g, expanded), shown(run)).to.contain(
          name.split('.')[0] ?? name,
        )
    await lockstep(['put-back', '--all'], scratch.path)
  }
})

function drained(): [string, string] {
  return [
    'When I drain the load balancer within 20 seconds\n    Then traffic from the load balancer should be blocked',
    'When I unblock the load balancer\n    Then traffic from the load balancer should be unblocked',
  ]
}

async function fetchStates(socket: string): Promise<[string, string][]> {
  const { servers } = await new HaproxyBackend({ socket }, 'www', 2_000).read()
  return [...servers.values()].map(({ server, admin }) => [server, admin])
}

/** Expands `[2-5]` to `2 web3 web4 web5`, so that each name can be looked for. */
function expanded(_text: string, from: string, to: string): string {
  const numbers = Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index)
  return numbers.join(' web')
}

function journalNames(scratch: Scratch): string[] {
  const folder = join(scratch.path, '.lockstep', 'live')
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.ndjson'))
        .sort()
    : []
}

function newest(scratch: Scratch, before: readonly string[]): string {
  const name = journalNames(scratch).findLast((each) => !before.includes(each))
  return name === undefined ? '' : readFileSync(join(scratch.path, '.lockstep', 'live', name), 'utf8')
}

async function until(what: string, test: () => boolean): Promise<void> {
  for (let tries = 0; tries < 40_000; tries += 1) {
    if (test()) return
    await new Promise((done) => setTimeout(done, 5))
  }
  throw new Error(`no journal came to say ${what}`)
}
