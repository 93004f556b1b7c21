import { expect } from 'chai'
import { ActionFailed } from '../../rpc/server/agent'
import { callOf } from '../../testing/call'
import { reasonOf } from '../../testing/failure'
import { Programs, type Said } from '../../testing/programs'
import { packageAgent, type PackageLists, type PackageManager } from '../package'
import { aptPackages } from './packages_apt'
import { rpmPackages } from './packages_rpm'

const signal = new AbortController().signal
const installed = (version: string): Said => ({ stdout: `install installed ${version} all\n` })

function apt(known: Record<string, Said | ((line: string) => Said)>) {
  const programs = new Programs(known)
  return { programs, packages: aptPackages(programs.run) }
}

describe('packages through apt', () => {
  const states: [string, Said, string][] = [
    ['installed', installed('4.2.6-3.el5'), '4.2.6-3.el5'],
    ['on hold', { stdout: 'hold installed 1:2.0 amd64\n' }, '1:2.0'],
    ['unknown', { exitCode: 1, output: 'dpkg-query: no packages found matching a' }, 'purged'],
    ['removed with its configuration kept', { stdout: 'deinstall config-files 1.0 all\n' }, 'absent'],
    ['known and not installed', { stdout: 'unknown not-installed  amd64\n' }, 'purged'],
    ['waiting for triggers', { stdout: 'install triggers-awaited 1.0 all\n' }, '1.0'],
    [
      'of two architectures, one of which is installed',
      { stdout: 'deinstall config-files 1.0 i386\ninstall installed 1.1 amd64\n' },
      '1.1',
    ],
  ]
  for (const [what, said, ensure] of states) {
    it(`that are ${what} are told as ${ensure}`, async () => {
      expect((await apt({ 'dpkg-query': said }).packages.state('a')).ensure).to.equal(ensure)
    })
  }

  for (const status of ['half-installed', 'half-configured', 'unpacked']) {
    it(`that are ${status} are an error, and not a version`, async () => {
      const { packages } = apt({ 'dpkg-query': { stdout: `install ${status} 1.0 all\n` } })
      expect(await reasonOf(packages.state('a'))).to.equal(
        `a 1.0 is ${status}: its installation was never completed`,
      )
    })
  }

  it('are installed in the version that is asked for, older or newer, and not again', async () => {
    const { programs, packages } = apt({ 'dpkg-query': installed('1.0'), 'apt-get': {} })
    await packages.install('a', '1.0', signal)
    expect(programs.changes('apt-get')).to.deep.equal([])
    await packages.install('a', '0.9', signal)
    expect(programs.changes('apt-get')[0]).to.match(/ --allow-downgrades install a=0\.9$/)
  })

  for (const name of ['a.b', 'a+']) {
    it(`are never a pattern or another package, as apt would take ${name} for`, async () => {
      const unknown: Said = { exitCode: 100, output: 'E: No packages found' }
      const { programs, packages } = apt({
        'dpkg-query': { exitCode: 1 },
        'apt-cache': unknown,
        'apt-get': {},
      })
      expect(await reasonOf(packages.install(name, undefined, signal))).to.equal(
        `Unable to locate package ${name}`,
      )
      expect(programs.changes('apt-get')).to.deep.equal([])
      const known = apt({ 'dpkg-query': { exitCode: 1 }, 'apt-cache': {}, 'apt-get': {} })
      await known.packages.install(name, undefined, signal)
      expect(known.programs.changes('apt-get')).to.have.length(1)
    })
  }

  it('that are on hold are not changed', async () => {
    const { programs, packages } = apt({
      'dpkg-query': { stdout: 'hold installed 1.0 all\n' },
      'apt-get': {},
    })
    for (const work of [packages.install('a', undefined, signal), packages.remove('a', false, signal)])
      expect(await reasonOf(Promise.resolve(work))).to.match(
        /^a is on hold on this host; .*apt-mark unhold a/,
      )
    expect(programs.changes('apt-get')).to.deep.equal([])
  })

  it('say who has the package database locked', async () => {
    const waiting =
      'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (apt-get)...\n'
    const locked = `${waiting.repeat(20)}E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n`
    const { packages } = apt({
      'dpkg-query': installed('1.0'),
      'apt-get': { exitCode: 100, output: `Reading lists...\n${locked}` },
    })
    expect(await reasonOf(Promise.resolve(packages.install('a', undefined, signal)))).to.match(
      /^apt-get ended with exit status 100: Waiting for cache lock: .* held by process 4711 \(apt-get\)\.\.\.; E: Unable/,
    )
  })

  it('that are gone need not be removed', async () => {
    const { programs, packages } = apt({ 'dpkg-query': { stdout: 'deinstall config-files 1 all\n' } })
    await packages.remove('a', false, signal)
    expect(programs.changes('apt-get')).to.deep.equal([])
    await reasonOf(Promise.resolve(packages.remove('a', true, signal)))
    expect(programs.changes('apt-get')[0]).to.match(/ purge a$/)
  })

  it('that could be newer are told with version and origin', async () => {
    const output = `Reading package lists...\nInst libc6 [2.36-9] (2.36-10 Debian:12.1/stable [amd64]) []\nInst new-one (1.0 local [all])\nConf libc6 (2.36-10 Debian:12.1/stable [amd64])\n`
    const { packages } = apt({ 'apt-get': { output } })
    expect((await packages.outdated(signal)).packages).to.deep.equal([
      { package: 'libc6', version: '2.36-10', repo: 'Debian:12.1/stable' },
      { package: 'new-one', version: '1.0', repo: 'local' },
    ])
  })
})

describe('packages through dnf and yum', () => {
  const version = (line: string): Said => ({ stdout: `${line}\n` })
  const states: [string, Said, string][] = [
    ['installed', version('(none) 4.2.6 3.el5 noarch'), '4.2.6-3.el5'],
    ['of an epoch', version('2 1.0 1 x86_64'), '2:1.0-1'],
    ['in two versions, as kernels are', version('(none) 1.0 1 x86_64\n(none) 1.1 1 x86_64'), '1.1-1'],
    ['not there', { exitCode: 1, output: 'package a is not installed' }, 'absent'],
  ]
  for (const [what, said, ensure] of states) {
    it(`that are ${what} are told as ${ensure}`, async () => {
      const { run } = new Programs({ 'rpm -q': said })
      expect((await rpmPackages('dnf', run).state('a')).ensure).to.equal(ensure)
    })
  }

  it('are an error where rpm cannot read its database', async () => {
    const { run } = new Programs({
      'rpm -q': { exitCode: 1, output: 'error: cannot open Packages database' },
    })
    expect(await reasonOf(Promise.resolve(rpmPackages('dnf', run).state('a')))).to.match(
      /cannot open Packages/,
    )
  })

  it('go back to an older version where installing it leaves the newer one', async () => {
    let has = '2.0 1'
    const programs = new Programs({
      'rpm -q': () => version(`(none) ${has} noarch`),
      'yum -q -y install': {},
      'yum -q -y downgrade': () => {
        has = '1.0 1'
        return {}
      },
    })
    await rpmPackages('yum', programs.run).install('a', '1.0-1', signal)
    expect(programs.changes('yum')).to.deep.equal([
      'yum -q -y install a-1.0-1',
      'yum -q -y downgrade a-1.0-1',
    ])
  })

  it('would be of the version that is shown afterwards, epoch and all, however it was asked for', async () => {
    const stdout = 'Available Packages\na.noarch    1:4.2-1    base\na.noarch    1:4.3-1    base\n'
    const { run } = new Programs({ 'dnf -q list': { stdout } })
    const candidate = (wanted: string) => rpmPackages('dnf', run).candidate('a', wanted, signal)
    expect(await candidate('4.2-1')).to.deep.equal({ version: '1:4.2-1' })
    expect(await candidate('1:4.3-1')).to.deep.equal({ version: '1:4.3-1' })
    expect((await candidate('9')).obstacle).to.equal('no repository offers a-9')
  })

  it('that could be newer are told, and those that are obsolete are not', async () => {
    const output = `\nbash.x86_64    5.1-9.el9   baseos\nglibc.i686  2.34-1  appstream\nObsoleting Packages\nold.noarch 1-1 baseos\n`
    const { run } = new Programs({ 'dnf -q check-update': { exitCode: 100, output } })
    expect((await rpmPackages('dnf', run).outdated(signal)).packages).to.deep.equal([
      { package: 'bash', version: '5.1-9.el9', repo: 'baseos' },
      { package: 'glibc', version: '2.34-1', repo: 'appstream' },
    ])
  })
})

describe('the package agent', () => {
  type Both = PackageManager & PackageLists
  const agent = (more: Partial<Both>) => {
    const manager = { provider: 'apt', state: () => ({ ensure: '1.0' }), ...more } as Both
    return packageAgent(manager, manager)
  }
  const ask = (one: ReturnType<typeof agent>, action: string, inputs = {}, abort = signal) =>
    Promise.resolve(one.actions[action]?.({ package: 'a', ...inputs }, callOf(action, abort)))

  it('fails when a version is not there afterwards, whatever the package manager said', async () => {
    expect(await reasonOf(ask(agent({ install: () => '' }), 'install', { version: '2.0' }))).to.equal(
      'Package a is 1.0 afterwards',
    )
  })

  it('takes a version without its epoch for the same', async () => {
    const epochal = agent({ state: () => ({ ensure: '1:2.0' }), install: () => '' })
    expect((await ask(epochal, 'install', { version: '2.0' }))?.['ensure']).to.equal('1:2.0')
  })

  it('tells the package manager’s words and the version that is there', async () => {
    const broken = agent({
      install: () => {
        throw new Error('E: no space left')
      },
    })
    const failure = await ask(broken, 'update').catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(ActionFailed)
    expect((failure as ActionFailed).data).to.include({ ensure: '1.0' })
    expect((failure as ActionFailed).statuscode).to.equal(1)
  })

  it('does one thing at a time, and what is out of time before its turn not at all', async () => {
    const log: string[] = []
    let finish = () => {}
    const slow = agent({
      state: () => ({ ensure: '2.0' }),
      install(_name, version) {
        log.push(`begin ${version}`)
        return new Promise((resolve) => (finish = () => resolve('')))
      },
    })
    const first = ask(slow, 'install', { version: '2.0' })
    const over = new AbortController()
    const second = ask(slow, 'install', { version: '3.0' }, over.signal)
    const look = ask(slow, 'status')
    await new Promise(setImmediate)
    over.abort(new Error('its time is over'))
    finish()
    await first
    expect(await reasonOf(second)).to.equal('its time is over')
    expect((await look)?.['ensure']).to.equal('2.0')
    expect(log).to.deep.equal(['begin 2.0'])
  })

  it('refuses the words of another package manager', async () => {
    const rpm = agent({ provider: 'dnf' })
    expect(await reasonOf(ask(rpm, 'apt_update'))).to.equal(
      'The packages of this host are managed by dnf, not by apt',
    )
  })
})
