import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const WEB = ['web1.example.net', 'web2.example.net']
const DB = 'db1.example.net'
const NAME = 'published-by-a-suite'
/** The suite has keys, databases and settings of nobody else. */
const ENV = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' }

interface Shown {
  repository: string
  count: number
  refreshes: {
    isForLast: boolean
    answered: { has: { count: number }; missing: { why: string; hosts: { text: string } }[] } | null
  }[]
}

describe('what reprepro and aptly publish, on its way to the package lists of hosts with our daemon', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet
  let serving: Running | undefined
  let port: number
  const daemons = new Map<string, Running>()

  const at = (...names: string[]) => join(scratch.path, ...names)

  before(async () => {
    scratch = new Scratch()
    port = await freePort()
    publishers()
    broker = await startActivemq(scratch)
    fleet = new RealFleet(scratch, broker, 'psk')
    const rows = [...WEB.map((host) => `${host},roles::base\n`), `${DB},roles::db\n`]
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
  packages:
    apt: { hosts: { class: roles::base }, environments: [test], distributions: [stable] }
    aptly: { hosts: { class: roles::base }, environments: [test] }
`,
    )
    for (const host of [...WEB, DB]) await startDaemon(host)
    const installed = lockstep('hook', '--packages', 'apt')
    expect(installed.status, installed.text).to.equal(0)
    const program = at('apt/conf/lockstep-announce')
    expect(installed.text).to.contain(`endhook ${program}`)
    configureReprepro()
    writeFileSync(at('apt/conf/options'), `endhook ${program}\n`)
    expect(lockstep('hook', '--packages', 'aptly').text).to.contain('-- aptly publish update stable')
    await serve()
  })

  after(async () => {
    await serving?.stop()
    await fleet?.stop()
    await broker?.stop()
    scratch.remove()
  })

  const distribution = (more = '', codename = 'stable') =>
    `Codename: ${codename}\nComponents: main\nArchitectures: amd64 i386\n${more}`

  /** Configures two distributions; hosts have one of them. */
  function configureReprepro(more = '', moreOfTesting = ''): void {
    const logged = `Log: packages.log\n ${at('apt/conf/lockstep-announce')}\n`
    const all = [distribution(more), distribution(moreOfTesting, 'testing')].map((each) => `${each}${logged}`)
    writeFileSync(at('apt/conf/distributions'), all.join('\n'))
  }

  function publishers(): void {
    scratch.write('apt/conf/distributions', distribution())
    expect(reprepro('export').status).to.equal(0)
    mkdirSync(at('aptly'))
    scratch.write('aptly.conf', JSON.stringify({ rootDir: at('aptly') }))
    aptly('repo', 'create', 'own')
    aptly('repo', 'add', 'own', packageOf('first-of-aptly', '1.0'))
    aptly('publish', 'repo', '-skip-signing', '-distribution=stable', '-architectures=amd64,i386', 'own')
  }

  function reprepro(...args: string[]) {
    return spawnSync('reprepro', ['-b', at('apt'), ...args], { encoding: 'utf8', env: ENV })
  }

  function aptly(...args: string[]): void {
    execFileSync('aptly', [`-config=${at('aptly.conf')}`, ...args], { stdio: 'pipe', env: ENV })
  }

  function packageOf(name: string, version: string): string {
    const folder = `build/${name}-${version}`
    const control = `Package: ${name}\nVersion: ${version}\nSection: web\nPriority: optional\nArchitecture: all\nMaintainer: Web <web@example.net>\nDescription: a website\n`
    scratch.write(`${folder}/DEBIAN/control`, control, 0o644)
    const path = at('build', `${name}_${version}_all.deb`)
    execFileSync('dpkg-deb', ['--build', at(folder), path], { stdio: 'pipe' })
    return path
  }

  async function startDaemon(host: string): Promise<void> {
    for (const folder of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(at('hosts', host, folder), { recursive: true })
    const sources = [`file:${at('apt')}`, `file:${at('aptly/public')}`]
    const lines = sources.map((each) => `deb [trusted=yes] ${each} stable main\n`)
    const own = at('hosts', host)
    scratch.write(`hosts/${host}/sources.list`, lines.join(''), 0o644)
    const conf = {
      'Dir::Etc::parts': '/dev/null',
      'Dir::State': `${own}/state`,
      'Dir::State::status': '/var/lib/dpkg/status',
      'Dir::Cache': `${own}/cache`,
      'Dir::Etc::sourcelist': `${own}/sources.list`,
      'Dir::Etc::sourceparts': '/dev/null',
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
    }
    const text = Object.entries(conf).map(([key, value]) => `${key} "${value}";\n`)
    const { running } = await fleet.addOurs(host, {
      classes: host === DB ? 'roles::db' : 'roles::base',
      cfg: 'plugin.package.activate_agent = yes\nplugin.package.provider = apt\n',
      env: { APT_CONFIG: scratch.write(`hosts/${host}/apt.conf`, text.join('')) },
    })
    daemons.set(host, running)
  }

  async function serve(): Promise<void> {
    const args = ['serve', '--config', at('lockstep.yaml'), '--state', at('state')]
    const running = start(process.execPath, [LOCKSTEP, ...args], at('serve.log'))
    serving = running
    const isUp = async () =>
      (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', running, isUp, 120_000)
  }

  function lockstep(...args: string[]): { text: string; stdout: string; status: number | null } {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      cwd: scratch.path,
      encoding: 'utf8',
      env: { ...process.env, LOCKSTEP_STATE: 'state' },
    })
    return { text: `${stdout}${stderr}`, stdout, status }
  }

  const shown = (repository = 'apt') =>
    (JSON.parse(lockstep('pipeline', '--json').stdout) as { packages: Shown[] }).packages.find(
      (each) => each.repository === repository,
    )
  const answered = (repository?: string) => {
    const [refresh] = shown(repository)?.refreshes ?? []
    return refresh?.isForLast === true ? (refresh.answered ?? undefined) : undefined
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const end = Date.now() + 120_000; !isSo(); await new Promise((done) => setTimeout(done, 500)))
      if (Date.now() > end)
        throw new Error(
          `never: ${what}\n${lockstep('pipeline').text}\n${readFileSync(at('serve.log'), 'utf8')}`,
        )
  }
  const untilAll = (repository?: string) =>
    until('both have refreshed', () => {
      const answers = answered(repository)
      return answers?.has.count === 2 && answers.missing.length === 0
    })

  /** Returns the hosts that have a version in the lists on their disks. */
  const holders = (name: string, version: string) =>
    [...WEB, DB].filter((host) => {
      const lists = at('hosts', host, 'state/lists')
      return readdirSync(lists)
        .filter((file) => file.endsWith('_Packages'))
        .some((file) =>
          readFileSync(join(lists, file), 'utf8')
            .split('\n\n')
            .some((entry) => entry.includes(`Package: ${name}\n`) && entry.includes(`Version: ${version}\n`)),
        )
    })

  it('comes to the hosts of the class alone, which install nothing', async () => {
    // Hosts do not have this distribution, and would never have its version.
    expect(reprepro('includedeb', 'testing', packageOf(NAME, '0.9')).status).to.equal(0)
    expect(reprepro('includedeb', 'stable', packageOf(NAME, '1.0')).status).to.equal(0)
    await untilAll()
    expect(holders(NAME, '1.0')).to.deep.equal(WEB)
    expect(spawnSync('dpkg-query', ['-W', NAME]).status).to.equal(1)
    for (const host of WEB)
      expect(readdirSync(at('hosts', host, 'cache/archives'))).to.deep.equal(['partial'])
    expect(lockstep('pipeline').text).to.match(
      new RegExp(
        `^packages of apt: 1 announcement\n  lists refreshed on 2 of 2 hosts of test \\(.*\n  \\S+  ${NAME} 1\\.0 is announced\n$`,
      ),
    )
  })

  it('is not announced where reprepro could not publish it, until it could', async () => {
    configureReprepro('SignWith: 0123456789ABCDEF\n')
    const failed = reprepro('includedeb', 'stable', packageOf(NAME, '2.0'))
    expect(failed.status).to.not.equal(0)
    expect(failed.stderr).to.contain('changes of stable are announced once reprepro has exported it')
    expect(readdirSync(at('spool/packages/new'))).to.deep.equal([])
    configureReprepro()
    // It succeeds, and publishes nothing.
    expect(reprepro('list', 'stable').status).to.equal(0)
    expect(readdirSync(at('spool/packages/new'))).to.deep.equal([])
    expect(shown()?.count).to.equal(1)
    expect(reprepro('export').status).to.equal(0)
    await until('it is announced', () => shown()?.count === 2)
    await untilAll()
    expect(holders(NAME, '2.0')).to.deep.equal(WEB)
  })

  it('is announced where reprepro could publish it, though it fails with another distribution', async () => {
    const { count = 0 } = shown() ?? {}
    // One file for both: a second build of it has other times, and reprepro refuses what differs.
    const built = packageOf(NAME, '2.5')
    const keep = (codename: string) => reprepro('--export=silent-never', 'includedeb', codename, built)
    expect([keep('stable').status, keep('testing').status]).to.deep.equal([0, 0])
    configureReprepro('', 'SignWith: 0123456789ABCDEF\n')
    const exported = reprepro('export')
    expect(exported.status).to.not.equal(0)
    expect(exported.stderr).to.contain('changes of testing are announced once')
    expect(exported.stderr).to.not.contain('changes of stable are')
    configureReprepro()
    await until('it is announced', () => shown()?.count === count + 1)
    await untilAll()
    expect(holders(NAME, '2.5')).to.deep.equal(WEB)
    expect(reprepro('export').status).to.equal(0)
  })

  it('is missing by name on a host that is off, and comes to it once that is back', async () => {
    await daemons.get('web2.example.net')?.stop()
    expect(reprepro('includedeb', 'stable', packageOf(NAME, '3.0')).status).to.equal(0)
    await until('one has it', () => answered()?.has.count === 1)
    expect(lockstep('pipeline').text).to.match(
      /lists refreshed on 1 of 2 hosts of test; missing: web2\.example\.net: no answer/,
    )
    expect(holders(NAME, '3.0')).to.deep.equal(WEB.slice(0, 1))
    await startDaemon('web2.example.net')
    await untilAll()
    expect(holders(NAME, '3.0')).to.deep.equal(WEB)
  })

  it('waits for lockstep serve while that is away, also by kill -9', async () => {
    const { count = 0 } = shown() ?? {}
    await serving?.stop('SIGKILL')
    for (const version of ['4.0', '5.0'])
      expect(reprepro('includedeb', 'stable', packageOf(NAME, version)).status).to.equal(0)
    expect(readdirSync(at('spool/packages/new'))).to.have.length(2)
    await serve()
    await until('both are taken', () => shown()?.count === count + 2)
    await untilAll()
    expect(holders(NAME, '5.0')).to.deep.equal(WEB)
    expect(existsSync(at('hosts', DB, 'state/lists/lock'))).to.equal(false)
  })

  it('comes from aptly by the program that runs it, and not where that fails', async () => {
    const program = at('aptly/lockstep-announce')
    const publish = (...args: string[]) =>
      spawnSync(program, ['--', 'aptly', `-config=${at('aptly.conf')}`, 'publish', 'update', ...args], {
        encoding: 'utf8',
        env: ENV,
      })
    expect(publish('-skip-signing', 'no-such-distribution').status).to.not.equal(0)
    expect(readdirSync(at('spool/packages/new'))).to.deep.equal([])
    expect(shown('aptly')).to.equal(undefined)
    aptly('repo', 'add', 'own', packageOf(NAME, '6.0'))
    const published = publish('-skip-signing', 'stable')
    expect(published.status, published.stderr).to.equal(0)
    // Web servers read it as another user.
    const release = at('aptly/public/dists/stable/Release')
    expect((statSync(release).mode & 0o777).toString(8)).to.equal((0o666 & ~process.umask()).toString(8))
    await untilAll('aptly')
    expect(holders(NAME, '6.0')).to.deep.equal(WEB)
    expect(lockstep('pipeline', 'aptly').text).to.match(
      /^packages of aptly: 1 announcement\n.*\n.* a change is announced\n$/,
    )
  })

  it('has not come to a host that passes over the source, though its apt calls that a success', async () => {
    const path = at('hosts/web1.example.net/sources.list')
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, before.replace(`${at('apt')} stable main`, `${at('apt')} stable contrib`))
    expect(reprepro('includedeb', 'stable', packageOf(NAME, '7.0')).status).to.equal(0)
    await until('one has it', () => answered()?.has.count === 1)
    expect(answered()?.missing[0])
      .to.have.property('why')
      .that.contains('Skipping acquire of configured file')
    writeFileSync(path, before)
    await untilAll()
    expect(holders(NAME, '7.0')).to.deep.equal(WEB)
  })
})
