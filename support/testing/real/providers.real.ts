import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { puppetAgent } from '../../agents/puppet'
import { iptablesFirewall } from '../../agents/providers/firewall_iptables'
import { nftablesFirewall } from '../../agents/providers/firewall_nftables'
import { packageAgent } from '../../agents/package'
import { aptPackages } from '../../agents/providers/packages_apt'
import { rpmPackages } from '../../agents/providers/packages_rpm'
import { puppetProgram } from '../../agents/providers/puppet_program'
import { runCommand, type CommandRunner } from '../../system/command'
import { localFiles } from '../../system/local_files'
import { callOf } from '../call'
import { reasonOf } from '../failure'
import { firewallContract } from '../firewall_contract'
import { Scratch } from '../scratch'
import { puppetFolders } from './puppet_folders'

const signal = new AbortController().signal

for (const [name, firewallOf] of [
  ['iptables', (run: CommandRunner) => iptablesFirewall(run, { chain: 'junk_filter', target: 'DROP' })],
  ['nftables', nftablesFirewall],
] as const) {
  describe(`the kernel’s packet filter, through ${name}`, () => {
    let spaces = 0
    firewallContract(async () => {
      spaces += 1
      const space = `lockstep-filter-${process.pid}-${spaces}`
      execFileSync('ip', ['netns', 'add', space])
      const run: CommandRunner = (program, args, limits) =>
        runCommand('ip', ['netns', 'exec', space, program, ...args], limits)
      return { firewall: firewallOf(run), stop: () => void execFileSync('ip', ['netns', 'del', space]) }
    })
  })
}

describe('packages through this machine’s dpkg', () => {
  it('have the MD5 that Ruby makes of them', async () => {
    const digest = execFileSync(
      'ruby',
      [
        '-rdigest',
        '-e',
        'puts Digest::MD5.hexdigest(`dpkg --list`.lines.map(&:chomp).grep(/^ii/).join(%(\\n)))',
      ],
      { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', LANG: 'C' } },
    ).trim()
    const packages = aptPackages(runCommand)
    const answer = await packageAgent(packages, packages).actions['md5']?.({}, callOf('test'))
    expect(answer).to.deep.equal({ exitcode: 0, output: digest })
  })
})

describe('package lists through Debian’s apt', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  /** Returns packages with lists of their own, from these sources alone. */
  const packages = (...sources: string[]) => {
    for (const folder of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(join(scratch.path, folder), { recursive: true })
    scratch.write('sources.list', sources.map((each) => `deb [trusted=yes] ${each} ./\n`).join(''), 0o644)
    const own = [
      `Dir::State=${scratch.path}/state`,
      `Dir::State::status=/var/lib/dpkg/status`,
      `Dir::Cache=${scratch.path}/cache`,
      `Dir::Etc::sourcelist=${scratch.path}/sources.list`,
      'Dir::Etc::sourceparts=/dev/null',
      'APT::Sandbox::User=root',
    ].flatMap((each) => ['-o', each])
    return aptPackages((program, args, limits) =>
      runCommand(program, program.startsWith('apt-') ? [...own, ...args] : args, limits),
    )
  }
  const refresh = (found: ReturnType<typeof packages>) =>
    Promise.resolve(
      packageAgent(found, found, undefined, () => Date.UTC(2026, 0, 3)).actions['refresh']?.(
        {},
        callOf('refresh'),
      ),
    )
  /** Publishes one package in a repository of files. */
  const publish = () => {
    const entry =
      'Package: published-later\nVersion: 1.0-1\nArchitecture: all\nMaintainer: nobody\nFilename: ./x.deb\nSize: 1\nSHA256: ' +
      `${'0'.repeat(64)}\nDescription: a website\n\n`
    scratch.write('repo/Packages', entry, 0o644)
    const digest = createHash('sha256').update(entry).digest('hex')
    scratch.write(
      'repo/Release',
      `Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n ${digest} ${entry.length} Packages\n`,
      0o644,
    )
    return `file:${scratch.path}/repo`
  }

  it('are refreshed, tell their age, and offer what was published since; nothing is installed', async () => {
    const found = packages(publish())
    expect((await found.candidate('published-later', '1.0-1', signal)).obstacle).to.be.a('string')
    expect(await refresh(found)).to.include({ exitcode: 0, age: 2 * 86_400 })
    expect(await found.candidate('published-later', '1.0-1', signal)).to.include({ version: '1.0-1' })
    expect((await found.candidate('published-later', '1.0-2', signal)).obstacle).to.match(/was not found/)
    expect((await found.state('published-later')).ensure).to.equal('purged')
  }).timeout(300_000)

  it('have failed where one source of two is away, or there is none at all', async () => {
    expect(await reasonOf(refresh(packages(publish(), 'http://127.0.0.1:9/away')))).to.contain(
      'Failed to fetch http://127.0.0.1:9/away',
    )
    expect(await reasonOf(refresh(packages()))).to.contain('apt has no source of packages')
    const source = publish()
    scratch.write('repo/dists/stable/Release', readFileSync(join(scratch.path, 'repo/Release')), 0o644)
    // apt exits with 0, and its only word is a warning.
    expect(await reasonOf(refresh(packages(`${source} stable web # `)))).to.contain(
      'Skipping acquire of configured file',
    )
  }).timeout(300_000)
})

const MYWEBAPP = 'mywebapp'
const LONG = 'mywebapp-with-a-name-that-is-wider-than-any-column-of-eighty-characters-has-room-for'

describe('packages through Debian’s dnf and rpm', () => {
  let scratch: Scratch
  before(function () {
    this.timeout(300_000)
    scratch = new Scratch()
    const versions = [
      ...['1.0-1', '1.1-1'].map((each) => [MYWEBAPP, each]),
      ...['2:1.9-1', '2:1.10-1', '2:1.2-1'].map((each) => [LONG, each]),
    ]
    for (const [name = '', full = ''] of versions) {
      const [, epoch, version = '', release = ''] = /^(?:(\d+):)?(.*)-(.*)$/.exec(full) ?? []
      const spec = scratch.write(
        `${name}-${version}.spec`,
        `Name: ${name}\n${epoch === undefined ? '' : `Epoch: ${epoch}\n`}Version: ${version}\nRelease: ${release}\nSummary: a website\nLicense: none\nBuildArch: noarch\n%description\na website\n%files\n`,
      )
      const defined = [`_topdir ${scratch.path}/build`, `_rpmdir ${scratch.path}/repo`]
      execFileSync('rpmbuild', ['-bb', ...defined.flatMap((each) => ['--define', each]), spec], {
        stdio: 'pipe',
      })
    }
    execFileSync('createrepo_c', ['-q', join(scratch.path, 'repo')])
  })
  after(() => scratch.remove())

  /** Returns packages in a root of their own, with nothing but their own repository. */
  const packages = (...more: string[]) => {
    const root = join(scratch.path, 'root')
    const nowhere = join(scratch.path, 'nowhere')
    const dnf = [
      `--installroot=${root}`,
      `--repofrompath=local,${scratch.path}/repo`,
      '--repo=local',
      '--nogpgcheck',
      '--releasever=1',
      `--setopt=reposdir=${nowhere}`,
      `--setopt=pluginpath=${nowhere}`,
      ...more,
    ]
    return rpmPackages('dnf', (program, args, limits) =>
      runCommand(program, program === 'rpm' ? ['--root', root, ...args] : [...dnf, ...args], limits),
    )
  }
  const ensure = async () => (await packages().state('mywebapp')).ensure

  it('are installed, told, brought up to date, put back, and removed', async () => {
    expect(await ensure()).to.equal('absent')
    await packages().install('mywebapp', '1.0-1', signal)
    expect(await packages().state('mywebapp')).to.deep.equal({
      ensure: '1.0-1',
      version: '1.0',
      release: '1',
      arch: 'noarch',
      epoch: '0',
    })
    expect((await packages().outdated(signal)).packages).to.deep.equal([
      { package: 'mywebapp', version: '1.1-1', repo: 'local' },
    ])
    await packages().install('mywebapp', undefined, signal)
    expect(await ensure()).to.equal('1.1-1')
    await packages().install('mywebapp', '1.0-1', signal)
    expect(await ensure()).to.equal('1.0-1')
    expect(await packages().installed()).to.deep.equal(['mywebapp (none):1.0-1 noarch'])
    await packages().remove('mywebapp', false, signal)
    expect(await ensure()).to.equal('absent')
  }).timeout(300_000)

  it('are planned: the newest, a version that is offered, and one that no repository offers', async () => {
    const candidate = (name: string, version?: string) => packages().candidate(name, version, signal)
    const obstacleTo = async (name: string, version?: string) => (await candidate(name, version)).obstacle
    expect(await candidate(MYWEBAPP)).to.deep.equal({ version: '1.1-1' })
    expect(await candidate(LONG)).to.deep.equal({ version: '2:1.10-1' })
    // The version has its epoch, which is shown once it is installed.
    for (const version of ['2:1.9-1', '1.9-1'])
      expect(await candidate(LONG, version)).to.deep.equal({ version: '2:1.9-1' })
    expect(await obstacleTo(MYWEBAPP, '9.9-9')).to.equal('no repository offers mywebapp-9.9-9')
    expect(await obstacleTo('nope')).to.equal('no repository offers nope')
    await packages().install(MYWEBAPP, '1.0-1', signal)
    expect(await candidate(MYWEBAPP)).to.deep.equal({ version: '1.1-1' })
    await packages().install(MYWEBAPP, undefined, signal)
    expect(await candidate(MYWEBAPP)).to.deep.equal({ version: '1.1-1' })
    await packages().remove(MYWEBAPP, false, signal)
  }).timeout(300_000)

  it('that are installed and newer than any repository has them stay as they are', async () => {
    await packages().install(MYWEBAPP, undefined, signal)
    const without = packages(`--exclude=${MYWEBAPP}-1.1-1`)
    expect(await without.candidate(MYWEBAPP, undefined, signal)).to.deep.equal({ version: '1.1-1' })
    expect(await without.candidate(MYWEBAPP, '1.1-1', signal)).to.deep.equal({ version: '1.1-1' })
    await packages().remove(MYWEBAPP, false, signal)
  }).timeout(300_000)

  it('are not planned where the repository cannot be read, which is told', async () => {
    const broken = packages(
      '--repofrompath=gone,/no/such/folder',
      '--repo=gone',
      '--setopt=gone.skip_if_unavailable=0',
    )
    expect((await broken.candidate(MYWEBAPP, '1.1-1', signal)).obstacle).to.match(/gone/)
  }).timeout(300_000)

  it('are found once lists are refreshed, which fails where a repository is away', async () => {
    const refresh = (...more: string[]) => {
      const found = packages(...more)
      return Promise.resolve(packageAgent(found, found).actions['refresh']?.({}, callOf('refresh')))
    }
    const name = 'published-later'
    expect((await packages().candidate(name, '1.0-1', signal)).obstacle).to.match(/no repository offers/)
    const spec = scratch.write(
      `${name}.spec`,
      `Name: ${name}\nVersion: 1.0\nRelease: 1\nSummary: a website\nLicense: none\nBuildArch: noarch\n%description\na website\n%files\n`,
    )
    const defined = [`_topdir ${scratch.path}/build`, `_rpmdir ${scratch.path}/repo`]
    execFileSync('rpmbuild', ['-bb', ...defined.flatMap((each) => ['--define', each]), spec], {
      stdio: 'pipe',
    })
    execFileSync('createrepo_c', ['-q', join(scratch.path, 'repo')])
    expect((await packages().candidate(name, '1.0-1', signal)).obstacle).to.match(/no repository offers/)
    expect(await refresh()).to.include({ exitcode: 0, age: null })
    expect(await packages().candidate(name, '1.0-1', signal)).to.deep.equal({ version: '1.0-1' })
    for (const skipped of ['0', '1'])
      expect(
        await reasonOf(
          refresh(
            '--repofrompath=gone,/no/such/folder',
            '--repo=gone',
            `--setopt=gone.skip_if_unavailable=${skipped}`,
          ),
        ),
      ).to.match(/Failed to download metadata for repo 'gone'/)
    for (const [text, why] of [
      ['garbage', 'failed loading'],
      ['[own packages]\nname=own\nbaseurl=file:///nowhere\n', 'Bad id for repo'],
    ] as const) {
      scratch.write('repos/own.repo', text)
      expect(await reasonOf(refresh(`--setopt=reposdir=${join(scratch.path, 'repos')}`))).to.contain(why)
    }
    const bare = ['installroot=' + join(scratch.path, 'bare'), 'releasever=1', 'setopt=reposdir=/nowhere']
    const none = rpmPackages('dnf', (program, args, limits) =>
      runCommand(program, [...bare.map((each) => `--${each}`), ...args], limits),
    )
    expect((await none.refresh(signal)).unread).to.equal('dnf has no repository that is enabled')
  }).timeout(300_000)

  it('that there are not say so in dnf’s words', async () => {
    expect(await reasonOf(packages().install('nope', undefined, signal))).to.match(
      /Unable to find a match: nope/,
    )
    expect(await reasonOf(packages().install('mywebapp', '9.9-9', signal))).to.match(/Unable to find a match/)
  }).timeout(300_000)
})

describe('Debian’s puppet', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('is disabled with a message, told so, enabled again, and run', async () => {
    const folders = puppetFolders(scratch.path).join(' ')
    const program = scratch.write('puppet', `#!/bin/sh\nexec /usr/bin/puppet "$@" ${folders}\n`, 0o755)
    const agent = puppetAgent(puppetProgram(runCommand, localFiles, { program, splay: 0 }), () => Date.now())
    const ask = async (action: string, inputs = {}) => agent.actions[action]?.(inputs, callOf(action))
    expect(await ask('status')).to.include({ enabled: true, applying: false, lastrun: 0 })
    await ask('disable', { message: 'a rollout' })
    expect(await ask('status')).to.include({
      enabled: false,
      disable_message: 'a rollout',
      status: 'disabled',
    })
    expect(await reasonOf(ask('runonce'))).to.equal("Puppet is disabled: 'a rollout'")
    await ask('enable')
    expect(await ask('status')).to.include({ enabled: true, disable_message: '' })
    // There is no server: the answer says at once only that a run was started.
    expect(await ask('runonce', { force: true, noop: true, server: 'localhost:9' })).to.have.property(
      'initiated_at',
    )
    // The run goes on in the background, and has to be over before its folders are removed.
    while (isRunning(scratch.path)) await new Promise((resolve) => setTimeout(resolve, 100))
  }).timeout(300_000)
})

/** Returns whether a process has a folder of this test among its arguments. */
function isRunning(folder: string): boolean {
  return spawnSync('pgrep', ['-f', folder]).status === 0
}
