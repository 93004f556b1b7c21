import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { cucumber } from '../cucumber_process'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'

const LOCKSTEP = resolve(__dirname, '..', '..', 'bin', 'lockstep.cjs')
const WEB = ['web1', 'web2', 'web3'].map((name) => `${name}.example.net`)
const DB = ['db1', 'db2', 'db3'].map((name) => `${name}.example.net`)
const CLASS = 'roles::website'
const USER = 'nobody'
const [UID = 0, GID = 0] = ['-u', '-g'].map((of) =>
  Number(execFileSync('id', [of, USER], { encoding: 'utf8' })),
)

/** What `lockstep pipeline --json` says of one commit. */
interface Shown {
  commit: string
  build: { state: string } | null
  fetches: { environment: string; answered: { has: { count: number }; missing: { why: string }[] } | null }[]
}

describe('a commit that has passed its tests, on its way to six hosts with our daemon', function () {
  this.timeout(400_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet
  let website: GitRepository
  let gitDaemon: Running | undefined
  let serving: Running | undefined
  let gitPort = 0
  let port = 0
  const daemons = new Map<string, Running>()

  const folder = (host: string) => join(scratch.path, 'srv', host)
  const startDaemon = async (host: string) => {
    const cfg = `plugin.git.repositories = website
plugin.git.website.url = git://127.0.0.1:${gitPort}/website.git
plugin.git.website.folder = ${folder(host)}
plugin.git.website.user = ${USER}
plugin.git.website.pre = ${join(scratch.path, 'ran')}
plugin.git.website.post = ${join(scratch.path, 'post')}
`
    const classes = WEB.includes(host) ? CLASS : 'roles::db'
    daemons.set(host, (await fleet.addOurs(host, { classes, cfg })).running)
  }
  const startGit = () => {
    const args = ['--listen=127.0.0.1', `--port=${gitPort}`, `--base-path=${scratch.path}`, '--export-all']
    const log = join(scratch.path, 'git-daemon.log')
    gitDaemon = start('/usr/lib/git-core/git-daemon', [...args, '--reuseaddr'], log)
  }
  const serve = async () => {
    serving = start(
      process.execPath,
      [
        LOCKSTEP,
        'serve',
        '--config',
        join(scratch.path, 'lockstep.yaml'),
        '--state',
        join(scratch.path, 'state'),
      ],
      join(scratch.path, 'serve.log'),
    )
    const isUp = async () =>
      (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', serving, isUp, 60_000)
  }

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    ;[gitPort, port] = await Promise.all([freePort(), freePort()])
    website = new GitRepository(scratch.path)
    startGit()
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    scratch.write('ran', '#!/bin/sh\ntouch $FOLDER/ran\n', 0o755)
    scratch.write('post', `#!/bin/sh\n[ ! -e ${join(scratch.path, 'fails')} ]\n`, 0o755)
    const rows = [...WEB.map((host) => `${host},${CLASS}\n`), ...DB.map((host) => `${host},roles::db\n`)]
    scratch.write('hosts.csv', `host,role\n${rows.join('')}`)
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    inventory: [{ csv: hosts.csv }]
    timeouts: { default: 60 seconds }
pipeline:
  spool: spool
  listen: { port: ${port} }
  repositories:
    website:
      url: ${website.url}
      branches: [main]
      tags: [v*]
      trigger: [hook]
      ci: { command: [sh, test.sh] }
      hosts: { class: ${CLASS} }
      after_success: { test: fetch }
`,
    )
    for (const host of [...WEB, ...DB]) {
      mkdirSync(folder(host), { recursive: true })
      chownSync(folder(host), UID, GID)
      await startDaemon(host)
    }
    expect(lockstep('hook', '--install', website.url).status).to.equal(0)
    await serve()
  })
  after(async () => {
    await serving?.stop()
    await fleet?.stop()
    await broker?.stop()
    await gitDaemon?.stop()
    scratch.remove()
  })

  const lockstep = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      cwd: scratch.path,
      encoding: 'utf8',
      env: { ...process.env, LOCKSTEP_STATE: 'state' },
    })
    return { text: `${stdout}${stderr}`, stdout, status }
  }
  const commits = () =>
    (
      JSON.parse(lockstep('pipeline', '--json').stdout) as { repositories: { commits: Shown[] }[] }
    ).repositories.flatMap((each) => each.commits)
  const shown = (commit: string) => commits().find((each) => each.commit === commit)
  const answered = (commit: string) => shown(commit)?.fetches[0]?.answered ?? undefined
  const until = async (what: string, isSo: () => boolean) => {
    for (const end = Date.now() + 120_000; !isSo(); await new Promise((done) => setTimeout(done, 200)))
      if (Date.now() > end)
        throw new Error(
          `never: ${what}\n${lockstep('pipeline').text}\n${readFileSync(join(scratch.path, 'serve.log'), 'utf8')}`,
        )
  }
  const push = (tag: string, test: string) => {
    const commit = website.commit({ 'test.sh': test, 'index.html': tag })
    website.git('push', '--quiet', website.url, 'HEAD:refs/heads/main', `HEAD:refs/tags/${tag}`)
    return commit
  }
  /** Returns the hosts that have a commit at a tag, as their own files say. */
  const really = (tag: string, commit: string) =>
    [...WEB, ...DB].filter((host) => {
      const git = ['-c', 'safe.directory=*', `--git-dir=${join(folder(host), 'repository.git')}`]
      const at = spawnSync('git', [...git, 'rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`], {
        encoding: 'utf8',
      })
      return at.stdout.trim() === commit
    })
  const everywhere = (commit: string) => until('all three have it', () => answered(commit)?.has.count === 3)

  it('is fetched by exactly the three hosts of the class, and a failed one by none', async () => {
    const red = push('v1', 'exit 3')
    await until('red', () => shown(red)?.build?.state === 'failed')
    expect(DB.concat(WEB).some((host) => existsSync(join(folder(host), 'repository.git')))).to.equal(false)
    expect(shown(red)?.fetches).to.deep.equal([])
    const green = push('v2', 'exit 0')
    await everywhere(green)
    expect(really('v2', green)).to.deep.equal(WEB)
    expect(DB.some((host) => existsSync(join(folder(host), 'repository.git')))).to.equal(false)
    expect(lockstep('pipeline').text).to.match(/on 3 of 3 hosts of test/)
    expect(shown(red)?.fetches).to.deep.equal([])
  })

  it('is missing by name on a host that is off, and comes to it once that is back', async () => {
    await daemons.get('web3.example.net')?.stop()
    const green = push('v3', 'exit 0 # 3')
    await until('two have it', () => answered(green)?.has.count === 2)
    expect(lockstep('pipeline').text).to.match(
      /on 2 of 3 hosts of test.*; missing: web3\.example\.net: no answer/,
    )
    expect(really('v3', green)).to.deep.equal(WEB.slice(0, 2))
    await startDaemon('web3.example.net')
    await everywhere(green)
    expect(really('v3', green)).to.deep.equal(WEB)
  })

  it('goes on to hosts after kill -9 of lockstep serve', async () => {
    await daemons.get('web2.example.net')?.stop()
    const green = push('v4', 'exit 0 # 4')
    await until('it is begun', () => shown(green)?.fetches.length === 1)
    await serving?.stop('SIGKILL')
    await startDaemon('web2.example.net')
    await serve()
    await everywhere(green)
    expect(really('v4', green)).to.deep.equal(WEB)
  })

  it('is missing with the reason of each host while the git server is away, and comes later', async () => {
    await gitDaemon?.stop()
    const green = push('v5', 'exit 0 # 5')
    await until('all fail', () => answered(green)?.missing[0]?.why.includes('unable to connect') === true)
    expect(answered(green)?.has.count).to.equal(0)
    expect(lockstep('pipeline').text).to.match(/on 0 of 3 hosts of test.*unable to connect to 127\.0\.0\.1/)
    startGit()
    await everywhere(green)
    expect(really('v5', green)).to.deep.equal(WEB)
  })

  it('has run no script and deployed nothing', () => {
    const left = (name: string) => [...WEB, ...DB].filter((host) => existsSync(join(folder(host), name)))
    expect([left('ran'), left('current')]).to.deep.equal([[], []])
  })

  it('is fetched again by a host that has lost it, once lockstep serve asks again', async () => {
    const [commit = ''] = commits().flatMap((each) => (each.fetches.length > 0 ? [each.commit] : []))
    rmSync(join(folder('web1.example.net'), 'repository.git'), { recursive: true })
    expect(really('v5', commit)).to.deep.equal(WEB.slice(1))
    await serving?.stop('SIGKILL')
    await serve()
    await until('it is back', () => really('v5', commit).length === 3)
  })

  it('is shown with the rollouts that carried it, each with its own verdict', async () => {
    const deploy = (name: string) => {
      scratch.write(
        name,
        `Feature: Deploy v5
  Background:
    Given I want to update hosts with class ${CLASS}
    And there should be exactly 3 hosts
    And the repository website
    And the tag v5
    And the tag should have passed its tests
  Scenario: Deploy
    When I deploy the tag
    Then the deployed tag should be v5
`,
      )
      const env = { LOCKSTEP_ENVIRONMENT: 'test', LOCKSTEP_STATE: 'state' }
      return cucumber(['-p', 'live', name], scratch.path, env)
    }
    writeFileSync(join(scratch.path, 'fails'), '')
    const failed = await deploy('one.feature')
    expect(failed.exitCode, failed.stdout).to.equal(1)
    rmSync(join(scratch.path, 'fails'))
    const passed = await deploy('two.feature')
    expect(passed.exitCode, passed.stdout).to.equal(0)
    const { text } = lockstep('pipeline')
    expect(text).to.match(
      /tag v5 .*\n {6}on 3 of 3 .*\n {6}deployed as v5 in test by run \S+: FAILED\n {6}deployed as v5 in test by run \S+: PASSED\n/,
    )
    expect(text.match(/deployed as/g)).to.have.length(2)
  })

  it('is told as it happens, over a restart of lockstep serve, until the person ends it', async () => {
    const log = join(scratch.path, 'follow.log')
    const following = start(
      'sh',
      [
        '-c',
        `cd ${scratch.path} && exec ${process.execPath} ${LOCKSTEP} pipeline website --follow --state state`,
      ],
      log,
    )
    const said = () => readFileSync(log, 'utf8')
    // It has no line of its own at its start: pushes are made until it has told of one.
    let heard = 0
    await until('it follows', () => {
      push(`v6.${(heard += 1)}`, `exit 0 # 6 ${heard}`)
      for (const end = Date.now() + 5_000; Date.now() < end && said() === '';) lockstep('pipeline')
      return said() !== ''
    })
    await serving?.stop('SIGKILL')
    await serve()
    const green = push('v7', 'exit 0 # 7')
    await until('it tells the last', () =>
      said().includes(`website: v7 (${green.slice(0, 12)}) is on 3 of 3 hosts of test\n`),
    )
    expect(said()).to.contain(`website: the tests of ${green.slice(0, 12)} on`)
    expect(said()).to.contain(`website: the hosts of test are to fetch v7 (${green.slice(0, 12)})`)
    const ended = new Promise((resolve) => following.child.once('exit', (code) => resolve(code)))
    following.child.kill('SIGINT')
    expect(await ended).to.equal(0)
  })
})
