import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseNagiosStatus } from '../../monitoring/systems/nagios_status'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startIcinga, type RealIcinga } from './icinga'
import { RealFleet } from './mcollectived'
import { startNagios, type RealNagios } from './nagios'
import { untilReady } from './processes'

const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const HOSTS = ['web1.example.net', 'web2.example.net', 'web3.example.net']

const FEATURE = `Feature: Muted by both
  Background:
    Given the load balancer has ip address 192.168.1.1
    And the whole pool may be out of service
    And I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
    And on failure healthy hosts go back into rotation
  Scenario Outline: Update <wave>
    Given I take <wave>
    When I begin a downtime of at most 30 minutes
    Then the hosts should be in downtime
    When I block the load balancer
    And I update the package mywebapp
    Then the package version for mywebapp should be ${NEW}
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    When I end the downtime
    Then the hosts should not be in downtime
    Examples:
      | wave     |
      | 1 host   |
      | the rest |
`

describe('A rollout that has a real Icinga and a real Nagios mute its hosts', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let icinga: RealIcinga
  let nagios: RealNagios
  let fleet: RealFleet

  before(async () => {
    scratch = new Scratch()
    broker = await startActivemq(scratch)
    icinga = await startIcinga(scratch)
    nagios = await startNagios(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    await Promise.all(HOSTS.map((name) => fleet.add(name)))
    for (const host of HOSTS) {
      await icinga.ask('PUT', `objects/hosts/${host}`, { templates: ['lockstep-host'], attrs: {} })
      const service = { use: 'lockstep-service', host_name: host, service_description: 'load' }
      writeFileSync(
        join(nagios.folder, `${host}.cfg`),
        define('host', { use: 'lockstep-host', host_name: host, address: '127.0.0.1' }) +
          define('service', { ...service, check_command: 'check_ok' }),
      )
    }
    execFileSync(nagios.reload[0] ?? '', nagios.reload.slice(1))
    await untilReady('the hosts', nagios.running, async () => nagios.shows().includes(HOSTS[2] ?? ''), 60_000)
    scratch.write('icinga.password', `${icinga.password}\n`)
    scratch.write(
      'lockstep.yaml',
      `monitoring:
  nagios: { folder: ${nagios.folder}, config: ${nagios.config}, reload: [${nagios.reload.join(', ')}] }
  icinga: { url: '${icinga.url}', user: ${icinga.downtimeUser}, password: { file: icinga.password }, ca: ${icinga.ca} }
environments:
  test:
    client_config: ${fleet.clientCfg}
    look_every: 200 ms
    timeouts: { default: 12 seconds }
`,
    )
    scratch.write('both.feature', FEATURE)
  })
  after(async () => {
    await fleet?.stop()
    await nagios?.stop()
    await icinga?.stop()
    await broker?.stop()
    scratch.remove()
  })

  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const live = () => cucumber(['-p', 'live', 'both.feature'], scratch.path)
  const status = async () => shown(await lockstep(['status'], scratch.path))
  const inIcinga = async () =>
    (await icinga.ask('GET', 'objects/downtimes')).results
      .map(({ attrs }) => String(attrs['host_name']))
      .sort()
  const inNagios = () =>
    (parseNagiosStatus(readFileSync(join(scratch.path, 'nagios/var/status.dat'), 'utf8')) ?? [])
      .filter(({ kind }) => kind === 'hostdowntime')
      .map(({ values }) => values.get('host_name') ?? '')
      .sort()

  it('keeps what is open where Nagios hangs before the end, and ends it by put-back once it is there', async () => {
    for (const host of fleet.hosts) host.change((state) => (state.packages['mywebapp'] = OLD))
    const running = cucumber(['-p', 'live', 'both.feature'], scratch.path, {}, (_kill, stdout) => {
      let heard = ''
      stdout.on('data', (chunk: Buffer) => {
        heard += chunk.toString('utf8')
        if (heard.includes('I update the package')) nagios.running.child.kill('SIGSTOP')
      })
    })
    const run = await running
    nagios.running.child.kill('SIGCONT')
    expect(await inIcinga()).to.deep.equal([])
    expect(inNagios()).to.deep.equal(HOSTS.slice(0, 1))
    expect(await status()).to.match(/has a downtime in Icinga and Nagios: web1\.example\.net/)
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.match(/Nagios: it has not written [^]*anew within/)
    const back = await lockstep(['put-back', '--all'], scratch.path)
    expect(back.exitCode, shown(back)).to.equal(0)
    expect(inNagios()).to.deep.equal([])
  })

  it('unblocks hosts before it ends their downtime: the healthy ones after a failure, and the others by put-back', async () => {
    for (const host of fleet.hosts)
      host.change((state) => {
        state.packages['mywebapp'] = OLD
        state.onHold = host.identity === HOSTS[2] ? ['mywebapp'] : []
      })
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.match(
      /on failure: blocks 192\.168\.1\.1: put back[^]*on failure: has a downtime in Icinga and Nagios: put back/,
    )
    for (const muted of [await inIcinga(), inNagios()]) expect(muted).to.deep.equal(HOSTS.slice(2))
    const back = await lockstep(['put-back', '--all'], scratch.path)
    expect(back.exitCode, shown(back)).to.equal(0)
    expect(back.stdout).to.match(/^blocks 192\.168\.1\.1\n[^]*\nhas a downtime in Icinga and Nagios\n/)
    for (const muted of [await inIcinga(), inNagios()]) expect(muted).to.deep.equal([])
  })
})

function define(kind: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `  ${key} ${value}\n`)
  return `define ${kind} {\n${lines.join('')}}\n`
}
