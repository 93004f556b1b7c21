import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { compiledCopy } from '../compiled_copy'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { WebEndpoint } from '../web_endpoint'
import { startActivemq, type RealBroker } from './brokers'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { RealFleet } from './mcollectived'
import { PASSWORD, PSK, USER } from './settings'
import { WebServer } from './web_server'
import { changing, Wire } from './wire'

const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const HOSTS = {
  test: ['test1.example.net', 'test2.example.net'],
  production: ['web1.example.net', 'web2.example.net', 'web3.example.net', 'web4.example.net'],
} as const
type EnvironmentName = keyof typeof HOSTS
const ENVIRONMENTS = ['test', 'production'] as const
const COUNTRY = { test: 'de', production: 'fr' }

const RELEASE = `@OPS-123
Feature: Release the website
  Background:
    Given this is release 2026.11.3
    And the load balancer is the haproxy backend www
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=<country>
    And I want to pre-discover how many hosts to update
    And there should be at least 2 hosts
    And at least 25% of the pool must stay in service

  @production
  Scenario: It has been elsewhere before
    Then release 2026.11.3 should have passed in test

  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I drain the load balancer within 20 seconds
    Then traffic from the load balancer should be blocked
    When I update the package mywebapp
    Then the package version for mywebapp should be <version>
    When I restart the service mywebapp
    Then the service mywebapp should be running
    And the check check_http should be ok within 20 seconds
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked

    Examples:
      | wave     |
      | 1 host   |
      | the rest |

  @rehearse
  Scenario: What may go wrong
    Given these faults are rehearsed:
      | host       | fault           | during            |
      | first host | stops answering | I update          |
      | first host | lies            | I update          |
      | last host  | fails           | I update          |
      | first host | fails           | I restart         |
      | first host | stops answering | should be running |
`

/** The planned ends of production's hosts when something goes wrong, and when nothing does. */
const ENDINGS = [
  'nothing goes wrong: PASSED new, in rotation: web[1-4].example.net',
  'web1.example.net: stops answering during "I update": FAILED unknown to the run (half-updated, out of rotation): web1.example.net old, untouched: web[2-4].example.net',
  'web1.example.net: lies during "I update": FAILED old, out of rotation: web1.example.net old, untouched: web[2-4].example.net',
  'web4.example.net: fails during "I update": FAILED new, in rotation: web1.example.net half-updated, out of rotation: web[2-3].example.net old, out of rotation: web4.example.net',
  'web1.example.net: fails during "I restart": FAILED new, out of rotation: web1.example.net old, untouched: web[2-4].example.net',
  'web1.example.net: stops answering during "should be running": FAILED unknown to the run (new, out of rotation): web1.example.net old, untouched: web[2-4].example.net',
]

const ASKED = `Feature: Asked
  Scenario: Asked
    Given I want to update hosts with identity test1.example.net
    Then the action candidate of the agent package should answer candidate "1" with:
      | package | mywebapp |
`

describe('a release on its whole way, to real Ruby hosts behind real HAProxies', function () {
  // The commands run one after the other, as a person's would: none means anything without those before it.
  this.bail(true)
  this.timeout(300_000)

  const scratch = new Scratch()
  const wire = new Wire(PSK)
  const undo: (() => Promise<void> | void)[] = [() => scratch.remove()]
  let broker: RealBroker
  let fleet: RealFleet
  let hook: WebEndpoint
  let plan = ''

  before(async function () {
    this.timeout(300_000)
    broker = await startActivemq(scratch)
    undo.unshift(() => broker.stop())
    fleet = new RealFleet(scratch, broker, 'psk')
    undo.unshift(() => fleet.stop())
    hook = await WebEndpoint.start()
    undo.unshift(() => hook.stop())
    const places = { broker: await wire.broker(broker.port), test: 0, production: 0 }
    undo.unshift(() => wire.stop())
    for (const environment of ENVIRONMENTS)
      places[environment] = await wire.haproxy((await balanced(environment)).socket)
    await Promise.all(
      ENVIRONMENTS.flatMap((environment) =>
        HOSTS[environment].map((name) => fleet.add(name, { country: COUNTRY[environment] })),
      ),
    )
    writeRepository(scratch, places, hook.url('/s3cret-of-the-hook'))
  })

  after(async function () {
    this.timeout(300_000)
    for (const each of undo) await each()
  })

  /** Starts a HAProxy of its own, in a folder of its own, before web servers of the hosts’ names. */
  async function balanced(environment: EnvironmentName): Promise<RealHaproxy> {
    const folder = new Scratch()
    const servers = await Promise.all(HOSTS[environment].map((name) => WebServer.start(name)))
    const haproxy = await startHaproxy(folder, { backend: 'www', servers })
    undo.unshift(async () => {
      await haproxy.stop()
      await Promise.all(servers.map((server) => server.stop()))
      folder.remove()
    })
    return haproxy
  }

  const run = async (args: string, env: Record<string, string> = {}) => {
    wire.take()
    const tags = env['LOCKSTEP_ENVIRONMENT'] === 'production' ? [] : ['--tags', 'not @production']
    const ended = await cucumber([...args.split(' '), 'release.feature', ...tags], scratch.path, env)
    expect(shown(ended)).not.to.match(/^\s+at .*[:(]\d+/m)
    return ended
  }
  const inProduction = { LOCKSTEP_ENVIRONMENT: 'production' }
  const activated = { ...inProduction, LOCKSTEP_ACTIVATE: '2026.11.3' }
  const states = () => fleet.hosts.map((host) => host.stateBytes())
  const versions = (environment: EnvironmentName) =>
    fleet.hosts
      .filter(({ identity }) => (HOSTS[environment] as readonly string[]).includes(identity))
      .map(({ state }) => state().packages['mywebapp'])
  const put = (name: string, version: string) =>
    fleet.hosts
      .find(({ identity }) => identity === name)
      ?.change(({ packages }) => void (packages['mywebapp'] = version))
  /** Expects work to have been read-only, by its messages and by the state of the hosts, and not by its reports. */
  const expectOnlyLooks = async (work: () => Promise<ProcessRun>) => {
    const before = states()
    const ended = await work()
    const sent = wire.take()
    expect(changing(sent), shown(ended)).to.deep.equal([])
    expect(states()).to.deep.equal(before)
    return { ended, sent }
  }

  it('is read: nothing is wrong with it, and a line that is broken on purpose is found', async () => {
    const { ended } = await expectOnlyLooks(() => run('-p lint'))
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(said(ended)).not.to.contain('warning')
    scratch.write('release.feature', RELEASE.replace('    When I unblock the load balancer\n', ''))
    const broken = await run('-p lint')
    expect(broken.exitCode, shown(broken)).to.equal(2)
    expect(said(broken)).to.match(/release\.feature:\d+: block-without-unblock:/)
    scratch.write('release.feature', RELEASE)
    expect(wire.take()).to.deep.equal({ asked: [], ordered: [] })
  })

  it('is rehearsed with the hosts of production, and with five faults', async () => {
    const { ended, sent } = await expectOnlyLooks(() => run('-p rehearse', inProduction))
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(sent).to.deep.equal({ asked: [], ordered: [] })
    expect(said(ended)).to.contain('REHEARSED 6 rehearsals')
    for (const ending of ENDINGS) expect(said(ended)).to.contain(ending)
  })

  it('is planned for test: by the wire only read-only requests, by their own files no host has changed', async () => {
    const { ended, sent } = await expectOnlyLooks(() => run('-p plan'))
    expect(ended.exitCode, shown(ended)).to.equal(0)
    // Ruby's agent has no candidate, and says so; then outdated packages are asked for.
    expect(sent.asked).to.include.members(['package candidate', 'package checkupdates', 'package status'])
    expect(sent.ordered.length).to.be.above(0)
    expect(said(ended)).to.contain(`would go from ${OLD} to ${NEW}`)
    plan = planOf(ended)
  })

  it('is planned by what Ruby’s own agent says, which knows no candidate', async () => {
    scratch.write('asked.feature', ASKED)
    const ended = await cucumber(['-p', 'plan', 'asked.feature'], scratch.path)
    expect(ended.exitCode, shown(ended)).to.equal(1)
    expect(said(ended)).to.contain(
      "Attempted to call action candidate for package but it's not declared in the DDL",
    )
  })

  it('is not let into production before it passed in test', async () => {
    const { ended } = await expectOnlyLooks(() => run('-p live', inProduction))
    expect(ended.exitCode, shown(ended)).to.equal(6)
    expect(said(ended)).to.contain('release 2026.11.3 has not passed in test')
  })

  it('is rolled out to test as it was planned, and now the wire shows what changes', async () => {
    const ended = await run('-p live', { LOCKSTEP_PLAN: plan })
    expect(ended.exitCode, shown(ended)).to.equal(0)
    const sent = wire.take()
    expect(changing(sent)).to.include.members(['package update', 'service restart'])
    expect(changing(sent).filter((order) => order.startsWith('set server www/'))).not.to.deep.equal([])
    expect(versions('test')).to.deep.equal([NEW, NEW])
    expect(versions('production')).to.deep.equal([OLD, OLD, OLD, OLD])
  })

  it('arrives in production in safe mode: by the wire only read-only requests', async () => {
    const { ended, sent } = await expectOnlyLooks(() => run('-p live', inProduction))
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(sent.asked).to.include('package checkupdates')
    expect(said(ended)).to.contain('release 2026.11.3 passed in test on 2 hosts')
    expect(said(ended))
      .to.contain('noop 4/4 hosts')
      .and.to.match(/PASSED \d+ steps on 4 hosts.*nothing was changed/)
  })

  it('is planned for production, and refused when a host is not as it was then', async () => {
    const { ended } = await expectOnlyLooks(() => run('-p plan', inProduction))
    expect(ended.exitCode, shown(ended)).to.equal(0)
    plan = planOf(ended)
    expect(said(ended))
      .to.contain('LOCKSTEP_ENVIRONMENT=production ')
      .and.to.contain(`LOCKSTEP_PLAN=${plan} `)
    put('web3.example.net', NEW)
    const { ended: refused } = await expectOnlyLooks(() =>
      run('-p live', { ...activated, LOCKSTEP_PLAN: plan }),
    )
    expect(refused.exitCode, shown(refused)).to.equal(6)
    expect(said(refused)).to.contain('is not what would be done now').and.to.contain('web3.example.net')
    put('web3.example.net', OLD)
  })

  it('is activated and rolled out to production, exactly as it was planned', async () => {
    const ended = await run('-p live', { ...activated, LOCKSTEP_PLAN: plan })
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(said(ended)).to.contain('release 2026.11.3 is activated').and.not.to.contain('nothing was changed')
    expect(changing(wire.take())).to.include.members(['package update', 'service restart'])
    expect(versions('production')).to.deep.equal([NEW, NEW, NEW, NEW])
    expect(ended.report?.outOfRotation).to.deep.equal([])
  })

  it('is compared with the hosts later: no drift, and then one host that somebody has changed', async () => {
    const drift = () => lockstep(['drift', '--environment', 'production'], scratch.path)
    const { ended: well } = await expectOnlyLooks(drift)
    expect(well.exitCode, shown(well)).to.equal(0)
    expect(well.stdout).to.contain('DRIFT OK: release 2026.11.3 in production still passes on 4 hosts')
    put('web2.example.net', OLD)
    const { ended: ill } = await expectOnlyLooks(drift)
    expect(ill.exitCode, shown(ill)).to.equal(2)
    expect(ill.stdout).to.match(/^DRIFT CRITICAL: .* no longer passes on 1 of 4 hosts: web2\.example\.net/)
  })

  it('is in the history, with what changed on each host and for which ticket', async () => {
    const ended = await lockstep(['history', '--environment', 'production'], scratch.path)
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(said(ended)).to.match(/production release 2026\.11\.3 live, passed by \S+ for OPS-123/)
    expect(said(ended)).to.contain(`mywebapp: ${OLD} → ${NEW}, done`)
    const nobody = await lockstep(['history', '--ticket', 'OPS-999'], scratch.path)
    expect(nobody.exitCode).to.equal(1)
  })

  it('was told to a web server from its beginning to the drift', () => {
    const told = hook.received.map(
      ({ body }) => JSON.parse(body) as { event: string; run: string; mode: string },
    )
    const drift = told.at(-1)
    const live = told.filter(({ mode }) => mode === 'live').at(-1)
    expect(drift).to.include({ event: 'drift found', environment: 'production', mode: 'drift' })
    expect(told.filter(({ run: id }) => id === live?.run).map(({ event }) => event)).to.deep.equal([
      'started',
      'wave begun',
      'wave ended',
      'wave begun',
      'wave ended',
      'ended',
    ])
    expect(live).to.include({ release: '2026.11.3', environment: 'production' })
    expect(hook.received.every(({ path }) => path === '/s3cret-of-the-hook')).to.equal(true)
  })

  it('kept its secrets: they are encrypted where they are written, and nothing that it left has them', () => {
    const found = (text: string) =>
      execFileSync('sh', ['-c', 'grep -rlF -- "$0" lockstep.yaml reports .lockstep || true', text], {
        cwd: scratch.path,
        encoding: 'utf8',
      })
    expect(found('2026.11.3')).not.to.equal('')
    for (const secret of [PSK, PASSWORD]) expect(found(secret)).to.equal('')
  })
})

function writeRepository(
  scratch: Scratch,
  places: Record<EnvironmentName | 'broker', number>,
  hook: string,
): void {
  const encrypted = (plain: string) =>
    execFileSync('eyaml', ['encrypt', '-o', 'string', '-s', plain], {
      cwd: scratch.path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  execFileSync('eyaml', ['createkeys'], { cwd: scratch.path, stdio: 'ignore' })
  const environment = (name: EnvironmentName, more = '') => `  ${name}:
    connector: activemq
    brokers:
      - host: 127.0.0.1
        port: ${places.broker}
        user: ${USER}
        password: { eyaml: '${encrypted(PASSWORD)}' }
    security: { provider: psk, secret: { eyaml: '${encrypted(PSK)}' } }
    look_every: 200 ms
    timeouts: { default: 10 seconds }
    haproxy: [{ host: 127.0.0.1, port: ${places[name]} }]
    inventory: [hosts.csv]
    notifications: [{ webhook: { url: '${hook}' } }]
    variables: { country: ${COUNTRY[name]}, version: ${NEW} }
${more}`
  scratch.write(
    'lockstep.yaml',
    `default: test
eyaml: { private_key: keys/private_key.pkcs7.pem, public_key: keys/public_key.pkcs7.pem }
environments:
${environment('test')}${environment('production', '    safe_mode: true\n')}`,
  )
  const rows = ENVIRONMENTS.flatMap((name) =>
    HOSTS[name].map((host) => `${host},${name},roles::dev_server,${COUNTRY[name]}\n`),
  )
  scratch.write('hosts.csv', `host,environment,role,country\n${rows.join('')}`)
  scratch.write('release.feature', RELEASE)
  const own = JSON.stringify(join(compiledCopy(), 'cucumber.js'))
  scratch.write('cucumber.js', `module.exports = require(${own})\n`)
}

function planOf({ report, stdout }: ProcessRun): string {
  const { plan } = report ?? {}
  if (plan === null || plan === undefined) throw new Error(`no plan was made:\n${stdout}`)
  return plan.id
}

function shown({ stdout, stderr }: ProcessRun): string {
  return `${stdout}\n${stderr}`
}

function said(run: ProcessRun): string {
  return shown(run).replace(/\s+/g, ' ')
}
