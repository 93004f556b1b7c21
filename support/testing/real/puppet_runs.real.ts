import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { puppetProgram } from '../../agents/providers/puppet_program'
import { puppetAgent } from '../../agents/puppet'
import { checkpointOf } from '../../rollout/model/checkpoint'
import type { JournalEntry } from '../../rollout/model/journal_entry'
import { hasPassed, type Verdict } from '../../rollout/model/verdict'
import { systemClock } from '../../system/clock'
import { runCommand } from '../../system/command'
import { localFiles } from '../../system/local_files'
import { hasEnded } from '../../system/ended_process'
import { BEGAN, rolloutOn } from '../fake_fleet'
import { PuppetFleet } from '../puppet_fleet'
import { Scratch } from '../scratch'
import { startPuppetServer, type PuppetServer } from './puppet_server'

const LINE = { step: 'I run puppet', line: 7 }

describe('runs of Debian’s puppet', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let server: PuppetServer
  let web1: { program: string; state: string }
  let web2: { program: string; state: string }
  const file = (name: string) => join(scratch.path, name)
  const report = () => join(web1.state, 'last_run_report.yaml')

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    const root = scratch.write('server/none', '').replace('/none', '')
    server = await startPuppetServer(root)
    web1 = server.host('web1')
    web2 = server.host('web2')
  })
  after(async () => {
    await server?.stop()
    scratch.remove()
  })

  const serveFile = (release: string, content = release) =>
    server.serve(
      `node default {
  file { "${file('app')}-\${trusted['certname']}": ensure => file, content => '${content}' }
  file { "${file('secret')}-\${trusted['certname']}": ensure => file, content => Sensitive('topsecret'), show_diff => true }
}`,
      `${release} 3f2a91c`,
    )
  const fleetOf = (...names: ('web1' | 'web2')[]) =>
    new PuppetFleet(
      new Map(
        names.map((name) => [
          name,
          puppetAgent(
            puppetProgram(runCommand, localFiles, {
              program: (name === 'web1' ? web1 : web2).program,
              splay: 0,
            }),
            () => Date.now(),
          ),
        ]),
      ),
    )
  const on = (fleet: PuppetFleet, checkpoint?: ReturnType<typeof checkpointOf>) => {
    const made = rolloutOn(fleet, { ports: { clock: systemClock, checkpoint } })
    return { ...made, puppet: made.rollout.puppetRuns }
  }
  const seen = ({ observations }: Verdict) => observations.map(({ host, seen: what }) => `${host} ${what}`)
  const orders = (fleet: PuppetFleet) => fleet.asked.filter(({ action }) => action === 'runonce').length

  it('change nothing in noop, then all of a release, and nothing when run again', async () => {
    serveFile('2026.11.3')
    const fleet = fleetOf('web1', 'web2')
    const { puppet, journal } = on(fleet)
    const noop = await puppet.run({ noop: true })
    expect(hasPassed(noop), seen(noop).join()).to.equal(true)
    expect(existsSync(file('app-web1.test'))).to.equal(false)
    expect(readFileSync(report(), 'utf8')).to.match(/^noop: true$/m)
    const change = { resource: `File[${file('app-web1.test')}]`, change: 'absent → file' }
    const secret = { resource: `File[${file('secret-web1.test')}]`, change: '[redacted] → [redacted]' }
    expect(seen(await puppet.wouldChangeOnly([change, secret]))).to.include(
      `web2 would also change File[${file('app-web2.test')}]: absent → file; File[${file('secret-web2.test')}]: [redacted] → [redacted]`,
    )
    const second = on(fleet).puppet
    const ran = await second.run()
    expect(hasPassed(ran), seen(ran).join()).to.equal(true)
    expect(readFileSync(file('app-web2.test'), 'utf8')).to.equal('2026.11.3')
    for (const verdict of [
      await second.shouldHaveFailedOnNothing(),
      await second.shouldHaveApplied('2026.11.3'),
      await second.shouldChangeNothing(),
      await second.shouldHaveApplied('2026.11.3'),
    ])
      expect(hasPassed(verdict), seen(verdict).join()).to.equal(true)
    expect(hasPassed(await second.shouldHaveApplied('2026.11.2'))).to.equal(false)
    expect(JSON.stringify(journal)).not.to.contain('topsecret')
  })

  it('say which resource failed', async () => {
    server.serve("node default { exec { 'bad': command => '/bin/false' } }", '2026.11.4')
    const { puppet } = on(fleetOf('web1'))
    expect(hasPassed(await puppet.run())).to.equal(true)
    expect(seen(await puppet.shouldHaveFailedOnNothing())).to.deep.equal(['web1 failed on Exec[bad]'])
  })

  it('do not pass by a kept catalog, where the code cannot be compiled, although puppet calls that a success', async () => {
    serveFile('2026.11.5')
    const { puppet } = on(fleetOf('web1'))
    expect(hasPassed(await puppet.run())).to.equal(true)
    server.serve("node default { fail('broken') }", '2026.11.6')
    expect(seen(await puppet.run()).join()).to.match(
      /gave it no catalog: it applied the one that it had kept \(2026\.11\.5/,
    )
    expect(readFileSync(report(), 'utf8')).to.match(/^status: (?:un)?changed$/m)
  })

  it('are not ordered while puppet is disabled, or runs already', async () => {
    serveFile('2026.11.5')
    spawnSync(web1.program, ['agent', '--disable', 'for maintenance'])
    const fleet = fleetOf('web1')
    expect(seen(await on(fleet).puppet.run())).to.deep.equal([
      'web1 its puppet is disabled: for maintenance; no run was ordered',
    ])
    spawnSync(web1.program, ['agent', '--enable'])
    const slow = await slowRun()
    expect(seen(await on(fleet).puppet.run())).to.deep.equal([
      'web1 its puppet is running already, by another order; no run was ordered',
    ])
    expect(orders(fleet)).to.equal(0)
    await slow.end()
  })

  it('that hang are waited for no longer than said; a rollout that is resumed looks for them, and orders no other', async () => {
    const release = await holdUp()
    const fleet = fleetOf('web1')
    const first = on(fleet)
    Object.assign(first.rollout, LINE)
    await first.rollout.ports.journal.append(BEGAN)
    await first.rollout.beginScenario('9', 's')
    first.rollout.hosts.withClass('roles::web')
    const verdict = await first.puppet.run({ within: 8_000 })
    expect(seen(verdict)).to.deep.equal([
      'web1 its run goes on, and was waited for: no second one was ordered',
    ])
    const again = on(fleet, checkpointOf('r1', first.journal as JournalEntry[]))
    Object.assign(again.rollout, LINE)
    await again.rollout.beginScenario('9', 's')
    again.rollout.hosts.withClass('roles::web')
    release()
    const resumed = await again.puppet.run()
    expect(hasPassed(resumed), seen(resumed).join()).to.equal(true)
    expect(orders(fleet)).to.equal(1)
  })

  it('whose answer is lost are looked for', async () => {
    serveFile('2026.11.7')
    const fleet = fleetOf('web1')
    fleet.losesAnswers = true
    const { puppet } = on(fleet)
    const verdict = await puppet.run()
    expect(hasPassed(verdict), seen(verdict).join()).to.equal(true)
    expect(orders(fleet)).to.equal(1)
    expect(hasPassed(await puppet.shouldHaveApplied('2026.11.7'))).to.equal(true)
  })

  for (const signal of ['KILL', 'TERM'] as const)
    it(`that are ended by ${signal} in the middle do not pass`, async () => {
      const release = await holdUp()
      const { puppet } = on(fleetOf('web1'))
      const running = puppet.run()
      const pid = await lockedBy()
      await untilSlow()
      process.kill(pid, `SIG${signal}`)
      const verdict = await running.finally(release)
      expect(hasPassed(verdict)).to.equal(false)
      expect(seen(verdict).join()).to.match(
        signal === 'KILL'
          ? /was ended, or not begun, and left no report/
          : /was ended before it had applied its catalog/,
      )
    })

  it('do not pass by a report that is half-written, or by that of another run', async () => {
    serveFile('2026.11.8')
    const fleet = fleetOf('web1')
    const { puppet } = on(fleet)
    expect(hasPassed(await puppet.run())).to.equal(true)
    // A run of somebody else, after that of the rollout, is of the code as well: it is said so.
    spawnSync(web1.program, ['agent', '--onetime', '--no-daemonize'])
    expect(seen(await puppet.shouldHaveApplied('2026.11.8')).join()).to.match(/by a later run$/)
    // A rollout that has ordered none is proven by no run.
    expect(hasPassed(await on(fleet).puppet.shouldHaveApplied('2026.11.8'))).to.equal(false)
    truncateSync(report(), Math.floor(readFileSync(report()).length / 2))
    expect(seen(await puppet.shouldHaveFailedOnNothing()).join()).to.match(/^web1 its report is half-written/)
  })

  it('show what would be refreshed, in the table as well', async () => {
    server.serve(
      `node default {
  file { '${file('conf')}': ensure => file, content => 'one', notify => Exec['again'] }
  exec { 'again': command => '/bin/true', refreshonly => true }
}`,
      '2026.11.9',
    )
    const change = { resource: `File[${file('conf')}]`, change: 'absent → file' }
    const [first, second] = [on(fleetOf('web1')).puppet, on(fleetOf('web1')).puppet]
    expect(hasPassed(await first.run({ noop: true }))).to.equal(true)
    expect(seen(await first.wouldChangeOnly([change]))).to.deep.equal([
      'web1 would also change Exec[again]: refresh',
    ])
    expect(hasPassed(await second.run({ noop: true }))).to.equal(true)
    const all = await second.wouldChangeOnly([change, { resource: 'Exec[again]', change: 'refresh' }])
    expect(hasPassed(all), seen(all).join()).to.equal(true)
  })

  it('do not pass for a release that a schedule, tags or the code itself kept from being applied whole', async () => {
    const applied = async (manifest: string, said: RegExp) => {
      server.serve(`node default { ${manifest} }`, '2026.11.10')
      const { puppet } = on(fleetOf('web1'))
      const ran = await puppet.run()
      expect(hasPassed(ran), seen(ran).join()).to.equal(true)
      expect(seen(await puppet.shouldHaveApplied('2026.11.10')).join()).to.match(said)
    }
    const daily = `schedule { 'a day': period => daily }
file { '${file('daily')}': ensure => file, schedule => 'a day' }`
    // Puppet takes the look of a run in noop for that of the day.
    server.serve(`node default { ${daily} }`, '2026.11.10')
    expect(hasPassed(await on(fleetOf('web1')).puppet.run({ noop: true }))).to.equal(true)
    await applied(daily, /but skipped File\[.*daily\]: by tags, by a schedule/)
    expect(existsSync(file('daily'))).to.equal(false)
    await applied(
      `file { '${file('left')}': ensure => file, noop => true }`,
      /but left File\[.*left\] in noop/,
    )
    const conf = join(web1.state, '..', '..', 'conf', 'puppet.conf')
    const before = readFileSync(conf, 'utf8')
    writeFileSync(conf, `${before}tags = other\n`)
    await applied(`file { '${file('tagged')}': ensure => file }`, /but skipped File\[.*tagged\]/)
    writeFileSync(conf, before)
    expect(existsSync(file('tagged'))).to.equal(false)
  })

  it('in noop do not pass where the code changed the host all the same', async () => {
    server.serve(`node default { file { '${file('forced')}': ensure => file, noop => false } }`, '2026.11.11')
    expect(seen(await on(fleetOf('web1')).puppet.run({ noop: true })).join()).to.match(
      /^web1 changed File\[.*forced\] though it ran in noop/,
    )
    expect(existsSync(file('forced'))).to.equal(true)
  })

  it('keep what did not restart, though nothing is left to change', async () => {
    server.serve(
      `node default {
  file { '${file('restarts')}': ensure => file, notify => Exec['restart'] }
  exec { 'restart': command => '/bin/false', refreshonly => true }
}`,
      '2026.11.12',
    )
    const { puppet } = on(fleetOf('web1'))
    expect(hasPassed(await puppet.run())).to.equal(true)
    const again = await puppet.shouldChangeNothing()
    expect(hasPassed(again), seen(again).join()).to.equal(true)
    expect(seen(await puppet.shouldHaveFailedOnNothing()).join()).to.match(/did not restart|failed on Exec/)
  })

  /** Serves code with a resource that waits until the returned function is called. */
  async function holdUp(): Promise<() => void> {
    rmSync(file('go'), { force: true })
    rmSync(file('slow'), { force: true })
    const command = `/bin/sh -c "touch ${file('slow')}; while [ ! -e ${file('go')} ]; do sleep 0.2; done"`
    server.serve(`node default { exec { 'slow': command => '${command}', timeout => 0 } }`, 'slow')
    return () => writeFileSync(file('go'), '')
  }

  /** Begins a run that the rollout has not ordered, and that lasts until `end` is called. */
  async function slowRun(): Promise<{ end: () => Promise<void> }> {
    const release = await holdUp()
    spawnSync(web1.program, ['agent', '--onetime', '--daemonize'])
    await untilSlow()
    const pid = await lockedBy()
    return {
      end: async () => {
        release()
        while (isAlive(pid)) await wait(100)
      },
    }
  }

  async function untilSlow(): Promise<void> {
    while (!existsSync(file('slow'))) await wait(50)
  }

  async function lockedBy(): Promise<number> {
    const lock = join(web1.state, 'agent_catalog_run.lock')
    for (;;) {
      const pid = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
      if (pid > 0 && isAlive(pid)) return pid
      await wait(50)
    }
  }
})

function isAlive(pid: number): boolean {
  try {
    return !hasEnded(String(pid))
  } catch {
    return false
  }
}
