import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { tellingResources } from '../../agents/managed_resources'
import { aptPackages } from '../../agents/providers/packages_apt'
import { puppetCatalog } from '../../agents/providers/puppet_catalog'
import { puppetProgram } from '../../agents/providers/puppet_program'
import { resourceLooks, sysvLook } from '../../agents/providers/resource_looks'
import { sysvServices } from '../../agents/providers/services_sysv'
import { puppetAgent } from '../../agents/puppet'
import { knownHistory, NOTHING_SHARED } from '../../history/known_history'
import { managedBefore } from '../../history/managed_before'
import { writeHistory } from '../../history/recording'
import type { JournalEntry } from '../../rollout/model/journal_entry'
import { hasPassed, type Verdict } from '../../rollout/model/verdict'
import type { Releases } from '../../rollout/ports'
import { systemClock } from '../../system/clock'
import { runCommand } from '../../system/command'
import { localFiles } from '../../system/local_files'
import { ALONE, BEGAN, rolloutOn } from '../fake_fleet'
import { journalText } from '../journal_text'
import { PuppetFleet } from '../puppet_fleet'
import { Scratch } from '../scratch'
import { startPuppetServer, type PuppetServer } from './puppet_server'

/** A package, a user and a service that only this suite brings, and takes away. */
const PACKAGE = 'lockstep-remains-test'
const USER = 'lockstepremains'
const SERVICE = 'lockstep-remains-service'
const SCRIPT = `/etc/init.d/${SERVICE}`

describe('what Debian’s puppet managed before', function () {
  this.timeout(1_800_000)
  let scratch: Scratch
  let server: PuppetServer
  const hosts = new Map<string, { program: string; state: string }>()
  const file = (name: string) => join(scratch.path, name)

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    const root = scratch.write('server/none', '').replace('/none', '')
    server = await startPuppetServer(root)
    for (const name of ['web1', 'web2']) hosts.set(name, server.host(name))
    const control = `Package: ${PACKAGE}\nVersion: 1.2-3\nArchitecture: all\nMaintainer: none <none@example.org>\nDescription: none\n`
    scratch.write('deb/DEBIAN/control', control)
    scratch.write('deb/DEBIAN/conffiles', `/etc/${PACKAGE}.conf\n`)
    scratch.write(`deb/etc/${PACKAGE}.conf`, 'a\n')
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', file('deb'), file('package.deb')], {
      stdio: 'pipe',
    })
  })
  after(async () => {
    await server?.stop()
    spawnSync('dpkg', ['--purge', PACKAGE])
    spawnSync('userdel', [USER])
    rmSync(SCRIPT, { force: true })
    scratch.remove()
  })

  const agentOf = (name: string) => {
    const { program } = hosts.get(name) ?? { program: '' }
    const services = sysvLook(sysvServices(runCommand, localFiles), localFiles)
    return tellingResources(
      puppetAgent(puppetProgram(runCommand, localFiles, { program, splay: 0 }), () => Date.now()),
      {
        managed: puppetCatalog(runCommand, localFiles, program),
        look: resourceLooks({
          run: runCommand,
          files: localFiles,
          packages: aptPackages(runCommand),
          services,
        }),
      },
    )
  }
  /** Returns a rollout of a release, with the history of this suite. */
  const begin = async (release: string, ...names: string[]) => {
    const history = file('history')
    const known = () => knownHistory(history, undefined, NOTHING_SHARED)
    const releases: Releases = {
      ...ALONE.releases,
      managedBy: (before) => managedBefore(known(), 'e', before),
    }
    const fleet = new PuppetFleet(new Map(names.map((name) => [name, agentOf(name)])))
    const made = rolloutOn(fleet, { ports: { clock: systemClock, releases } })
    await made.rollout.ports.journal.append({ ...BEGAN, release })
    made.rollout.hosts.withClass('roles::web')
    const end = () => {
      const at = new Date().toISOString()
      const ended: JournalEntry = { type: 'rollouts ended', passed: true, reason: '' }
      const all = [{ type: 'journal', version: 1 }, ...(made.journal as JournalEntry[]), ended]
      const text = journalText(...all.map((entry) => JSON.stringify({ at, ...entry })))
      writeHistory(scratch.write(`live/${release}.journal.ndjson`, text), history)
    }
    return { ...made, runs: made.rollout.puppetRuns, remains: made.rollout.puppetRemains, end }
  }
  const apply = async (release: string, manifest: string, ...names: string[]) => {
    server.serve(manifest, `${release} 3f2a91c`)
    const made = await begin(release, ...names)
    const ran = await made.runs.run()
    expect(hasPassed(ran), seen(ran).join()).to.equal(true)
    return made
  }
  const seen = ({ observations }: Verdict) => observations.map(({ host, seen: what }) => `${host} ${what}`)
  const own = (name: string, content = '') =>
    `file { "${file(name)}-\${trusted['certname']}": ensure => file, content => '${content}' }`

  it('is told by name on the hosts that still have it, until it is gone', async () => {
    const old = await apply(
      '2026.11.2',
      `node default {
  ${own('kept')} ${own('old')} ${own('absent')}
  file { 'by title': path => "${file('titled')}-\${trusted['certname']}", ensure => file }
  if $trusted['certname'] == 'web1.test' {
    package { 'an old one': name => '${PACKAGE}', provider => dpkg, source => '${file('package.deb')}', ensure => installed }
    user { '${USER}': ensure => present }
    file { '${SCRIPT}': ensure => file, mode => '0755', content => "#!/bin/sh\\nexit 0\\n" }
    service { '${SERVICE}': ensure => running, provider => base, status => '/bin/true', start => '/bin/true', require => File['${SCRIPT}'] }
  }
}`,
      'web1',
      'web2',
    )
    expect(seen(await old.remains.shouldBeNone('2026.11.1')).join()).to.match(
      /web1 what release 2026\.11\.1 managed on it is not known: the history has no run of puppet/,
    )
    old.end()
    expect(existsSync(`${file('old')}-web2.test`)).to.equal(true)

    const next = await apply(
      '2026.11.3',
      `node default {
  ${own('kept', 'new')}
  file { "${file('absent')}-\${trusted['certname']}": ensure => absent }
  file { 'moved': path => "${file('titled')}-\${trusted['certname']}", ensure => file }
}`,
      'web1',
      'web2',
    )
    const first = seen(await next.remains.shouldBeNone('2026.11.2'))
    expect(first).to.deep.equal([
      `web1 File[${SCRIPT}] is still there; File[${file('old')}-web1.test] is still there; Package[${PACKAGE}] 1.2-3 is still installed; Service[${SERVICE}] still runs; User[${USER}] is still there`,
      `web2 File[${file('old')}-web2.test] is still there`,
    ])
    // What is removed but not purged is not installed, and a link to nowhere is there.
    execFileSync('dpkg', ['--remove', PACKAGE], { stdio: 'pipe' })
    execFileSync('userdel', [USER])
    execFileSync('rm', [SCRIPT, `${file('old')}-web1.test`, `${file('old')}-web2.test`])
    symlinkSync('/nowhere', `${file('old')}-web2.test`)
    expect(existsSync(`/etc/${PACKAGE}.conf`)).to.equal(true)
    // A rollout that has failed asks no host again.
    const again = await begin('2026.11.3', 'web1', 'web2')
    expect(hasPassed(await again.runs.run())).to.equal(true)
    expect(seen(await again.remains.shouldBeNone('2026.11.2'))).to.deep.equal([
      'web1 6 resources that release 2026.11.2 managed are gone',
      `web2 File[${file('old')}-web2.test] is still there, as a link to nowhere`,
    ])
  })

  it('is not known where puppet applied other code since, or ran in noop, or was not run by this rollout', async () => {
    const none = await begin('2026.11.4', 'web1')
    expect(seen(await none.remains.shouldBeNone('2026.11.2'))).to.deep.equal([
      'web1 this rollout has no run of puppet that ended on it',
    ])
    const noop = await begin('2026.11.4', 'web1')
    expect(hasPassed(await noop.runs.run({ noop: true }))).to.equal(true)
    expect(seen(await noop.remains.shouldBeNone('2026.11.2'))).to.deep.equal([
      'web1 this rollout has no run of puppet that ended on it',
    ])
    const ran = await apply('2026.11.4', `node default { ${own('kept')} }`, 'web1')
    // A run in noop afterwards does not change what is kept.
    expect(hasPassed(await ran.runs.run({ noop: true }))).to.equal(true)
    const still = await ran.remains.shouldBeNone('2026.11.4')
    expect(seen(still)).to.deep.equal([
      'web1 its puppet applies release 2026.11.4 itself: name the release before',
    ])
    const last = await apply('2026.11.5', `node default { ${own('kept')} }`, 'web1')
    server.serve(`node default { ${own('other')} }`, '2026.11.6 x')
    spawnSync(hosts.get('web1')?.program ?? '', ['agent', '--onetime', '--no-daemonize'])
    expect(seen(await last.remains.shouldBeNone('2026.11.2'))).to.deep.equal([
      'web1 a later run of puppet manages other resources than that of this rollout (2026.11.6 x)',
    ])
  })

  it('is recorded of a live run alone, and never by a catalog that is of another run', async () => {
    const ran = await apply('2026.11.7', `node default { ${own('kept')} }`, 'web1')
    const told = ran.journal.filter((entry) => entry.type === 'puppet managed')
    expect(told).to.have.length(1)
    expect(told[0]).to.deep.include({ versions: { '2026.11.7 3f2a91c': ['web1'] }, unknown: {} })
    // The report is that of a run in noop now: its catalog is not the kept one.
    spawnSync(hosts.get('web1')?.program ?? '', ['agent', '--onetime', '--no-daemonize', '--noop'])
    const managed = await puppetCatalog(runCommand, localFiles, hosts.get('web1')?.program ?? '')()
    expect(managed).to.deep.include({
      found: 'whole',
      ofLastRun: false,
      noop: true,
      configVersion: '2026.11.7 3f2a91c',
    })
    // A catalog that is half-written is no set.
    const path = join(hosts.get('web1')?.state ?? '', '..', 'client_data', 'catalog', 'web1.test.json')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, text.length / 2))
    expect(seen(await ran.remains.shouldBeNone('2026.11.2'))).to.deep.equal([
      'web1 its kept catalog is half-written',
    ])
  })
})
