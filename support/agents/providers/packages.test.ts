import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { ActionFailed } from '../../rpc/server/agent'
import { callOf } from '../../testing/call'
import { reasonOf } from '../../testing/failure'
import { Programs, type Said } from '../../testing/programs'
import { packageAgent, type PackageLists, type PackageManager, type Refreshed } from '../package'
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

  it('have lists that are not all read where an older apt warns of it and exits with 0, or has none', async () => {
    const refresh = (output: string) =>
      apt({
        'apt-get': { output },
        'apt-config': { stdout: "LISTS='/no/such/folder/'" },
        sh: {},
      }).packages.refresh(signal)
    const warned = await refresh('Hit:1 http://x\nW: Failed to fetch http://y  Connection refused')
    expect(warned).to.include({ exitcode: 0, unread: 'W: Failed to fetch http://y  Connection refused' })
    expect((await refresh('Reading package lists...')).unread).to.equal('apt has no source of packages')
    expect(await refresh('Get:1 http://x')).to.include({ unread: undefined, madeAt: undefined })
  })

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
      const another = apt({
        'dpkg-query': { exitCode: 1 },
        'apt-cache': { stdout: 'Package: another\n' },
        'apt-get': {},
      })
      expect(await reasonOf(another.packages.install(name, undefined, signal))).to.equal(
        `Unable to locate package ${name}`,
      )
      expect(another.programs.changes('apt-get')).to.deep.equal([])
      const itself = { stdout: `Package: ${name}\n` }
      const known = apt({ 'dpkg-query': { exitCode: 1 }, 'apt-cache': itself, 'apt-get': {} })
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

  it('have the MD5 that Ruby’s agent makes of them: the installed lines of dpkg, with no newline at the end', async () => {
    const list =
      'Desired=Unknown/Install/Remove/Purge/Hold\n||/ Name Version Architecture Description\n+++-====-====\nii  a  1.0  all  eine Prüfung\nrc  b  1.0  all  removed\nhi  c  1.0  all  on hold\nii  d  2.0  all  last\n'
    const { packages } = apt({ dpkg: { stdout: list } })
    const { md5, count } = packageAgent(packages, packages).actions
    const lines = 'ii  a  1.0  all  eine Prüfung\nii  d  2.0  all  last'
    const digest = createHash('md5').update(lines).digest('hex')
    expect(await md5?.({}, callOf('test'))).to.deep.equal({ exitcode: 0, output: digest })
    expect(await count?.({}, callOf('test'))).to.deep.equal({ exitcode: 0, output: '2' })
  })

  it('that are not there are not removed, purged or updated: status 5, in the words of Ruby’s agent', async () => {
    const gone = apt({ 'dpkg-query': { exitCode: 1 }, 'apt-get': {} })
    const { actions } = packageAgent(gone.packages, gone.packages)
    for (const name of ['uninstall', 'purge', 'update']) {
      const error = await Promise.resolve(actions[name]?.({ package: 'a' }, callOf('test'))).catch(
        (thrown: unknown) => thrown,
      )
      expect(error, name).to.be.instanceOf(ActionFailed).and.to.include({
        message: 'Package is not present on the system',
        statuscode: 5,
      })
      expect((error as ActionFailed).data).to.include({ ensure: 'purged' })
    }
    expect(gone.programs.changes('apt-get')).to.deep.equal([])
    const removed = apt({ 'dpkg-query': { stdout: 'deinstall config-files 1 all\n' }, 'apt-get': {} })
    await packageAgent(removed.packages, removed.packages).actions['purge']?.(
      { package: 'a' },
      callOf('test'),
    )
    expect(removed.programs.changes('apt-get'), 'its configuration is still there').to.have.length(1)
  })

  it('that could be newer are listed with version and origin', async () => {
    const output = `Reading package lists...\nInst libc6 [2.36-9] (2.36-10 Debian:12.1/stable [amd64]) []\nInst new-one (1.0 local [all])\nConf libc6 (2.36-10 Debian:12.1/stable [amd64])\n`
    const { packages } = apt({ 'apt-get': { output } })
    expect((await packages.outdated(signal)).packages).to.deep.equal([
      { package: 'libc6', version: '2.36-10', repo: 'Debian:12.1/stable' },
      { package: 'new-one', version: '1.0', repo: 'local' },
    ])
  })
  const simulated = (stdout: string): Said => ({ stdout: `Reading package lists...\n${stdout}` })
  const [upgrade, nothing] = [
    simulated(
      '1 upgraded, 0 newly installed, 0 to remove and 3 not upgraded.\nInst a [1.0] (1.1 localhost [all])\nConf a (1.1 localhost [all])\n',
    ),
    simulated('a is already the newest version (1.0).\n0 upgraded, 0 newly installed, 0 to remove.\n'),
  ]
  const show: Said = {
    stdout: 'Package: a\nVersion: 1.1\nInstalled-Size: 3\nSize: 1000\nDescription: Size: 9\n',
  }
  const candidates = (known: Record<string, Said>, version?: string, lockedBy?: string) => {
    const context = { lockedBy: async () => lockedBy, freeBytes: async () => 5_000 }
    const programs = new Programs({ 'dpkg-query': installed('1.0'), 'apt-cache': show, ...known })
    return aptPackages(programs.run, 60, context).candidate('a', version, signal)
  }

  it('are planned, with the new version and what it takes', async () => {
    expect(await candidates({ 'apt-get': upgrade })).to.deep.equal({
      version: '1.1',
      needs: 4_072,
      free: 5_000,
    })
    expect(await candidates({ 'apt-get': nothing })).to.deep.equal({ version: '1.0' })
    expect(await candidates({}, '1.0')).to.deep.equal({ version: '1.0' })
    expect(await candidates({ 'apt-get': upgrade }, undefined, 'process 84 (apt-get)')).to.include({
      version: '1.1',
      locked: 'locked by process 84 (apt-get)',
    })
  })

  it('that would fail are planned with the obstacle', async () => {
    const hold: Said = { stdout: 'hold installed 1.0 all\n' }
    for (const said of [upgrade, nothing])
      expect(await candidates({ 'dpkg-query': hold, 'apt-get': said })).to.include({
        obstacle: 'a is on hold',
      })
    const unknown: Said = {
      exitCode: 100,
      output: "Reading package lists...\nE: Version '9.9' for 'a' was not found\n",
    }
    expect(await candidates({ 'apt-get': unknown }, '9.9')).to.deep.equal({
      version: '9.9',
      obstacle: "apt-get ended with exit status 100: E: Version '9.9' for 'a' was not found",
    })
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

  const listed: Said = {
    stdout: `Installed Packages
a.noarch                                  1.0-1                           @local
Available Packages
a.noarch                                  1.0-1                           local \na.noarch                                  1.1-1                           local \n`,
  }
  const none: Said = { exitCode: 1, output: 'Error: No matching Packages to list\n' }
  const absent: Said = { exitCode: 1, output: 'package a is not installed' }
  const gone: Said = {
    exitCode: 1,
    output: "Error: Failed to download metadata for repo 'gone': Cannot download repomd.xml\n",
  }
  const newer: Said = {
    exitCode: 100,
    stdout: '\na.noarch                           1.1-1                            local\n',
  }

  const candidates: [string, Record<string, Said>, string | undefined, object][] = [
    ['an update', { 'dnf -q check-update a': newer }, undefined, { version: '1.1-1' }],
    ['no update', { 'dnf -q check-update a': {} }, undefined, { version: '1.0-1' }],
    [
      'the newest of what is not installed',
      { 'rpm -q': absent, 'dnf -q list': listed },
      undefined,
      { version: '1.1-1' },
    ],
    ['a version that is offered', { 'dnf -q list': listed }, '1.1-1', { version: '1.1-1' }],
    ['the version that is there, offered or not', { 'dnf -q list': none }, '1.0-1', { version: '1.0-1' }],
    [
      'a version that nobody offers',
      { 'dnf -q list': listed },
      '9.9-9',
      { version: '9.9-9', obstacle: 'no repository offers a-9.9-9' },
    ],
    [
      'a package that nobody offers',
      { 'rpm -q': absent, 'dnf -q list': none },
      undefined,
      { version: '', obstacle: 'no repository offers a' },
    ],
  ]
  for (const [what, known, wanted, found] of candidates) {
    it(`are planned: ${what}`, async () => {
      const { run } = new Programs({ 'rpm -q': version('(none) 1.0 1 noarch'), ...known })
      expect(await rpmPackages('dnf', run).candidate('a', wanted, signal)).to.deep.equal(found)
    })
  }

  it('are not planned where repositories cannot be read, and that is named as the obstacle', async () => {
    const { run } = new Programs({ 'rpm -q': version('(none) 1.0 1 noarch'), 'dnf -q': gone })
    for (const wanted of [undefined, '1.1-1'])
      expect((await rpmPackages('dnf', run).candidate('a', wanted, signal)).obstacle).to.match(
        /^dnf ended with exit status 1: Error: Failed to download metadata for repo 'gone'/,
      )
  })

  it('would be of the version that is shown afterwards, epoch and all, however it was asked for', async () => {
    const stdout = 'Available Packages\na.noarch    1:4.2-1    base\na.noarch    1:4.3-1    base\n'
    const { run } = new Programs({ 'rpm -q': absent, 'dnf -q list': { stdout } })
    const candidate = (wanted: string) => rpmPackages('dnf', run).candidate('a', wanted, signal)
    expect(await candidate('4.2-1')).to.deep.equal({ version: '1:4.2-1' })
    expect(await candidate('1:4.3-1')).to.deep.equal({ version: '1:4.3-1' })
    expect((await candidate('9')).obstacle).to.equal('no repository offers a-9')
  })

  it('that could be newer are listed, and those that are obsolete are not', async () => {
    const output = `\nbash.x86_64    5.1-9.el9   baseos\nglibc.i686  2.34-1  appstream\nObsoleting Packages\nold.noarch 1-1 baseos\n`
    const { run } = new Programs({ 'dnf -q check-update': { exitCode: 100, output } })
    expect((await rpmPackages('dnf', run).outdated(signal)).packages).to.deep.equal([
      { package: 'bash', version: '5.1-9.el9', repo: 'baseos' },
      { package: 'glibc', version: '2.34-1', repo: 'appstream' },
    ])
  })
})

describe('what package managers print', () => {
  it('is read without a fault, for any text', async () => {
    const word = fc.constantFrom(
      'Inst ',
      'a',
      'a.noarch',
      '1:2-3',
      ' [',
      '] (',
      ')',
      'Available Packages',
      'Size: 9',
      '\n',
      '  ',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(word).map((words) => words.join('')),
    )
    const context = { lockedBy: async () => undefined, freeBytes: async () => 1 }
    await fc.assert(
      fc.asyncProperty(text, text, fc.constantFrom(0, 1, 100), async (stdout, shown, exitCode) => {
        const said = { stdout, exitCode }
        const known = { 'dpkg-query': installed('1.0'), 'apt-cache': { stdout: shown }, 'apt-get': said }
        const { version, needs } = await aptPackages(new Programs(known).run, 60, context).candidate(
          'a',
          undefined,
          signal,
        )
        expect([version, needs ?? 0].map((each) => typeof each)).to.deep.equal(['string', 'number'])
        expect(needs ?? 0).to.be.at.least(0)
        const rpm: Said = { stdout: '(none) 1.0 1 noarch\n' }
        const { run } = new Programs({ 'rpm -q': rpm, 'dnf -q': said })
        for (const wanted of [undefined, '2-1'])
          expect(await rpmPackages('dnf', run).candidate('a', wanted, signal))
            .to.have.property('version')
            .that.is.a('string')
      }),
    )
  })
})

describe('the package agent', () => {
  type Both = PackageManager & PackageLists
  const agent = (more: Partial<Both>, now?: () => number) => {
    const manager = { provider: 'apt', state: () => ({ ensure: '1.0' }), ...more } as Both
    return packageAgent(manager, manager, undefined, now)
  }
  const ask = (one: ReturnType<typeof agent>, action: string, inputs = {}, abort = signal) =>
    Promise.resolve(one.actions[action]?.({ package: 'a', ...inputs }, callOf(action, abort)))

  it('fails when a version is not there afterwards, even if the package manager reported success', async () => {
    expect(await reasonOf(ask(agent({ install: () => '' }), 'install', { version: '2.0' }))).to.equal(
      'Package a is 1.0 afterwards',
    )
  })

  it('takes a version without its epoch for the same', async () => {
    const epochal = agent({ state: () => ({ ensure: '1:2.0' }), install: () => '' })
    expect((await ask(epochal, 'install', { version: '2.0' }))?.['ensure']).to.equal('1:2.0')
  })

  it('reports the package manager’s words and the installed version', async () => {
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

  it('does one request at a time, and skips a request that is out of time before its turn', async () => {
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

  it('does not call a refresh done that left a list as it was, and tells how old lists are', async () => {
    const of = (refreshed: Refreshed) => agent({ refresh: () => refreshed }, () => 1_000_000)
    const ran = { exitcode: 0, output: 'Hit:1 x' }
    expect(await ask(of({ ...ran, madeAt: 400 }), 'refresh')).to.deep.equal({ ...ran, age: 600 })
    expect(await ask(of(ran), 'refresh')).to.deep.equal({ ...ran, age: null })
    for (const action of ['refresh', 'apt_update'])
      expect(await reasonOf(ask(of({ ...ran, unread: 'W: Failed to fetch x' }), action))).to.equal(
        'Not every package list was read: W: Failed to fetch x',
      )
    expect(await reasonOf(ask(of({ exitcode: 100, output: 'E: x' }), 'refresh'))).to.equal(
      'It ended with exit status 100: E: x',
    )
  })

  it('refuses the words of another package manager', async () => {
    const rpm = agent({ provider: 'dnf' })
    expect(await reasonOf(ask(rpm, 'apt_update'))).to.equal(
      'The packages of this host are managed by dnf, not by apt',
    )
  })
})
