import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startIcinga, type RealIcinga } from './icinga'
import { RealFleet } from './mcollectived'

const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const HOSTS = ['web1.example.net', 'web2.example.net']

const FEATURE = `Feature: Muted
  Background:
    Given I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
  Scenario: Update
    When I begin a downtime of at most 30 minutes
    Then the hosts should be in downtime
    When I update the package mywebapp
    Then the package version for mywebapp should be ${NEW}
    When I end the downtime within 5 seconds
    Then the hosts should not be in downtime
`

describe('A rollout that has a real Icinga mute its hosts', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let icinga: RealIcinga
  let fleet: RealFleet

  before(async () => {
    scratch = new Scratch()
    broker = await startActivemq(scratch)
    icinga = await startIcinga(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    await Promise.all(HOSTS.map((name) => fleet.add(name)))
    for (const host of HOSTS) {
      await icinga.ask('PUT', `objects/hosts/${host}`, { templates: ['lockstep-host'], attrs: {} })
      await icinga.ask('PUT', `objects/services/${host}!load`, {
        templates: ['lockstep-service'],
        attrs: { check_command: 'dummy' },
      })
    }
    scratch.write('icinga.password', `${icinga.password}\n`)
    scratch.write(
      'lockstep.yaml',
      `monitoring:
  icinga: { url: '${icinga.url}', user: ${icinga.downtimeUser}, password: { file: icinga.password }, ca: ${icinga.ca} }
environments:
  test:
    client_config: ${fleet.clientCfg}
    look_every: 200 ms
    timeouts: { default: 12 seconds }
`,
    )
    scratch.write('muted.feature', FEATURE)
  })
  after(async () => {
    await fleet?.stop()
    await icinga?.stop()
    await broker?.stop()
    scratch.remove()
  })
  beforeEach(() => {
    for (const host of fleet.hosts) host.change((state) => (state.packages['mywebapp'] = OLD))
  })

  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const live = (onStart?: Parameters<typeof cucumber>[3], env: Record<string, string> = {}) =>
    cucumber(['-p', 'live', 'muted.feature'], scratch.path, env, onStart)
  const downtimes = async () =>
    (await icinga.ask('GET', 'objects/downtimes')).results
      .map(({ attrs }) => `${String(attrs['host_name'])} ${String(attrs['service_name'])}`.trim())
      .sort()
  const ALL = HOSTS.flatMap((host) => [host, `${host} load`])
  const setCritical = (host: string, isCritical: boolean) =>
    icinga.ask('POST', `objects/services/${host}!load`, { attrs: { 'vars.dummy_state': isCritical ? 2 : 0 } })
  const journals = () => {
    const folder = join(scratch.path, '.lockstep/live')
    return readdirSync(folder)
      .filter((name) => name.endsWith('.journal.ndjson'))
      .sort()
      .map((name) => join(folder, name))
  }
  const status = async () => shown(await lockstep(['status'], scratch.path))
  const putBack = () => lockstep(['put-back', '--all'], scratch.path)

  it('passes, and leaves no downtime', async () => {
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(await downtimes()).to.deep.equal([])
    expect(await status()).not.to.include('downtime')
  })

  it('is planned without a word to Icinga', async () => {
    await icinga.kill()
    const run = await cucumber(['-p', 'plan', 'muted.feature'], scratch.path)
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(shown(run)).to.match(/would begin a downtime of at most 30 min/)
    const begun = await live()
    expect(begun.exitCode, shown(begun)).to.equal(1)
    expect(shown(begun)).to.match(/Icinga: https:\S+ cannot be reached/)
    expect(fleet.hosts.map(({ state }) => state().packages['mywebapp'])).to.deep.equal([OLD, OLD])
    await icinga.restart()
    expect(shown(await putBack())).to.include('web[1-2].example.net')
    expect(await downtimes()).to.deep.equal([])
  })

  it('keeps the downtime of a host that is not seen back, names it, and has it ended by put-back', async () => {
    await setCritical('web2.example.net', true)
    const run = await live()
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run)).to.match(/Icinga does not see it back/)
    expect(await downtimes()).to.deep.equal(ALL.slice(2))
    expect(await status()).to.match(
      /Out of rotation: 1 host\n  has a downtime in Icinga[^]*web2\.example\.net/,
    )
    await setCritical('web2.example.net', false)
    const back = await putBack()
    expect(back.exitCode, shown(back)).to.equal(0)
    expect(await downtimes()).to.deep.equal([])
    expect(await status()).not.to.include('downtime')
  })

  it('neither loses nor doubles a downtime when it is killed right after the order, and resumed', async () => {
    let ended = false
    const killed = await live((kill) => {
      const look = async (): Promise<void> => {
        const there = await downtimes().catch(() => [])
        if (there.length > 0) kill('SIGKILL')
        else if (!ended) setTimeout(() => void look(), 20)
      }
      void look()
    })
    ended = true
    expect(killed.exitCode, shown(killed)).to.equal(undefined)
    expect(await status()).to.match(/has a downtime in Icinga/)
    const name = journals().at(-1) ?? ''
    const run = basename(name, '.journal.ndjson')
    expect(readFileSync(name, 'utf8')).to.include('"type":"opened"')
    await setCritical('web1.example.net', true)
    const resumed = await live(undefined, { LOCKSTEP_RESUME: run })
    expect(resumed.exitCode, shown(resumed)).to.equal(1)
    expect(await downtimes(), shown(resumed)).to.deep.equal(ALL.slice(0, 2))
    await setCritical('web1.example.net', false)
    expect((await putBack()).exitCode).to.equal(0)
    expect(await downtimes()).to.deep.equal([])
  })
})
