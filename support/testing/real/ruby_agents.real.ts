import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'

const [OLD, NEW] = ['4.2.6-2.el5', '4.2.6-3.el5']
const HOSTS = ['web1', 'web2', 'web3'].map((name) => `${name}.example.net`)
const [WEB1 = '', WEB2 = '', WEB3 = ''] = HOSTS

const updating = (more = '') => `Feature: Update
  Scenario: Update
    Given I want to update hosts with class roles::dev_server
    When I update the package mywebapp
${more}`

describe('what Ruby’s own agents answer', () => {
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet

  before(async function () {
    this.timeout(300_000)
    scratch = new Scratch()
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    await Promise.all(HOSTS.map((name) => fleet.add(name)))
  })

  after(async function () {
    this.timeout(300_000)
    await fleet?.stop()
    await broker?.stop()
    scratch.remove()
  })

  beforeEach(() => {
    for (const host of fleet.hosts)
      host.change((state) => {
        state.packages['mywebapp'] = OLD
        state.onHold = []
        state.repositoryAway = false
      })
  })

  const run = (profile: string, text: string, env: Record<string, string> = {}) => {
    scratch.write('own.feature', text)
    return cucumber(['-p', profile, 'own.feature'], scratch.path, {
      MCOLLECTIVE_CONFIG: fleet.clientCfg,
      ...env,
    })
  }
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const hold = (name: string) =>
    fleet.hosts.find(({ identity }) => identity === name)?.change((state) => (state.onHold = ['mywebapp']))
  const became = () => {
    const folder = join(scratch.path, '.lockstep', 'live')
    const newest =
      readdirSync(folder)
        .filter((name) => name.endsWith('.ndjson'))
        .sort()
        .at(-1) ?? ''
    return readFileSync(join(folder, newest), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"became"'))
  }

  for (const release of ['', '1.2'])
    it(`is no word for what a host became, when the update stops in that very step ${release === '' ? 'without' : 'with'} a release`, async () => {
      hold(WEB3)
      const ended = await run('live', updating(), release === '' ? {} : { LOCKSTEP_RELEASE: release })
      expect(ended.exitCode, shown(ended)).to.equal(1)
      const hosts = ended.report?.steps.at(-1)?.hosts.map(({ host, passed, seen }) => [host, passed, seen])
      expect(hosts).to.deep.equal([
        [WEB1, true, NEW],
        [WEB2, true, NEW],
        [
          WEB3,
          false,
          'apt-get returned 100: E: Held packages were changed and -y was used without --allow-change-held-packages.',
        ],
      ])
      expect(shown(ended).replace(/\s+/g, ' ')).to.contain(
        'E: Held packages were changed and -y was used without --allow-change-held-packages.',
      )
      expect(became().join('\n'))
        .to.contain(`"${NEW}":["${WEB1}","${WEB2}"]`)
        .and.to.contain(`"${OLD}":["${WEB3}"]`)
      const record = await lockstep(['history', '--host', WEB1], scratch.path)
      expect(record.stdout).to.contain(release === '' ? `→ ${NEW}` : `${OLD} → ${NEW}`)
      expect(record.stdout).not.to.contain(`→ ${OLD}`)
    }).timeout(300_000)

  it('is not shown as the state of a host that an update has changed, and the check has it', async () => {
    const ended = await run('live', updating(`    Then the package version for mywebapp should be ${NEW}\n`))
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(ended.report?.steps.at(-2)?.hosts.map(({ seen }) => seen)).to.deep.equal(['done', 'done', 'done'])
    expect(became().join('\n')).to.contain(`"${NEW}":["${WEB1}","${WEB2}","${WEB3}"]`)
  }).timeout(300_000)

  it('is in the history for a feature without checks', async () => {
    const ended = await run('live', updating())
    expect(ended.exitCode, shown(ended)).to.equal(0)
    expect(became().join('\n')).to.contain(`"${NEW}":["${WEB1}","${WEB2}","${WEB3}"]`)
  }).timeout(300_000)

  it('plans the effect of a hold, and notes that nothing says how many hosts there are', async () => {
    hold(WEB3)
    const ended = await run('plan', updating())
    expect(ended.exitCode, shown(ended)).to.equal(1)
    const text = shown(ended).replace(/\s+/g, ' ')
    expect(text).to.contain('would not go: mywebapp is on hold')
    expect(text).to.contain(`would go from ${OLD} to ${NEW}`)
    expect(text).to.contain('the hosts that answered the discovery were taken for all hosts (3 hosts)')
    expect((ended.report as unknown as { notes: string[] }).notes.join()).to.contain(
      'the hosts that answered',
    )
  }).timeout(300_000)

  it('plans an installation as it comes out, and says what it cannot know', async () => {
    const installing = (version: string) =>
      updating().replace('I update the package', `I install version ${version} of the package`)
    for (const [version, said] of [
      [NEW, `would go from ${OLD} to ${NEW} web[1-2].example.net`],
      ['9.9', 'it cannot say whether a repository offers 9.9'],
    ] as const) {
      hold(WEB3)
      const planned = await run('plan', installing(version))
      expect(shown(planned).replace(/\s+/g, ' ')).to.contain(said)
      expect(shown(planned)).to.contain('mywebapp is on hold')
      expect(planned.exitCode).to.equal(1)
      const ended = await run('live', installing(version))
      expect(ended.exitCode, shown(ended)).to.equal(1)
    }
  }).timeout(300_000)

  it('asks no agent for an action that it has not', async () => {
    for (const profile of ['plan', 'live']) {
      const ended = await run(profile, updating('    And I run the action nosuch of the agent package\n'))
      expect(shown(ended)).to.contain('the agent package has no action nosuch')
      expect(shown(ended)).to.contain('nothing was sent')
      expect(ended.exitCode).to.equal(2)
    }
  }).timeout(300_000)

  it('names the repository that is away, in one group of hosts', async () => {
    for (const host of fleet.hosts) host.change((state) => (state.repositoryAway = true))
    const ended = await run('live', updating())
    expect(ended.exitCode, shown(ended)).to.equal(1)
    const text = ended.stdout.replace(/\s+/g, ' ')
    expect(text).to.contain(
      'E: Failed to fetch http://repository.example.net/debian/./mywebapp_4.2.6-3.el5_all.deb',
    )
    expect(text).to.contain('E: Unable to fetch some archives')
    expect(text).to.contain('web[1-3].example.net')
  }).timeout(300_000)
})
