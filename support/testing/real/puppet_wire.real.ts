import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { compiledCopy } from '../compiled_copy'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { startPuppetServer, type PuppetServer } from './puppet_server'

const HOST = 'web1.example.net'
const FEATURE = `Feature: Code
  Background:
    Given this is release 2026.11.3
    And I want to update hosts with class roles::dev_server
    And there should be at least 1 host
  Scenario: Live
    When I run puppet
    Then puppet should have failed on no resource
    And puppet should change nothing when run again
    And puppet should have applied release "2026.11.3"
`

describe('runs of Debian’s puppet, ordered from a daemon over ActiveMQ', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet | undefined
  let server: PuppetServer | undefined
  let program: string
  const file = (name: string) => join(scratch.path, name)

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    server = await startPuppetServer(scratch.write('server/none', '').replace('/none', ''))
    ;({ program } = server.host('wire1'))
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    const cfg = `plugin.puppet.activate_agent = yes
plugin.puppet.command = ${program}
plugin.puppet.splay = false
rpcaudit = 1
rpcauditprovider = logfile
plugin.rpcaudit.logfile = ${file('audit.log')}
`
    await fleet.addOurs(HOST, { cfg })
    scratch.write('code.feature', FEATURE)
    const own = JSON.stringify(join(compiledCopy(), 'cucumber.js'))
    scratch.write('cucumber.js', `module.exports = require(${own})\n`)
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    timeouts: { default: 60 seconds }
`,
    )
    // The resource counts how often it was applied, and waits until it may end.
    const once = `touch ${file('slow')}; while [ ! -e ${file('go')} ]; do sleep 0.2; done; echo 1 >> ${file('times')}; touch ${file('done')}`
    server.serve(
      `node default { exec { 'slow': command => '/bin/sh -c "${once}"', creates => '${file('done')}', timeout => 0 } }`,
      '2026.11.3 3f2a91c',
    )
  })
  after(async () => {
    await fleet?.stop()
    await broker?.stop()
    await server?.stop()
    scratch.remove()
  })

  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const lastJournal = () =>
    readdirSync(file('.lockstep/live'))
      .filter((each) => each.endsWith('.ndjson'))
      .sort()
      .at(-1) ?? ''
  const orders = () =>
    existsSync(file('audit.log')) ? readFileSync(file('audit.log'), 'utf8').split('runonce').length - 1 : 0
  const times = () =>
    existsSync(file('times')) ? readFileSync(file('times'), 'utf8').trim().split('\n').length : 0

  it('are not ordered by a plan', async () => {
    const plan = await cucumber(['-p', 'plan', 'code.feature'], scratch.path)
    expect(plan.exitCode, shown(plan)).to.equal(0)
    expect(shown(plan)).to.match(/would run puppet; what it changes cannot be known before/)
    expect(existsSync(file('audit.log'))).to.equal(true)
    expect(orders()).to.equal(0)
  })

  it('are ordered once, also where the rollout is killed with -9 in the middle of one and resumed', async () => {
    const killed = await cucumber(['-p', 'live', 'code.feature'], scratch.path, {}, (kill) => {
      void untilThere(file('slow')).then(() => kill('SIGKILL'))
    })
    expect(killed.exitCode, shown(killed)).to.equal(undefined)
    expect([orders(), times()]).to.deep.equal([1, 0])
    const name = lastJournal()
    setTimeout(() => writeFileSync(file('go'), ''), 10_000)
    const again = await cucumber(['-p', 'live', 'code.feature'], scratch.path, {
      LOCKSTEP_RESUME: name.replace('.journal.ndjson', ''),
    })
    expect(again.exitCode, shown(again)).to.equal(0)
    expect(times()).to.equal(1)
    // The second one is that in noop, which shows that nothing is left to change.
    expect(orders()).to.equal(2)
    expect(readFileSync(file(`.lockstep/live/${lastJournal()}`), 'utf8')).to.contain('2026.11.3 3f2a91c')
  })

  it('are not ordered by a look for drift, which goes by the last report, of whomever', async () => {
    const before = orders()
    const drift = () => lockstep(['drift', '--environment', 'test'], scratch.path)
    const well = await drift()
    expect(well.exitCode, shown(well)).to.equal(0)
    server?.serve("node default { fail('broken') }", '2026.11.4')
    spawnSync(program, ['agent', '--onetime', '--no-daemonize'])
    const ill = await drift()
    expect(ill.exitCode, shown(ill)).to.equal(2)
    expect(shown(ill)).to.contain('gave it no catalog')
    expect(orders()).to.equal(before)
  })

  it('leave what the code has no longer, which a line and a look for drift tell, until it is gone', async () => {
    const release = (name: string, line = '') =>
      `Feature: Removal
  Background:
    Given this is release ${name}
    And I want to update hosts with class roles::dev_server
    And there should be at least 1 host
  Scenario: Live
    When I run puppet
    Then puppet should have applied release "${name}"
${line}`
    const gone = (before: string) =>
      `    And nothing that release ${before} managed and this one does not should remain\n`
    const live = (text: string) => {
      scratch.write('removal.feature', text)
      return cucumber(['-p', 'live', 'removal.feature'], scratch.path)
    }
    const drift = (...more: string[]) => lockstep(['drift', '--environment', 'test', ...more], scratch.path)
    const of = (...names: string[]) =>
      `node default { ${names.map((name) => `file { '${file(name)}': ensure => file }`).join(' ')} }`
    server?.serve(of('kept', 'left'), '2026.11.5')
    const first = await live(release('2026.11.5'))
    expect(first.exitCode, shown(first)).to.equal(0)
    server?.serve(of('kept'), '2026.11.6')
    const told = await live(release('2026.11.6', gone('2026.11.5')))
    expect(told.exitCode, shown(told)).to.equal(1)
    expect(shown(told)).to.contain(`File[${file('left')}] is still there`)
    const second = await live(release('2026.11.6'))
    expect(second.exitCode, shown(second)).to.equal(0)
    const ill = await drift('--json')
    expect(ill.exitCode, shown(ill)).to.equal(2)
    const { findings } = JSON.parse(ill.stdout) as { findings: object[] }
    expect(findings).to.have.length(1)
    expect(findings[0]).to.deep.include({
      host: HOST,
      line: 0,
      seen: `File[${file('left')}] is still there, and 2026.11.5 managed it`,
    })
    rmSync(file('left'))
    const well = await drift()
    expect(well.exitCode, shown(well)).to.equal(0)
    const passed = await live(release('2026.11.6', gone('2026.11.5')))
    expect(passed.exitCode, shown(passed)).to.equal(0)
    // The line and the history know the same of it, which is told once.
    writeFileSync(file('left'), '')
    const back = JSON.parse((await drift('--json')).stdout) as { findings: { line: number; seen: string }[] }
    expect(back.findings.map(({ seen }) => seen)).to.deep.equal([`File[${file('left')}] is still there`])
    expect(back.findings[0]?.line).to.be.above(0)
    rmSync(file('left'))
  })
})

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await wait(50)
}
