import { join, resolve } from 'node:path'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { cucumber, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, startRabbitmq, type RealBroker } from './brokers'
import { makeCertificates, type TestCertificates } from './certificates'
import { PASSWORD, PSK } from './settings'
import { RealFleet, type Security } from './mcollectived'

const WEBSITE = resolve(__dirname, '..', '..', '..', 'features', 'deployments', 'website.feature')

const setups: [string, (scratch: Scratch) => Promise<RealBroker>, Security][] = [
  ['ActiveMQ with psk', startActivemq, 'psk'],
  ['ActiveMQ with ssl', startActivemq, 'ssl'],
  ['RabbitMQ with psk', startRabbitmq, 'psk'],
  ['RabbitMQ with ssl', startRabbitmq, 'ssl'],
  ['ActiveMQ with aes_security', startActivemq, 'aes_security'],
]

for (const [name, startBroker, security] of setups) {
  describe(`real mcollectived behind ${name}`, () => {
    let scratch: Scratch
    let broker: RealBroker | undefined
    let fleet: RealFleet | undefined

    before(async function () {
      this.timeout(300_000)
      scratch = new Scratch()
      broker = await startBroker(scratch)
      fleet = new RealFleet(scratch, broker, security)
      await Promise.all([
        fleet.add('web1.example.net'),
        fleet.add('web2.example.net'),
        fleet.add('web3.example.net'),
        fleet.add('db1.example.net', { classes: 'roles::database' }),
      ])
    })

    after(async function () {
      this.timeout(300_000)
      await fleet?.stop()
      await broker?.stop()
      scratch.remove()
    })

    function live(feature: string, env: Record<string, string> = {}): Promise<ProcessRun> {
      return cucumber(['-p', 'live', feature], scratch.path, {
        MCOLLECTIVE_CONFIG: fleet?.clientCfg ?? '',
        ...env,
      })
    }
    const feature = (text: string) =>
      live(scratch.write('own.feature', `Feature: Own\n  Scenario: Own\n${text}`))
    const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`

    it('carries out the seed’s feature, unchanged', async () => {
      const run = await live(WEBSITE)
      expect(run.exitCode, shown(run)).to.equal(0)
      expect(run.report?.steps.at(-1)?.counts).to.include({
        expected: 3,
        answered: 3,
        diverged: 0,
        silent: 0,
      })
      for (const { identity, state } of fleet?.hosts ?? []) {
        expect(state().packages['mywebapp']).to.equal(
          identity.startsWith('db') ? '4.2.6-2.el5' : '4.2.6-3.el5',
        )
        expect(state().blocked).to.deep.equal([])
      }
    })

    it('carries it out again at once: a host in the wanted state passes', async () => {
      const run = await live(WEBSITE)
      expect(run.exitCode, shown(run)).to.equal(0)
    })

    it('believes "already blocked" only after isblocked, and finds hosts by every kind of filter', async () => {
      const run = await feature(`
        Given the load balancer has ip address 192.168.1.1
        And I want to update hosts with identity /^web[12]/
        And I want to update hosts with fact cores>=4
        And I want to update hosts with fact country=~/^d/
        And I want to pre-discover how many hosts to update
        Then there should be exactly 2 hosts
        When I block the load balancer
        And I block the load balancer
        Then traffic from the load balancer should be blocked
        When I unblock the load balancer
        And I unblock the load balancer
        Then traffic from the load balancer should be unblocked
`)
      expect(run.exitCode, shown(run)).to.equal(0)
    })

    it('has verbs for packages, services, checks and any agent', async () => {
      scratch.write('hosts.txt', 'web1.example.net\r\nweb2.example.net\r\n')
      const run = await feature(`
        Given I want to update the hosts listed in hosts.txt
        And I want to pre-discover how many hosts to update
        Then every host should answer
        When I install version 4.2.6-2.el5 of the package mywebapp
        Then the package version for mywebapp should be 4.2.6-2.el5 within 5 seconds
        And the package mywebapp should be installed
        And the package nginx should be absent
        When I stop the service mywebapp
        And I stop the service mywebapp
        Then the service mywebapp should be stopped
        When I start the service mywebapp
        And I restart the service mywebapp
        Then the service mywebapp should be running
        And the check check_http should be ok for 2 checks in a row
        And the check check_load should be ok or warning
        When I run the action restart of the agent service with:
            | service | mywebapp |
        Then the action status of the agent service should answer status "running" with:
            | service | mywebapp |
`)
      expect(run.exitCode, shown(run)).to.equal(0)
    })

    it('fails with the exit code of a check, its name and its words', async () => {
      const run = await feature(`
        Given I want to update hosts with class roles::dev_server
        Then the check check_load should be ok
`)
      expect(run.exitCode, shown(run)).to.equal(1)
      expect(run.stdout)
        .to.contain('WARNING: WARNING - of a test host')
        .and.to.contain('web[1-3].example.net')
    })

    it('names the host that is gone, and no other', async () => {
      const gone = fleet?.hosts.find(({ identity }) => identity === 'web2.example.net')
      gone?.running.child.kill('SIGSTOP')
      scratch.write('hosts.txt', 'web1.example.net\nweb2.example.net\n')
      const run = await feature(`
        Given I want to update the hosts listed in hosts.txt
        Then every host should answer
`)
      gone?.running.child.kill('SIGCONT')
      expect(run.exitCode, shown(run)).to.equal(1)
      expect(run.report?.steps[0]?.counts).to.include({ expected: 2, answered: 1, silent: 1 })
      expect(run.stdout.replace(/\s+/g, ' ')).to.match(
        /no answer \(asked \d+ s ago\)(?:; it answers no ping either: the host or its daemon is down)? web2\.example\.net/,
      )
    }).timeout(300_000)

    it('finds no host, says so, and exits with 3', async () => {
      const run = await feature(`
        Given I want to update hosts with class roles::nothing
        And I want to pre-discover how many hosts to update
`)
      expect(run.exitCode, shown(run)).to.equal(3)
      expect(run.stdout).to.contain('no host was discovered with class roles::nothing')
    })

    it('waits for a broker that is killed in mid-step and comes back', async function () {
      this.timeout(300_000)
      const state = fleet?.hosts[0]?.state
      let asked = false
      const running = cucumber(
        [
          '-p',
          'live',
          scratch.write(
            'own.feature',
            `Feature: Own\n  Scenario: Own
        Given I want to update hosts with identity web1.example.net
        When I stop the service mywebapp
        Then the service mywebapp should be running within 4 minutes
`,
          ),
        ],
        scratch.path,
        { MCOLLECTIVE_CONFIG: fleet?.clientCfg ?? '' },
      )
      for (let tries = 0; !asked && tries < 2_000; tries += 1) {
        asked = state?.().services['mywebapp'] === 'stopped'
        await new Promise((done) => setTimeout(done, 50))
      }
      expect(asked).to.equal(true)
      await broker?.kill()
      await broker?.restart()
      // The Ruby daemon takes up to half a minute to come back by itself; its answer is changed meanwhile.
      fleet?.hosts[0]?.change((host) => void (host.services['mywebapp'] = 'running'))
      const run = await running
      expect(run.exitCode, shown(run)).to.equal(0)
    })

    it('keeps secrets out of everything that it writes', () => {
      const { stdout } = { stdout: readFileSync(join(scratch.path, 'reports', 'run.json'), 'utf8') }
      expect(stdout).not.to.contain(PASSWORD).and.not.to.contain(PSK)
    })

    if (security === 'psk') {
      it('names a wrong broker password without telling it, tries once, and exits with 4', async () => {
        const run = await live(WEBSITE, { STOMP_PASSWORD: 'not-the-password' })
        expect(run.exitCode, shown(run)).to.equal(4)
        expect(shown(run))
          .to.match(/refused this connection/)
          .and.not.to.contain('not-the-password')
      })

      it('finds no host with a wrong secret', async () => {
        const run = await live(WEBSITE, { MCOLLECTIVE_PSK: 'not-the-secret' })
        expect(run.exitCode, shown(run)).to.equal(3)
      })
    }
  }).timeout(300_000)
}

describe('real ActiveMQ with TLS', () => {
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet | undefined
  let certificates: TestCertificates

  before(async function () {
    this.timeout(300_000)
    scratch = new Scratch()
    certificates = makeCertificates(scratch)
    broker = await startActivemq(scratch, { certificates })
    fleet = new RealFleet(scratch, broker, 'psk')
    await fleet.add('web1.example.net')
  })

  after(async function () {
    this.timeout(300_000)
    await fleet?.stop()
    await broker?.stop()
    scratch.remove()
  })

  async function withTls(settings: string): Promise<ProcessRun> {
    const plain = readFileSync(fleet?.clientCfg ?? '', 'utf8')
    const secure = plain.replace(
      /pool\.1\.port = \d+/,
      `pool.1.port = ${broker?.tlsPort}\nplugin.activemq.pool.1.ssl = 1\n${settings}`,
    )
    return cucumber(['-p', 'live', WEBSITE], scratch.path, {
      MCOLLECTIVE_CONFIG: scratch.write('tls.cfg', secure),
    })
  }

  it('accepts a client whose certificate the CA has signed', async () => {
    const { ca, clientCert, clientKey } = certificates
    const pool = 'plugin.activemq.pool.1.ssl'
    const run = await withTls(`${pool}.ca = ${ca}\n${pool}.cert = ${clientCert}\n${pool}.key = ${clientKey}`)
    expect(run.exitCode, run.stdout + run.stderr).to.equal(0)
  })

  it('is refused when its certificate is not signed by a CA that we trust', async () => {
    const run = await withTls('')
    expect(run.exitCode, run.stdout + run.stderr).to.equal(4)
    expect(run.stdout).to.match(/cannot be used:\s[^]*(certificate|issuer)/)
  })

  it('refuses us without a client certificate', async () => {
    const run = await withTls(`plugin.activemq.pool.1.ssl.ca = ${certificates.ca}`)
    expect(run.exitCode, run.stdout + run.stderr).to.equal(4)
  })
}).timeout(300_000)
