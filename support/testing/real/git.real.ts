import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cucumber, type ProcessRun } from '../cucumber_process'
import { GitServer } from '../git_server'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { freePort, start, type Running } from './processes'

const HOSTS = Array.from({ length: 6 }, (_, index) => `web${index + 1}.example.net`)

const feature = (tag: string, steps: string) => `Feature: Deploy ${tag}
  Background:
    Given I want to update hosts with class roles::dev_server
    And there should be exactly 6 hosts
    And the repository website
    And the tag ${tag}
${steps}`
const FETCH = (tag: string) =>
  feature(
    tag,
    '  Scenario: Fetch\n    When I fetch the repository\n    Then every host should have the tag\n',
  )
const DEPLOY = (tag: string) =>
  feature(
    tag,
    `  Scenario Outline: Deploy on <wave>
    Given I take <wave>
    Then every host should have the tag
    When I deploy the tag
    Then the deployed tag should be ${tag}
    And the working tree should be unchanged
    Examples:
      | wave     |
      | 2 hosts  |
      | the rest |
`,
  )

/** The user of the website’s files, who is neither root nor the one who runs the daemons. */
const USER = 'nobody'
const [UID = 0, GID = 0] = ['-u', '-g'].map((of) =>
  Number(execFileSync('id', [of, USER], { encoding: 'utf8' })),
)

describe('tags of a real git server on six hosts with our daemon', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet
  let server: GitServer
  let gitDaemon: Running | undefined
  const daemons = new Map<string, Running>()
  const commits = new Map<string, string>()

  const folder = (host: string) => join(scratch.path, 'srv', host)
  const cfg = (host: string, port: number) => `plugin.git.repositories = website
plugin.git.website.url = git://127.0.0.1:${port}/server
plugin.git.website.folder = ${folder(host)}
plugin.git.website.user = ${USER}
plugin.git.website.pre = scripts/pre
plugin.git.website.post = ${join(scratch.path, 'srv', `${host}.post`)}
`
  const flag = (host: string, name: string) => join(scratch.path, 'srv', `${host}.${name}`)
  const served = (host: string) => readlinkSync(join(folder(host), 'current')).replace('releases/', '')
  const ran = (host: string) =>
    existsSync(join(folder(host), 'log'))
      ? readFileSync(join(folder(host), 'log'), 'utf8')
          .trim()
          .split('\n')
      : []
  let port = 0
  let configOf: (host: string) => string

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    server = new GitServer(scratch)
    const pre = '#!/bin/sh\necho "pre $TAG $(id -un) ${RELEASE##*/}" >> $FOLDER/log\n'
    commits.set('v1', server.release('v1', { 'index.html': 'one\n', 'scripts/pre': pre }))
    commits.set('v2', server.release('v2', { 'index.html': 'two\n' }))
    commits.set('v3', server.release('v3', { 'index.html': 'three\n' }))
    port = await freePort()
    gitDaemon = start(
      '/usr/lib/git-core/git-daemon',
      ['--listen=127.0.0.1', `--port=${port}`, `--base-path=${scratch.path}`, '--export-all', '--reuseaddr'],
      join(scratch.path, 'git-daemon.log'),
    )
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    configOf = (host) => cfg(host, port)
    for (const host of HOSTS) {
      mkdirSync(folder(host), { recursive: true })
      chownSync(folder(host), UID, GID)
      scratch.write(
        `srv/${host}.post`,
        `#!/bin/sh
[ -e ${flag(host, 'fails')} ] && { echo "the site does not answer"; exit 7; }
while [ -e ${flag(host, 'waits')} ]; do touch ${join(folder(host), 'waiting')}; sleep 0.1; done
echo "post $TAG $(id -un)" >> $FOLDER/log
`,
        0o755,
      )
      daemons.set(host, (await fleet.addOurs(host, { cfg: configOf(host) })).running)
    }
    scratch.write(
      'lockstep.yaml',
      `environments:\n  test:\n    client_config: ${fleet.clientCfg}\n    timeouts: { default: 60 seconds }\n`,
    )
  })

  after(async () => {
    await fleet?.stop()
    await broker?.stop()
    await gitDaemon?.stop()
    scratch.remove()
  })

  const roll = (name: string, text: string, args: readonly string[] = []): Promise<ProcessRun> => {
    scratch.write(name, text)
    return cucumber(['-p', 'live', ...args, name], scratch.path, { LOCKSTEP_ENVIRONMENT: 'test' })
  }

  it('are fetched everywhere, and deployed in waves from local copies once the server is gone', async () => {
    const fetched = await roll('fetch.feature', FETCH('v1'))
    expect(fetched.exitCode, fetched.stdout).to.equal(0)
    await gitDaemon?.stop()
    for (const tag of ['v1', 'v2']) {
      const run = await roll(`${tag}.feature`, DEPLOY(tag))
      expect(run.exitCode, run.stdout).to.equal(0)
      expect([...new Set(HOSTS.map(served))]).to.deep.equal([commits.get(tag)])
    }
    expect(ran('web1.example.net')).to.deep.equal([
      `pre v1 ${USER} ${commits.get('v1')}`,
      `post v1 ${USER}`,
      `pre v2 ${USER} ${commits.get('v2')}`,
      `post v2 ${USER}`,
    ])
    expect(statSync(join(folder('web1.example.net'), 'current/index.html')).uid).to.equal(UID)
    const refused = await roll('fetch.feature', FETCH('v2'))
    expect(refused.exitCode).to.equal(1)
    expect(refused.stdout).to.contain('unable to connect to 127.0.0.1')
  })

  it('are planned from one commit to another, and nothing is run where they are served already', async () => {
    const before = HOSTS.map(ran)
    scratch.write('v3.feature', DEPLOY('v3'))
    const plan = await cucumber(['-p', 'plan', 'v3.feature'], scratch.path, { LOCKSTEP_ENVIRONMENT: 'test' })
    const [from, to] = ['v2', 'v3'].map((tag) => `${tag} (${commits.get(tag)?.slice(0, 12)})`)
    expect(plan.stdout.replace(/\s+/g, ' ')).to.contain(`would go from ${from} to ${to}`)
    const again = await roll('v2.feature', DEPLOY('v2'))
    expect(again.exitCode, again.stdout).to.equal(0)
    expect(HOSTS.map(ran)).to.deep.equal(before)
  })

  it('stop at a host whose post script fails, and say which commit it serves now', async () => {
    writeFileSync(flag('web2.example.net', 'fails'), '')
    const run = await roll('v3.feature', DEPLOY('v3'))
    const said = run.stdout.replace(/\s+/g, ' ')
    expect(run.exitCode, run.stdout).to.equal(1)
    expect(said).to.contain('Diverged: web2.example.net')
    expect(said).to.contain(`the commit served is ${commits.get('v3')}, and was ${commits.get('v2')}`)
    expect(HOSTS.slice(2).map(served)).to.deep.equal(Array(4).fill(commits.get('v2')))
    rmSync(flag('web2.example.net', 'fails'))
    const next = await roll('v3.feature', DEPLOY('v3'))
    expect(next.exitCode, next.stdout).to.equal(0)
    expect(ran('web2.example.net').filter((line) => line.startsWith('post v3'))).to.have.length(1)
  })

  it('are known not to be whole after kill -9 between the switch and the end of the post script', async () => {
    const host = 'web1.example.net'
    writeFileSync(flag(host, 'waits'), '')
    const running = roll('v2.feature', DEPLOY('v2'))
    while (!existsSync(join(folder(host), 'waiting'))) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(served(host)).to.equal(commits.get('v2'))
    await daemons.get(host)?.stop('SIGKILL')
    daemons.set(host, (await fleet.addOurs(host, { cfg: configOf(host) })).running)
    rmSync(flag(host, 'waits'))
    const cut = await running
    expect(cut.exitCode, cut.stdout).to.equal(1)
    const look = feature('v2', '  Scenario: Look\n    Then the deployed tag should be v2\n')
    const looked = await roll('look.feature', look)
    expect(looked.exitCode).to.equal(1)
    expect(looked.stdout.replace(/\s+/g, ' ')).to.contain('its post script is not known to have succeeded')
    const again = await roll('v2.feature', DEPLOY('v2'))
    expect(again.exitCode, again.stdout).to.equal(0)
  })

  it('do not pass for deployed where a file was changed by hand, or the link', async () => {
    const [edited = '', linked = ''] = HOSTS
    const look = feature('v2', '  Scenario: Look\n    Then the deployed tag should be v2\n')
    writeFileSync(join(folder(edited), 'current/index.html'), 'TWO\n')
    execFileSync('ln', ['-sfn', `releases/${commits.get('v1')}`, join(folder(linked), 'current')])
    const run = await roll('look.feature', look)
    const said = run.stdout.replace(/\s+/g, ' ')
    expect(run.exitCode).to.equal(1)
    expect(said).to.contain('its files were changed: M index.html')
    expect(said).to.contain('by something else than a deploy')
    expect(said).to.contain(`Diverged: web[1-2].example.net`)
  })
})
