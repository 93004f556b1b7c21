import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { compiledCopy } from '../compiled_copy'
import { cucumber, lockstep, type ProcessRun } from '../cucumber_process'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { puppetFolders } from './puppet_folders'

const HOST = 'web1.example.net'
const feature = (release: string, more = '') => `Feature: Code
  Background:
    Given this is release ${release}
    And I want to update hosts with class roles::dev_server
    And there should be at least 1 host
  Scenario: Live
    Then the modules deployed should be those of the Puppetfile
    When I apply the puppet code
    Then puppet should have failed on no resource
    And puppet should change nothing when run again
    And puppet should have applied release "${release}"
${more}`

describe('packed puppet code, ordered from a daemon over ActiveMQ', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let root: string
  let cfg: string
  let broker: RealBroker | undefined
  let fleet: RealFleet | undefined
  let daemon: Awaited<ReturnType<RealFleet['addOurs']>>
  const file = (name: string) => join(root, name)

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    // Folders of /tmp can be renamed by others: no code is applied from there.
    root = mkdtempSync('/var/lib/lockstep-apply-')
    chmodSync(root, 0o755)
    write('host/conf/puppet.conf', `[main]\ncertname = ${HOST}\n`)
    write('puppet', `#!/bin/sh\nexec /usr/bin/puppet "$@" ${puppetFolders(file('host')).join(' ')}\n`, 0o755)
    write('app/puppet/modules/stdlib/metadata.json', '{"name":"puppetlabs-stdlib","version":"9.4.1"}')
    write('app/puppet/Puppetfile', "mod 'puppetlabs/stdlib', '9.4.1'\n")
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    cfg = `plugin.puppet.activate_agent = yes
plugin.puppet.command = ${file('puppet')}
plugin.puppet.code.mywebapp = ${file('app/puppet')}
rpcaudit = 1
rpcauditprovider = logfile
plugin.rpcaudit.logfile = ${file('audit.log')}
`
    daemon = await fleet.addOurs(HOST, { cfg })
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
  })
  after(async () => {
    await fleet?.stop()
    await broker?.stop()
    scratch.remove()
    rmSync(root, { recursive: true, force: true })
  })

  function write(name: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(file(name)), { recursive: true, mode: 0o755 })
    writeFileSync(file(name), content)
    chmodSync(file(name), mode)
  }
  const pack = (release: string, manifest: string) => {
    write('app/puppet/manifests/site.pp', `${manifest}\n`)
    write('app/puppet/environment.conf', 'config_version = ./version.sh\n')
    write('app/puppet/version.sh', `#!/bin/sh\necho ${release}\n`, 0o755)
  }
  /** Returns a resource that counts how often it was applied, and waits until it may end. */
  const slow = (name: string) => {
    const once = `touch ${file(`${name}-began`)}; while [ ! -e ${file(`${name}-go`)} ]; do sleep 0.2; done; echo 1 >> ${file(`${name}-times`)}; touch ${file(`${name}-done`)}`
    return `exec { '${name}': command => '/bin/sh -c "${once}"', creates => '${file(`${name}-done`)}', timeout => 0 }`
  }
  const times = (name: string) =>
    readFileSync(file(`${name}-times`), 'utf8')
      .trim()
      .split('\n').length
  const shown = ({ stdout, stderr }: ProcessRun) => `${stdout}\n${stderr}`
  const orders = () =>
    existsSync(file('audit.log'))
      ? readFileSync(file('audit.log'), 'utf8').split(/action[=\s:"]+apply\b/).length - 1
      : 0
  const live = (env: Record<string, string> = {}, watch?: (kill: (signal: NodeJS.Signals) => void) => void) =>
    cucumber(['-p', 'live', 'code.feature'], scratch.path, env, watch)
  const lastRun = () =>
    (
      readdirSync(join(scratch.path, '.lockstep/live'))
        .filter((each) => each.endsWith('.ndjson'))
        .sort()
        .at(-1) ?? ''
    ).replace('.journal.ndjson', '')

  it('is in the plan by its whole digest, and is not applied by it', async () => {
    pack('2026.11.3', slow('first'))
    scratch.write('code.feature', feature('2026.11.3'))
    const plan = async () => {
      const made = await cucumber(['-p', 'plan', 'code.feature'], scratch.path)
      expect(made.exitCode, shown(made)).to.equal(0)
      const [, digest = ''] = /its code of mywebapp:\s+sha256:([0-9a-f]{64});/.exec(shown(made)) ?? []
      expect(digest, shown(made)).to.match(/./)
      return digest
    }
    const before = await plan()
    write('app/puppet/README', 'one more\n')
    expect(await plan()).not.to.equal(before)
    expect(existsSync(file('audit.log'))).to.equal(true)
    expect(orders()).to.equal(0)
  })

  it('is applied once, where the rollout and the daemon are killed with -9 meanwhile, and it is resumed', async () => {
    const killed = await live({}, (kill) => {
      void untilThere(file('first-began')).then(() => {
        kill('SIGKILL')
        daemon.running.child.kill('SIGKILL')
      })
    })
    expect(killed.exitCode, shown(killed)).to.equal(undefined)
    expect(orders()).to.equal(1)
    const run = lastRun()
    daemon = (await fleet?.addOurs(HOST, { cfg })) ?? daemon
    setTimeout(() => writeFileSync(file('first-go'), ''), 10_000)
    const again = await live({ LOCKSTEP_RESUME: run })
    expect(again.exitCode, shown(again)).to.equal(0)
    expect(times('first')).to.equal(1)
    // The second one is that in noop, which shows that nothing is left to change.
    expect(orders()).to.equal(2)
    const modules = await lockstep(['history', '--modules', '--host', HOST], scratch.path)
    expect(modules.exitCode, shown(modules)).to.equal(0)
    expect(modules.stdout).to.match(/test {2}mywebapp: stdlib 9\.4\.1 {2}web1\.example\.net {2}\(run /)
  })

  it('leaves what it has no longer, which the line tells until it is gone', async () => {
    const of = (...names: string[]) =>
      names.map((name) => `file { '${file(name)}': ensure => file }`).join(' ')
    const release = async (name: string, before?: string) => {
      const gone = `    And nothing that release ${before} managed and this one does not should remain\n`
      scratch.write('code.feature', feature(name, before === undefined ? '' : gone))
      return live()
    }
    pack('2026.11.4', of('kept', 'left'))
    const first = await release('2026.11.4')
    expect(first.exitCode, shown(first)).to.equal(0)
    pack('2026.11.5', of('kept'))
    const told = await release('2026.11.5', '2026.11.4')
    expect(told.exitCode, shown(told)).to.equal(1)
    expect(shown(told)).to.contain(`File[${file('left')}] is still there`)
    rmSync(file('left'))
    const passed = await release('2026.11.5', '2026.11.4')
    expect(passed.exitCode, shown(passed)).to.equal(0)
  })
})

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await wait(50)
}
