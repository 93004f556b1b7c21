import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { puppetAgent } from '../../agents/puppet'
import { iptablesFirewall } from '../../agents/providers/firewall_iptables'
import { nftablesFirewall } from '../../agents/providers/firewall_nftables'
import { rpmPackages } from '../../agents/providers/packages_rpm'
import { puppetProgram } from '../../agents/providers/puppet_program'
import { runCommand, type CommandRunner } from '../../system/command'
import { callOf } from '../call'
import { reasonOf } from '../failure'
import { firewallContract } from '../firewall_contract'
import { Scratch } from '../scratch'

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

describe('packages through Debian’s dnf and rpm', () => {
  let scratch: Scratch
  before(function () {
    this.timeout(60_000)
    scratch = new Scratch()
    for (const version of ['1.0', '1.1']) {
      const spec = scratch.write(
        `mywebapp-${version}.spec`,
        `Name: mywebapp\nVersion: ${version}\nRelease: 1\nSummary: a website\nLicense: none\nBuildArch: noarch\n%description\na website\n%files\n`,
      )
      const defined = [`_topdir ${scratch.path}/build`, `_rpmdir ${scratch.path}/repo`]
      execFileSync('rpmbuild', ['-bb', ...defined.flatMap((each) => ['--define', each]), spec], {
        stdio: 'pipe',
      })
    }
    execFileSync('createrepo_c', ['-q', join(scratch.path, 'repo')])
  })
  after(() => scratch.remove())

  /** In a root of their own, with nothing but their own repository. */
  const packages = () => {
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
  }).timeout(60_000)

  it('that there are not say so in dnf’s words', async () => {
    expect(await reasonOf(packages().install('nope', undefined, signal))).to.match(
      /Unable to find a match: nope/,
    )
    expect(await reasonOf(packages().install('mywebapp', '9.9-9', signal))).to.match(/Unable to find a match/)
  }).timeout(60_000)
})

describe('Debian’s puppet', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('is disabled with a message, told so, enabled again, and run', async () => {
    const places = `--confdir ${scratch.path}/conf --vardir ${scratch.path}/var --rundir ${scratch.path}/run`
    const program = scratch.write('puppet', `#!/bin/sh\nexec /usr/bin/puppet "$@" ${places}\n`, 0o755)
    const agent = puppetAgent(puppetProgram(runCommand, { program, splay: 0 }), () => Date.now())
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
    // There is no server to be had: that a run was started is all that is told at once.
    expect(await ask('runonce', { force: true, noop: true, server: 'localhost:9' })).to.have.property(
      'initiated_at',
    )
  }).timeout(60_000)
})
