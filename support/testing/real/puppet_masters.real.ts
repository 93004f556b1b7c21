import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { cucumber, type ProcessRun } from '../cucumber_process'
import { ROOT } from '../docs/blocks'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { LOCKSTEP } from './program'
import {
  codeOfPage,
  daemonOfPage,
  must,
  puppetMasters,
  type PuppetHost,
  type PuppetMasters,
} from './puppet_masters'
import { PASSWORD, PSK, USER } from './settings'

const RELEASES = ['2026.11.1', '2026.11.2', '2026.11.3'] as const
const [FIRST, SECOND, THIRD] = RELEASES
const FEATURE = readFileSync(join(ROOT, 'features', 'deployments', 'puppet_masters.feature'), 'utf8')
const SERVING = (release: string) => `Feature: Masters
  Background:
    Given I want to update hosts with class roles::puppet_master
    And there should be at least 2 hosts
  Scenario: They serve
    Then every puppet master should serve release ${release}
`
const RUNNING = (release: string) => `Feature: Hosts
  Background:
    Given I want to update hosts with class roles::web
    And there should be at least 4 hosts
    And no host may go back to an older version
  Scenario: They run
    When I run puppet
    Then puppet should have failed on no resource
    And puppet should have applied release "${release}"
`
/** The deployment that people copy, for the release and the changes of these masters. */
const COLUMN = readFileSync(join(ROOT, 'features', 'deployments', 'puppet_environment.feature'), 'utf8')
  .replace('of environment test', 'of environment staging')
  .replaceAll(THIRD, SECOND)
  .replace(
    /( +)\| Package.*\n/,
    (_, indent: string) =>
      `${indent}| File[/srv/release] | absent → file |\n${indent}| Exec[/bin/sh -c "touch /srv/begun; while [ -e /srv/wait ]; do sleep 0.2; done"] | returns notrun → ["0"] |\n`,
  )

describe('two real puppet masters behind a real HAProxy', function () {
  this.timeout(20 * 60_000)

  const scratch = new Scratch()
  let broker: RealBroker | undefined
  let started: PuppetMasters | undefined
  const site = () => started ?? expect.fail('they were not started')
  const second = () => site().masters[1] ?? expect.fail('there is no second master')

  before(async () => {
    started = await puppetMasters()
    const { masters, agents, address, proxy } = started
    broker = await startActivemq(scratch, { address })
    for (const machine of [...masters, ...agents]) await must(machine, FRESH)
    // A suite before may have left one dead.
    for (const master of masters) await master.start()
    for (const name of ['master1', 'master2'])
      await tellBalancer(started, `set server puppetservers/${name} state ready`)
    for (const master of masters) {
      await must(master, REPOSITORY)
      await startDaemon(master, broker, 'roles::puppet_master')
    }
    for (const agent of agents) await startDaemon(agent, broker, 'roles::web')
    scratch.write('client.cfg', `${settings(broker, 'control.example.net')}libdir = ${scratch.path}\n`)
    scratch.write(
      'lockstep.yaml',
      `default: test
environments:
  test:
    client_config: client.cfg
    haproxy: [{ socket: ${proxy.socket} }]
  staging: { client_config: client.cfg, inventory: [hosts.csv] }
`,
    )
  })

  after(async () => {
    for (const machine of [...(started?.masters ?? []), ...(started?.agents ?? [])])
      await machine.run('pkill -KILL -x node')
    await broker?.stop()
    await started?.stop()
    scratch.remove()
  })

  const live = (text: string, env: Readonly<Record<string, string>> = {}) => {
    scratch.write('masters.feature', text)
    return cucumber(['-p', 'live', 'masters.feature'], scratch.path, env)
  }
  const deploy = async (release: string) => {
    const run = await live(FEATURE.replaceAll(THIRD, release))
    expect(run.exitCode, shown(run)).to.equal(0)
  }
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const flat = (run: ProcessRun) => shown(run).replaceAll(/\s+/g, ' ')
  const runAgents = () =>
    Promise.all(site().agents.map((agent) => agent.run('rm -f /srv/begun; puppet agent --test')))
  const expectVersion = async (release: string) => {
    for (const agent of site().agents)
      expect(
        await must(agent, "grep -o 'config:.*' /var/cache/puppet/public/last_run_summary.yaml"),
      ).to.match(new RegExp(`^config: ${release} [0-9a-f]{40}$`))
  }
  const expectApplied = async (release: string) => {
    await expectVersion(release)
    for (const agent of site().agents) expect(await must(agent, 'cat /srv/release')).to.equal(release)
  }

  it('get a release by waves, and the hosts apply it', async () => {
    await deploy(FIRST)
    await deploy(SECOND)
    const run = await live(RUNNING(SECOND))
    expect(run.exitCode, shown(run)).to.equal(0)
    await expectApplied(SECOND)
  })

  it('are refused by a host that asked for another name, and the name is told', async () => {
    const [agent] = site().agents
    if (agent === undefined) return expect.fail('there is no host')
    await must(
      agent,
      'grep -q old.example.net /etc/hosts || echo "$(getent hosts master2.example.net | cut -d" " -f1) old.example.net" >>/etc/hosts',
    )
    const said = await agent.run('puppet agent --test --server old.example.net')
    expect(said.exitCode).not.to.be.oneOf([0, 2])
    expect(said.output).to.contain("Server hostname 'old.example.net' did not match server certificate")
  })

  it('fail a run of puppet that applied older code, where one of them lags and the hosts come to it', async () => {
    await must(second(), leadTo(FIRST))
    await tellBalancer(site(), 'set server puppetservers/master1 state maint')
    try {
      const back = await live(RUNNING(SECOND))
      expect(back.exitCode, shown(back)).to.equal(1)
      expect(flat(back)).to.match(/went back from 2026\.11\.2 [0-9a-f]{40} to 2026\.11\.1 [0-9a-f]{40}/)
      await expectVersion(FIRST)
      const look = await live(SERVING(SECOND))
      expect(look.exitCode, shown(look)).to.equal(1)
      expect(flat(look)).to.match(/serves 2026\.11\.1 [0-9a-f]{40} in production master2/)
    } finally {
      await must(second(), leadTo(SECOND))
      await tellBalancer(site(), 'set server puppetservers/master1 state ready')
    }
    const forward = await live(RUNNING(SECOND))
    expect(forward.exitCode, shown(forward)).to.equal(0)
    await expectApplied(SECOND)
  })

  it('fail the look where another master answers with the certificate of both, or another environment is asked for', async () => {
    const [first] = site().masters
    if (first === undefined) return expect.fail('there is no first master')
    const ssl = '/var/lib/puppet/ssl'
    await must(second(), 'cp /etc/puppet/puppet.conf /srv/puppet.conf')
    try {
      for (const kind of ['certs', 'private_keys']) {
        const path = `${ssl}/${kind}/${first.name}.pem`
        second().write(path, await must(first, `cat ${path}`))
      }
      await must(second(), `sed -i 's/^certname = .*/certname = ${first.name}/' /etc/puppet/puppet.conf`)
      const shared = await live(SERVING(SECOND))
      expect(shared.exitCode, shown(shared)).to.equal(1)
      expect(flat(shared)).to.match(/leads to \S+, which is no address of this host/)
      await must(
        second(),
        `sed 's/^server = .*/&\\nenvironment = other/' /srv/puppet.conf >/etc/puppet/puppet.conf`,
      )
      const other = await live(SERVING(SECOND))
      expect(other.exitCode, shown(other)).to.equal(1)
      expect(flat(other)).to.match(/compiles this host in production although other was asked for/)
    } finally {
      await must(second(), `cp /srv/puppet.conf /etc/puppet/puppet.conf; rm -f ${ssl}/*/${first.name}.pem`)
    }
  })

  it('serve the hosts of the column of the inventory alone, in noop, and for real once a person has approved', async () => {
    const { agents } = site()
    const rows = agents.map(({ name }, index) => `${name},${index < 3 ? 'staging' : 'test'},roles::web\n`)
    scratch.write('hosts.csv', `host,environment,role\n${rows.join('')}`)
    scratch.write('column.feature', COLUMN)
    // The last one is of another environment, and has the class as well.
    const tell = (index: number, environment: string) =>
      agents[index]?.write('/etc/mcollective/facts.yaml', `---\nenvironment: ${environment}\n`)
    for (const index of [0, 1, 2, 3]) tell(index, index === 3 ? 'test' : 'staging')
    for (const agent of agents) await must(agent, 'rm -f /srv/release /srv/begun')
    const lastRun = 'stat -c %Y.%i /var/cache/puppet/state/last_run_report.yaml'
    const before = await must(agents[3] ?? expect.fail('no fourth host'), lastRun)
    const approval = join(scratch.path, 'approval')
    const released = () =>
      Promise.all(agents.map(async (agent) => (await agent.run('cat /srv/release')).exitCode === 0))

    tell(1, 'production')
    const misplaced = await live(COLUMN, { LOCKSTEP_ENVIRONMENT: 'staging' })
    expect(misplaced.exitCode, shown(misplaced)).to.equal(1)
    expect(flat(misplaced)).to.match(
      /is in production by its own fact environment, and in staging by the inventory web2/,
    )
    tell(1, 'staging')

    let approved: boolean[] | undefined
    const env = { LOCKSTEP_ENVIRONMENT: 'staging', LOCKSTEP_APPROVAL: approval }
    const run = await cucumber(['-p', 'live', 'column.feature'], scratch.path, env, (_, out, err) => {
      let said = ''
      const hear = (piece: Buffer) => {
        said += piece.toString()
        const [, name] = /run (\d{8}-\d{6}-[0-9a-f]{4})/.exec(said) ?? []
        if (approved !== undefined || name === undefined || !said.includes('Go on with 3 hosts?')) return
        approved = []
        void released().then((all) => {
          approved = all
          writeFileSync(approval, `${name} ann\n`)
        })
      }
      out.on('data', hear)
      err.on('data', hear)
    })
    expect(run.exitCode, shown(run)).to.equal(0)
    expect(approved, 'nothing was changed before the approval').to.deep.equal([false, false, false, false])
    expect(flat(run)).to.contain('left alone, by their row of the inventory: web4.example.net in test')
    expect(await released()).to.deep.equal([true, true, true, false])
    expect(await must(agents[3] ?? expect.fail('no fourth host'), lastRun)).to.equal(before)
  })

  it('leave no host behind when one is killed in mid-run of four hosts', async () => {
    await deploy(THIRD)
    await Promise.all(site().agents.map((agent) => must(agent, 'rm -f /srv/begun; touch /srv/wait')))
    const runs = runAgents()
    for (const agent of site().agents)
      await must(agent, 'for _ in $(seq 3000); do [ -e /srv/begun ] && exit 0; sleep 0.2; done; exit 1')
    await second().kill()
    for (const agent of site().agents) await must(agent, 'rm /srv/wait')
    // The request that finds the master dead may fail, and one resource with it: the next run mends that.
    for (const { output, exitCode } of await runs) expect(exitCode, output).to.be.oneOf([2, 4, 6])
    await expectVersion(THIRD)
    for (const { output, exitCode } of await runAgents()) expect(exitCode, output).to.be.oneOf([0, 2])
    await expectApplied(THIRD)
  })

  it('fail the look while one is dead, with its name', async () => {
    const run = await live(SERVING(THIRD))
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(flat(run)).to.match(/master2\S* .*does not answer: connect ECONNREFUSED/)
  })

  it('fail the look while one runs with another environment_timeout than is on disk by now', async () => {
    const set = (timeout: string) =>
      must(
        second(),
        `sed -i 's/^environment_timeout = .*/environment_timeout = ${timeout}/' /etc/puppet/puppet.conf`,
      )
    await set('unlimited')
    try {
      await second().start()
    } finally {
      await set('0')
    }
    const run = await live(SERVING(THIRD))
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(flat(run)).to.match(
      /its environment_timeout is unlimited, .* set it to 0, and restart the puppetserver master2/,
    )
    await second().kill()
  })
})

/** Makes a machine as it was before any suite. */
const FRESH = `pkill -KILL -x node
rm -rf /srv/puppet/* /srv/work /srv/code.git /srv/release /srv/begun /srv/wait /etc/puppet/code/environments/production /var/cache/puppet/state`

/** Has a master serve a release that it has, as one does that missed a deploy. */
const leadTo = (release: string) =>
  `found=$(grep -lx ${release} /srv/puppet/releases/*/release) && RELEASE=$(dirname "$found") sh -c '${codeOfPage()
    .get('scripts/post-deploy')
    ?.replace(/^#!.*\n/, '')
    .trim()}'`

async function startDaemon(machine: PuppetHost, broker: RealBroker, role: string): Promise<void> {
  machine.write('/etc/mcollective/server.cfg', serverCfg(broker, machine.name, role))
  machine.write('/etc/mcollective/classes.txt', `${role}\n`)
  machine.write('/etc/mcollective/facts.yaml', '---\ncountry: de\n')
  await must(
    machine,
    `rm -f /var/log/lockstep.log; touch /var/log/lockstep.log
setsid node ${LOCKSTEP} agent --config /etc/mcollective/server.cfg >>/var/log/lockstep.log 2>&1 </dev/null &
for _ in $(seq 3000); do grep -q '"listening"' /var/log/lockstep.log && exit 0; sleep 0.2; done; cat /var/log/lockstep.log; exit 1`,
  )
}

/** Tells HAProxy what its administrator tells it. */
async function tellBalancer({ proxy }: PuppetMasters, command: string): Promise<void> {
  const answer = await new Promise<string>((resolve, reject) => {
    let said = ''
    const socket = connect(proxy.socket, () => socket.end(`${command}\n`))
    socket.on('data', (piece) => (said += piece.toString()))
    socket.once('error', reject)
    socket.once('close', () => resolve(said))
  })
  expect(answer.trim()).to.equal('')
}

/** Makes one repository with the releases; its commit ids are the same on each machine. */
const REPOSITORY = `set -e
rm -rf /srv/work /srv/code.git; mkdir -p /srv/work; cd /srv/work; git init -q -b main
git config user.name a; git config user.email a@example.net
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
mkdir -p scripts manifests modules/site/files; echo /release >.gitignore
${[...codeOfPage()].map(([path, text]) => `cat >${path} <<'EOF'\n${text}EOF`).join('\n')}
chmod +x scripts/*
cat >manifests/site.pp <<'EOF'
node default {
  if $facts['os']['family'] != 'Debian' { fail('no facts') }
  exec { '/bin/sh -c "touch /srv/begun; while [ -e /srv/wait ]; do sleep 0.2; done"': creates => '/srv/begun' }
  -> file { '/srv/release': source => 'puppet:///modules/site/release' }
}
EOF
for release in ${RELEASES.join(' ')}; do
  echo $release >modules/site/files/release; git add -A; git commit -qm $release; git tag $release
done
git clone -q --bare . /srv/code.git; chown -R puppet: /srv/code.git`

function settings({ address, port, kind, virtualHost }: RealBroker, identity: string): string {
  return `main_collective = mcollective
collectives = mcollective
identity = ${identity}
direct_addressing = 1
connector = ${kind}
plugin.${kind}.vhost = ${virtualHost}
plugin.${kind}.pool.size = 1
plugin.${kind}.pool.1.host = ${address}
plugin.${kind}.pool.1.port = ${port}
plugin.${kind}.pool.1.user = ${USER}
plugin.${kind}.pool.1.password = ${PASSWORD}
securityprovider = psk
plugin.psk = ${PSK}
`
}

function serverCfg(broker: RealBroker, identity: string, role: string): string {
  const hosts = `${settings(broker, identity)}factsource = yaml
plugin.yaml = /etc/mcollective/facts.yaml
classesfile = /etc/mcollective/classes.txt
plugin.puppet.splay = false
`
  return role === 'roles::puppet_master' ? `${hosts}${daemonOfPage('/srv/code.git')}` : hosts
}
