import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { NEW, OLD } from '../fleet/repository'
import { lacking } from '../fleet/requirements'
import { SmallFleet } from '../fleet/small_fleet'

const DEPLOYMENTS = resolve(__dirname, '..', '..', '..', 'features', 'deployments')
const RUBY31 = join(__dirname, 'ruby', 'ruby31.rb')

const HOLD_DPKG =
  'open F,">>/var/lib/dpkg/lock-frontend";$l=pack("s s x4 q q i x4",1,0,0,0,0);fcntl(F,6,$l) or die;$|=1;print "locked\\n";sleep 60'

describe('a small real fleet of our daemons', () => {
  let fleet: SmallFleet | undefined
  const skipped = lacking()

  before(async function () {
    this.timeout(300_000)
    if (skipped !== undefined) {
      if (process.env['LOCKSTEP_CI'] !== undefined) throw new Error(`${skipped}, and CI skips nothing`)
      const suite = this.test?.parent
      if (suite !== undefined) suite.title += ` (skipped: ${skipped})`
      return this.skip()
    }
    fleet = await SmallFleet.start({ hosts: 4, cfg: 'plugin.lockstep.package_lock_seconds = 2\n' })
    // All that mco knows of the agents comes from us.
    const agents = join(fleet.scratch.path, 'libdir', 'mcollective', 'agent')
    mkdirSync(agents, { recursive: true })
    for (const agent of ['package', 'service', 'nrpe', 'iptables', 'lock']) {
      const { stdout } = await lockstep(['ddl', agent], fleet.scratch.path)
      fleet.scratch.write(`libdir/mcollective/agent/${agent}.ddl`, stdout)
    }
  })

  after(async function () {
    this.timeout(300_000)
    await fleet?.stop()
  })

  const up = (): SmallFleet => {
    if (fleet === undefined) throw new Error('there is no fleet')
    return fleet
  }
  const host = (number: number) => {
    const found = up().hosts[number - 1]
    if (found === undefined) throw new Error(`there is no host ${number}`)
    return found
  }
  const live = (feature: string): Promise<ProcessRun> =>
    cucumber(['-p', 'live', feature], up().scratch.path, {
      LOCKSTEP_CONFIG: join(up().scratch.path, 'lockstep.yaml'),
    })
  const feature = (text: string) =>
    live(up().scratch.write('own.feature', `Feature: Own\n  Scenario: Own\n${text}`))
  /** Plans a line for every host, or for one. */
  const planned = (line: string, identity = '/^web/') => {
    const hosts = `Given I want to update hosts with identity ${identity}`
    const path = up().scratch.write(
      'own.feature',
      `Feature: Own\n  Scenario: Own\n    ${hosts}\n    ${line}\n`,
    )
    return cucumber(['-p', 'plan', path], up().scratch.path, {
      LOCKSTEP_CONFIG: join(up().scratch.path, 'lockstep.yaml'),
    })
  }
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const versions = () =>
    up().hosts.map((each) => each.run('dpkg-query', '-W', '-f', '${Version}', 'mywebapp'))
  const put = (number: number, version: string) =>
    host(number).run('apt-get', '-q', '-y', '--allow-downgrades', 'install', `mywebapp=${version}`)
  const mco = (...args: string[]) => {
    const all = ['-r', RUBY31, '/usr/bin/mco', ...args, '-c', up().clientCfg, '--no-progress']
    const { stdout, stderr } = spawnSync('ruby', all, { encoding: 'utf8' })
    return stdout + stderr
  }
  const rpc = (agent: string, action: string, ...inputs: string[]) => {
    return mco('rpc', agent, action, ...inputs, '-I', 'web1.example.net', '--display', 'all')
  }
  const visit = (url: string, from: string) => {
    const args = ['-s', '-m', '2', '--interface', from, '-w', ' %{http_code}', url]
    return spawnSync('curl', args, { encoding: 'utf8' }).stdout.replace(/\s+/g, ' ')
  }

  it('rolls the rolling example out: real packages, HAProxy and checks', async () => {
    const run = await live(join(DEPLOYMENTS, 'rolling.feature'))
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(versions()).to.deep.equal([NEW, NEW, NEW, NEW])
    expect(visit(`http://127.0.0.1:${up().haproxy.port}/`, '127.0.0.1')).to.equal(`mywebapp ${NEW} 200`)
  }).timeout(300_000)

  it('carries out the seed’s feature, unchanged, and again: nothing is left to do', async () => {
    put(1, OLD)
    for (const _ of ['first', 'again']) {
      const run = await live(join(DEPLOYMENTS, 'website.feature'))
      expect(run.exitCode, shown(run)).to.equal(0)
      expect(versions()).to.deep.equal([NEW, NEW, NEW, NEW])
    }
    expect(host(1).run('iptables', '-S')).not.to.contain('192.168.1.1')
  }).timeout(300_000)

  it('is really cut off by a block, and back after it', async () => {
    for (const number of [1, 2]) put(number, NEW)
    const direct = `http://${host(2).address}/`
    const { edge } = up()
    const blocked = await feature(`
    Given the load balancer has ip address ${edge}
    And I want to update hosts with identity web2.example.net
    And I want to pre-discover how many hosts to update
    When I block the load balancer
    Then traffic from the load balancer should be blocked
`)
    // The host is left blocked, and named.
    expect(shown(blocked)).to.match(/Still out of rotation: 1 host/)
    expect(visit(direct, edge)).to.equal(' 000')
    expect(visit(direct, up().address)).to.equal(`mywebapp ${NEW} 200`)
    const unblocked = await feature(`
    Given the load balancer has ip address ${edge}
    And I want to update hosts with identity web2.example.net
    And I want to pre-discover how many hosts to update
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
`)
    expect(unblocked.exitCode, shown(unblocked)).to.equal(0)
    expect(visit(direct, edge)).to.equal(`mywebapp ${NEW} 200`)
  }).timeout(300_000)

  it('believes no block that packets do not get to', () => {
    expect(rpc('iptables', 'block', 'ipaddr=10.1.2.3')).to.match(/Blocked: true/)
    host(1).run('iptables', '-D', 'INPUT', '-j', 'junk_filter')
    expect(rpc('iptables', 'isblocked', 'ipaddr=10.1.2.3')).to.match(/Blocked: false/)
    expect(rpc('iptables', 'block', 'ipaddr=10.1.2.3')).to.match(/Blocked: true/)
    expect(rpc('iptables', 'unblock', 'ipaddr=10.1.2.3')).to.match(/Blocked: false/)
    expect(host(1).run('iptables', '-S')).not.to.contain('10.1.2.3')
  })

  it('answers mco for every agent, with the DDL that we print', () => {
    put(1, NEW)
    expect(rpc('package', 'status', 'package=mywebapp'))
      .to.contain(NEW)
      .and.to.match(/Provider: apt/)
    expect(rpc('package', 'count')).to.match(/Output: \d{2,}/)
    expect(rpc('package', 'md5')).to.match(/Output: [0-9a-f]{32}/)
    expect(rpc('package', 'checkupdates')).to.match(/Package manager: apt/)
    expect(rpc('package', 'install', 'package=mywebapp', `version=${OLD}`)).to.contain(OLD)
    expect(rpc('package', 'checkupdates')).to.match(/"mywebapp"/)
    expect(rpc('package', 'update', 'package=mywebapp')).to.contain(NEW)
    expect(rpc('package', 'install', 'package=no-such-thing')).to.match(
      /Unable to locate package no-such-thing/,
    )
    expect(rpc('service', 'stop', 'service=mywebapp')).to.match(/Status: stopped/)
    expect(rpc('service', 'stop', 'service=mywebapp')).to.match(/already stopped/)
    expect(rpc('service', 'start', 'service=mywebapp')).to.match(/Status: running/)
    expect(rpc('service', 'status', 'service=nope')).to.match(/there is no service nope/)
    expect(rpc('nrpe', 'runcommand', 'command=check_http'))
      .to.match(/HTTP OK/)
      .and.to.match(/time=\d/)
    expect(rpc('iptables', 'listblocked')).to.match(/Blocked: \[\]/)
    expect(rpc('lock', 'acquire', 'run=r1', 'seconds=60', 'owner=ann')).to.match(/Locked: true/)
    expect(rpc('lock', 'acquire', 'run=r2', 'seconds=60', 'owner=bob')).to.match(
      /locked by the rollout r1 of ann/,
    )
    expect(rpc('lock', 'release', 'run=r1')).to.match(/Locked: false/)
    // The DDL refuses every input that the host would refuse.
    expect(rpc('package', 'status', 'package=-x;reboot')).to.match(/Cannot validate|validat/i)
  }).timeout(300_000)

  it('answers mco’s own commands', () => {
    expect(mco('ping').match(/web\d\.example\.net/g)).to.have.length(4)
    const inventory = mco('inventory', 'web1.example.net')
    for (const text of ['iptables', 'lock', 'nrpe', 'package', 'rpcutil', 'service', 'country => de'])
      expect(inventory).to.contain(text)
    expect(mco('find', '-S', 'country=de and roles::dev_server').match(/web\d/g)).to.have.length(4)
    expect(mco('facts', 'country')).to.match(/de\s+found 4 times/)
    expect(mco('rpc', 'rpcutil', 'ping', '--batch', '2').match(/web\d\.example\.net/g)).to.have.length(4)
  }).timeout(300_000)

  it('cannot be changed while another control host has a lease of one of its hosts', async () => {
    put(2, OLD)
    mco('rpc', 'lock', 'acquire', 'run=r1', 'seconds=60', 'owner=ann@elsewhere', '-I', 'web2.example.net')
    const run = await live(join(DEPLOYMENTS, 'website.feature'))
    expect(run.exitCode, shown(run)).to.equal(6)
    expect(shown(run).replace(/\s+/g, ' ')).to.match(
      /web2\.example\.net: This host is locked by the rollout r1 of ann@elsewhere/,
    )
    expect(versions()[1]).to.equal(OLD)
    mco('rpc', 'lock', 'release', 'run=r1', '-I', 'web2.example.net')
    const again = await live(join(DEPLOYMENTS, 'website.feature'))
    expect(again.exitCode, shown(again)).to.equal(0)
    expect(mco('rpc', 'lock', 'status', '--display', 'all').match(/Locked: false/g)).to.have.length(4)
  }).timeout(300_000)

  it('goes back into rotation but for a host that hangs, which stays named until it answers', async () => {
    const stopped = await feature(`
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    When I block the load balancer
    Then the package version for mywebapp should be 9.9.9
`)
    expect(stopped.exitCode, shown(stopped)).to.equal(1)
    const putBack = () =>
      lockstep(['put-back', '--all'], up().scratch.path, {
        LOCKSTEP_CONFIG: join(up().scratch.path, 'lockstep.yaml'),
      })
    host(3).killDaemon('SIGSTOP')
    try {
      const without = await putBack()
      expect(without.exitCode, shown(without)).to.equal(1)
      for (const text of ['✔ web[1-2,4].example.net', '✘ web3.example.net  no answer from its lock agent'])
        expect(without.stdout).to.contain(text)
      const { stdout } = await lockstep(['status'], up().scratch.path)
      expect(stdout).to.contain('blocks 192.168.1.1: web3.example.net\n')
    } finally {
      host(3).killDaemon('SIGCONT')
    }
    const last = await putBack()
    expect(last.exitCode, shown(last)).to.equal(0)
    expect((await lockstep(['status'], up().scratch.path)).stdout).to.contain('Nothing is out of rotation.')
  }).timeout(300_000)

  it('says who has the package database locked, and changes nothing', async () => {
    put(1, OLD)
    const holder = host(1).spawn('perl', '-e', HOLD_DPKG)
    try {
      await holder.said(/locked/)
      expect(rpc('package', 'update', 'package=mywebapp')).to.match(
        /Could not get lock \/var\/lib\/dpkg\/lock-frontend. It is held by process \d+ \(perl\)/,
      )
      expect(versions()[0]).to.equal(OLD)
    } finally {
      await holder.stop()
    }
    expect(rpc('package', 'update', 'package=mywebapp')).to.contain(NEW)
  }).timeout(300_000)

  it('does not change what is on hold', () => {
    put(1, OLD)
    host(1).run('apt-mark', 'hold', 'mywebapp')
    expect(rpc('package', 'update', 'package=mywebapp')).to.match(/mywebapp is on hold on this host/)
    expect(versions()[0]).to.equal(OLD)
    host(1).run('apt-mark', 'unhold', 'mywebapp')
  }).timeout(300_000)

  it('plans what apt would do on each host: bring the newest, nothing, or not go', async () => {
    for (const number of [1, 2, 3]) put(number, OLD)
    put(4, NEW)
    host(2).run('apt-mark', 'hold', 'mywebapp')
    const holder = host(3).spawn('perl', '-e', HOLD_DPKG)
    try {
      await holder.said(/locked/)
      const run = await planned('When I update the package mywebapp')
      expect(run.exitCode, shown(run)).to.equal(1)
      const told = run.report?.steps.at(-1)?.hosts.map(({ seen }) => seen)
      expect(told?.[0]).to.equal(`would go from ${OLD} to ${NEW}`)
      expect(told?.[1]).to.equal('would not go: mywebapp is on hold')
      expect(told?.[2]).to.match(
        /^would go from \S+ to \S+, but its package database is locked by process \d+ \(perl\)$/,
      )
      expect(told?.[3]).to.equal(`needs nothing: ${NEW}`)
    } finally {
      await holder.stop()
      host(2).run('apt-mark', 'unhold', 'mywebapp')
    }
    expect(versions()).to.deep.equal([OLD, OLD, OLD, NEW])
  }).timeout(300_000)

  it('plans that no repository offers a version, and that there is no room for one', async () => {
    const index = join(up().scratch.path, 'repo', 'Packages')
    const before = readFileSync(index, 'utf8')
    const huge = `Package: mywebapp
Version: 5.0
Architecture: all
Maintainer: nobody <nobody@example.net>
Description: a website of two petabytes
Installed-Size: 2000000000000
Filename: ./mywebapp_5.0_all.deb
Size: 1000
SHA256: ${'0'.repeat(64)}
`
    try {
      const run = await planned('When I install version 9.9 of the package mywebapp')
      expect(run.exitCode, shown(run)).to.equal(1)
      expect(run.stdout.replace(/\s+/g, ' ')).to.match(
        /would not go: .*Version '9\.9' for 'mywebapp' was not found/,
      )
      appendFileSync(index, `\n${huge}`)
      host(1).run('apt-get', '-q', 'update')
      expect(rpc('package', 'candidate', 'package=mywebapp')).to.match(/Candidate: 5\.0/)
      const full = await planned('When I install version 5.0 of the package mywebapp', 'web1.example.net')
      expect(full.stdout.replace(/\s+/g, ' ')).to.match(
        /would not go: it needs 2048000001 MB and \d+ MB are free/,
      )
    } finally {
      writeFileSync(index, before)
      host(1).run('apt-get', '-q', 'update')
    }
  }).timeout(300_000)

  it('stops at the host whose installation was never completed, and leaves it out of rotation', async () => {
    for (const number of [1, 2, 3, 4]) put(number, OLD)
    host(2).run('touch', '/etc/mywebapp.broken')
    const run = await live(join(DEPLOYMENTS, 'rolling.feature'))
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(run.stdout)
      .to.match(/web2\.example\.net/)
      .and.to.match(/Still out of rotation: 1 host/)
    expect(run.stdout).to.match(/dpkg: error|never completed|E: Sub-process/)
    expect([versions()[0], versions()[2], versions()[3]]).to.deep.equal([NEW, OLD, OLD])
    expect(rpc('package', 'status', 'package=mywebapp')).to.contain(NEW)
    expect(mco('rpc', 'package', 'status', 'package=mywebapp', '-I', 'web2.example.net')).to.match(
      /is half-configured: its installation was never completed/,
    )
    host(2).run('rm', '/etc/mywebapp.broken')
    host(2).run('dpkg', '--configure', '-a')
    const again = await live(join(DEPLOYMENTS, 'rolling.feature'))
    expect(again.exitCode, shown(again)).to.equal(0)
    expect(versions()).to.deep.equal([NEW, NEW, NEW, NEW])
  }).timeout(300_000)

  it('stops where a check says that the new version is ill', async () => {
    for (const number of [1, 2, 3, 4]) put(number, OLD)
    host(1).run('touch', '/etc/mywebapp.ill')
    const run = await feature(`
    Given I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
    When I update the package mywebapp
    Then the check check_http should be ok
    When I restart the service mywebapp
`)
    expect(run.exitCode).to.equal(1)
    expect(run.stdout)
      .to.match(/3 hosts/)
      .and.to.match(/HTTP CRITICAL.*500|500 Internal/)
    host(1).run('rm', '/etc/mywebapp.ill')
  }).timeout(300_000)

  it('finishes what it was at when its daemon is killed, and answers for it afterwards', async () => {
    put(1, OLD)
    host(1).run('sh', '-c', 'echo 4 >/etc/mywebapp.slow')
    const before = listenings(host(1).log)
    const asked = feature(`
    Given I want to update hosts with identity web1.example.net
    And I want to pre-discover how many hosts to update
    When I update the package mywebapp
`)
    await until(() => host(1).run('sh', '-c', 'pgrep -x apt-get || true').trim() !== '')
    host(1).killDaemon('SIGKILL')
    const run = await asked
    expect(listenings(host(1).log)).to.be.above(before)
    // The change is reported as not known, and never as done; the package manager was not cut off.
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(run.stdout.replace(/\s+/g, ' ')).to.match(/daemon of this host was ended while this was under way/)
    expect(versions()[0]).to.equal(NEW)
    expect(rpc('package', 'status', 'package=mywebapp')).to.contain(NEW)
    host(1).run('rm', '/etc/mywebapp.slow')
  }).timeout(300_000)
})

function listenings(log: string): number {
  return readFileSync(log, 'utf8').match(/"listening"/g)?.length ?? 0
}

async function until(test: () => boolean): Promise<void> {
  const last = Date.now() + 120_000
  while (!test()) {
    if (Date.now() > last) throw new Error('it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
