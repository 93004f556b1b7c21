import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cucumber, type ProcessRun } from '../cucumber_process'
import { ROOT } from '../docs/blocks'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { LOCKSTEP } from './program'
import { codeOfPage, must, puppetMasters, type PuppetMasters } from './puppet_masters'
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

describe('two real puppet masters behind a real HAProxy', function () {
  this.timeout(1_200_000)

  const scratch = new Scratch()
  let broker: RealBroker | undefined
  let started: PuppetMasters | undefined
  const site = () => started ?? expect.fail('they were not started')

  before(async () => {
    started = await puppetMasters()
    broker = await startActivemq(scratch, { address: started.address })
    for (const master of started.masters) {
      await must(master, REPOSITORY)
      master.write('/etc/mcollective/server.cfg', serverCfg(broker, master.name))
      master.write('/etc/mcollective/classes.txt', 'roles::puppet_master\n')
      master.write('/etc/mcollective/facts.yaml', '---\ncountry: de\n')
      await must(
        master,
        `setsid node ${LOCKSTEP} agent --config /etc/mcollective/server.cfg >/var/log/lockstep.log 2>&1 </dev/null &
for _ in $(seq 300); do grep -q '"listening"' /var/log/lockstep.log && exit 0; sleep 0.2; done; cat /var/log/lockstep.log; exit 1`,
      )
    }
    scratch.write('client.cfg', `${settings(broker, 'control.example.net')}libdir = ${scratch.path}\n`)
    scratch.write(
      'lockstep.yaml',
      `environments:\n  test:\n    client_config: client.cfg\n    haproxy: [{ socket: ${started.proxy.socket} }]\n`,
    )
  })

  after(async () => {
    for (const master of started?.masters ?? []) await master.run('pkill -KILL -x node')
    await Promise.all((started?.masters ?? []).map((master) => master.start()))
    await broker?.stop()
    await started?.stop()
    scratch.remove()
  })

  const live = (text: string) => {
    scratch.write('masters.feature', text)
    return cucumber(['-p', 'live', 'masters.feature'], scratch.path)
  }
  const deploy = (release: string) => live(FEATURE.replaceAll(THIRD, release))
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const runAgents = () =>
    Promise.all(site().agents.map((agent) => agent.run('rm -f /srv/begun; puppet agent --test')))
  const applied = () =>
    Promise.all(
      site().agents.map(async (agent) => {
        const said = await agent.run(
          "cat /srv/release; grep -o 'config:.*' $(puppet config print lastrunfile --section agent)",
        )
        return said.output
      }),
    )
  const expectApplied = async (release: string) => {
    for (const text of await applied())
      expect(text).to.match(new RegExp(`^${release}\\nconfig: ${release} [0-9a-f]{40}$`))
  }

  it('get a release by waves, and the hosts apply it', async () => {
    for (const release of [FIRST, SECOND]) {
      const run = await deploy(release)
      expect(run.exitCode, shown(run)).to.equal(0)
    }
    for (const { output, exitCode } of await runAgents()) expect(exitCode, output).to.equal(2)
    await expectApplied(SECOND)
  })

  it('are refused by a host that asked for another name, and the name is told', async () => {
    const [agent] = site().agents
    await agent?.run(
      'grep -q old.example.net /etc/hosts || echo "$(getent hosts master2.example.net | cut -d" " -f1) old.example.net" >>/etc/hosts',
    )
    const said = await agent?.run('puppet agent --test --server old.example.net')
    expect(said?.exitCode).not.to.be.oneOf([0, 2])
    expect(said?.output).to.contain("Server hostname 'old.example.net' did not match server certificate")
  })

  it('leave no host behind when one is killed in mid-run of four hosts', async () => {
    const [, second] = site().masters
    if (second === undefined) return expect.fail('there is no second master')
    expect((await deploy(THIRD)).exitCode).to.equal(0)
    await Promise.all(site().agents.map((agent) => agent.run('touch /srv/wait')))
    const runs = runAgents()
    for (const agent of site().agents)
      await must(agent, 'for _ in $(seq 600); do [ -e /srv/begun ] && exit 0; sleep 0.5; done; exit 1')
    await second.kill()
    for (const agent of site().agents) await must(agent, 'rm /srv/wait')
    // The request that finds the master dead may fail, and one resource with it: the next run mends that.
    for (const { output, exitCode } of await runs) expect(exitCode, output).to.be.oneOf([2, 4, 6])
    for (const { output, exitCode } of await runAgents()) expect(exitCode, output).to.be.oneOf([0, 2])
    await expectApplied(THIRD)
  })

  it('fail the look while one is dead, with its name', async () => {
    const run = await live(SERVING(THIRD))
    expect(run.exitCode, shown(run)).to.equal(1)
    expect(shown(run).replaceAll(/\s+/g, ' ')).to.match(/master2\S* .*does not answer: connect ECONNREFUSED/)
  })
})

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
  exec { '/bin/sh -c "touch /srv/begun; while [ -e /srv/wait ]; do sleep 0.2; done"': }
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

function serverCfg(broker: RealBroker, identity: string): string {
  return `${settings(broker, identity)}factsource = yaml
plugin.yaml = /etc/mcollective/facts.yaml
classesfile = /etc/mcollective/classes.txt
plugin.git.repositories = puppet
plugin.git.puppet.url = /srv/code.git
plugin.git.puppet.folder = /srv/puppet
plugin.git.puppet.user = puppet
plugin.git.puppet.pre = scripts/pre-deploy
plugin.git.puppet.post = scripts/post-deploy
`
}
