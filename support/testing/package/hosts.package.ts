import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { formatSums, formatSumsFile } from '../../packaging/check_sums'
import { folderOf, HOST_PACKAGES } from '../../packaging/host_packages'
import { epochOf, makePackages } from '../../packaging/make_packages'
import { startActivemq, type RealBroker } from '../real/brokers'
import { PASSWORD, PSK, USER } from '../real/settings'
import { Scratch } from '../scratch'
import { bootDebian, makeDebian, unpackDebian, type DebianMachine } from './debian_machine'
import { ROOT, tarball } from './packed'
import { filesIn, lostEntries, missingIn } from './unpacked'

/** Quick in place of small: these packages go nowhere. */
const LEVEL = 1
const CONFIG = '/etc/mcollective/server.cfg'

describe('the packages for hosts', () => {
  let scratch: Scratch
  let archive: string
  let paths: readonly string[]
  const pathOf = (name: RegExp) => paths.find((path) => name.test(basename(path))) ?? ''
  const agentRpm = () => pathOf(/^lockstep-agent.*\.rpm$/)

  before(async function () {
    this.timeout(900_000)
    scratch = new Scratch()
    const debian = makeDebian(scratch)
    // The tarball is made of dist, and so are these.
    tarball()
    paths = makePackages(ROOT, {
      node: process.execPath,
      into: join(scratch.path, 'out'),
      level: LEVEL,
    }).paths
    archive = await debian
  })
  after(() => scratch.remove())

  it('are four, two of each kind', () => {
    expect(paths.map((path) => basename(path).replace(/\d+\.\d+\.\d+/, 'V')).sort()).to.deep.equal(
      [
        `lockstep-agent_V_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`,
        `lockstep-agent-V-1.${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.rpm`,
        `lockstep_V_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`,
        `lockstep-V-1.${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.rpm`,
      ].sort(),
    )
  })

  it('are the same bytes when they are made again, of a clone in another folder', function () {
    this.timeout(300_000)
    const clone = join(scratch.path, 'another', 'clone')
    mkdirSync(clone, { recursive: true })
    const parts = ['dist', 'node_modules', 'package.json', 'package-lock.json', 'LICENSE', 'CHANGELOG.md']
    execFileSync('cp', ['--archive', '--link', ...parts.map((part) => join(ROOT, part)), clone])
    // Whoever makes them has a umask and an age of files of their own.
    for (const file of ['LICENSE', 'dist/lockstep.1']) {
      execFileSync('cp', ['--remove-destination', join(ROOT, file), join(clone, file)])
      execFileSync('chmod', ['600', join(clone, file)])
    }
    process.env['SOURCE_DATE_EPOCH'] = String(epochOf(ROOT))
    try {
      const again = makePackages(clone, {
        node: process.execPath,
        into: join(scratch.path, 'again'),
        level: LEVEL,
      })
      expect(formatSums(again.paths)).to.equal(formatSums(paths))
    } finally {
      delete process.env['SOURCE_DATE_EPOCH']
      rmSync(join(scratch.path, 'again'), { recursive: true, force: true })
    }
  })

  for (const { name } of HOST_PACKAGES)
    describe(`what ${name} has in it`, () => {
      let folder: string
      const original = (file: string) =>
        join(ROOT, file.replace(/^node_modules\/lockstep\//, '').replace(/^bin\/.*/, 'none'))

      before(function () {
        this.timeout(120_000)
        const into = join(scratch.path, `${name}-unpacked`)
        execFileSync('dpkg-deb', ['--extract', pathOf(new RegExp(`^${name}_.*\\.deb$`)), into])
        folder = join(into, folderOf({ name }))
      })
      after(() => rmSync(join(scratch.path, `${name}-unpacked`), { recursive: true, force: true }))

      it('is all that its code names, also within a function', () => {
        const lost = [...missingIn(folder, original), ...lostEntries(folder, original)]
        expect(lost.filter((each) => !isLeftOut(name, each))).to.deep.equal([])
      }).timeout(120_000)

      it('is all that its code loads, file by file, with its own Node', () => {
        const done = spawnSync(
          join(folder, 'bin', 'node'),
          ['-e', LOADING, join(folder, 'node_modules/lockstep')],
          {
            encoding: 'utf8',
            cwd: scratch.path,
            env: {},
          },
        )
        const { loaded, lost } = JSON.parse(done.stdout || '{}') as { loaded?: number; lost?: string[] }
        expect(lost, done.stderr).to.deep.equal([])
        expect(loaded).to.be.above(100)
      }).timeout(120_000)

      it('is missed when it is taken away', () => {
        const own = join(folder, 'node_modules/lockstep/dist/support/rpc/server/host.js')
        const there = readFileSync(own)
        rmSync(own)
        expect(missingIn(folder, original).map(({ name: wanted }) => wanted)).to.include('../rpc/server/host')
        writeFileSync(own, there)
      }).timeout(120_000)

      it('is nothing of this machine, no test, and no tool of developers', () => {
        const files = filesIn(folder)
        const own = files.filter((file) => file !== join('bin', 'node'))
        expect(own.filter((file) => readFileSync(join(folder, file)).includes(ROOT))).to.deep.equal([])
        expect(
          files.filter((file) =>
            /[._](?:test|spec)\.js$|\/tests?\/|lockstep\/dist\/support\/(?:testing|packaging)\/|node_modules\/(?:mocha|typescript|ts-node|fast-check|@swc|oxlint|knip)\//.test(
              file,
            ),
          ),
        ).to.deep.equal([])
      }).timeout(60_000)
    })

  describe('on a Debian 12 without Node', () => {
    let machine: DebianMachine
    let broker: RealBroker

    before(async function () {
      this.timeout(600_000)
      broker = await startActivemq(scratch)
      const root = unpackDebian(scratch, archive, 'web1')
      for (const path of paths.filter((each) => each.endsWith('.deb')))
        execFileSync('cp', [path, join(root, 'root')])
      buildWebsite(root)
      machine = await bootDebian(scratch, root)
    })
    after(async function () {
      this.timeout(120_000)
      await machine?.stop()
      await broker?.stop()
    })

    const there = (path: string) => join(machine.root, path)
    const settings = (identity: string) => `main_collective = mcollective
collectives = mcollective
direct_addressing = 1
identity = ${identity}
connector = activemq
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = 127.0.0.1
plugin.activemq.pool.1.port = ${broker.port}
plugin.activemq.pool.1.user = ${USER}
plugin.activemq.pool.1.password = ${PASSWORD}
securityprovider = psk
plugin.psk = ${PSK}
factsource = yaml
plugin.yaml = /etc/mcollective/facts.yaml
classesfile = /etc/mcollective/classes.txt
`
    /** Asks until the agent answers: systemd says that it has started before it has reached its broker. */
    const answers = async () => {
      for (let tries = 0; tries < 30; tries++) {
        const { status, output } = await machine.run('cd /root/deploys && lockstep ping')
        if (status === 0) return output
      }
      throw new Error(await machine.do('journalctl -u lockstep-agent --no-pager | tail -n 40'))
    }

    it('are there without any Node but their own', async () => {
      expect((await machine.run('command -v node nodejs npm')).output).to.equal('')
      expect(await machine.do('. /etc/os-release && echo $ID $VERSION_ID')).to.equal('debian 12')
    })

    it('are installed by dpkg; the agent waits for its configuration', async () => {
      const output = await machine.do('dpkg --install lockstep-agent_*.deb lockstep_*.deb')
      expect(output).to.contain(`write the broker and the secret into ${CONFIG}`)
      expect(statSync(there(CONFIG)).mode & 0o777).to.equal(0o600)
      expect((await machine.run('systemctl is-active lockstep-agent')).output).to.equal('inactive')
      const { status, output: complaint } = await machine.run('lockstep-agent')
      expect(status, complaint).to.equal(2)
      expect(complaint).to.contain(CONFIG).and.not.to.contain('at ')
      expect(await machine.do('dpkg --audit')).to.equal('')
    })

    it('have the agent answer once it is configured and started', async () => {
      writeFileSync(there(CONFIG), settings('web1.example.net'))
      writeFileSync(there('/etc/mcollective/client.cfg'), settings('control.example.net'))
      writeFileSync(there('/etc/mcollective/facts.yaml'), 'country: de\n')
      writeFileSync(there('/etc/mcollective/classes.txt'), 'roles::dev_server\n')
      await machine.do('apt-get -q update && apt-get -q -y install mywebapp=4.2.6-2.el5')
      await machine.do('systemctl enable --now lockstep-agent')
      await machine.do('mkdir deploys')
      mkdirSync(there('/root/deploys/features'), { recursive: true })
      expect(await answers()).to.contain('web1.example.net')
      expect(await machine.do('systemctl show --property=Type,SubState lockstep-agent')).to.contain(
        'SubState=running',
      )
    })

    it('carry out a rollout, from the command to the package and the service of the host', async () => {
      const output = await machine.do('cd deploys && lockstep init')
      expect(output)
        .to.contain('/usr/lib/lockstep/bin/cucumber-js')
        .and.not.to.contain('no dependencies of this folder')
      writeFileSync(there('/root/deploys/features/release.feature'), RELEASE)
      const calls = [
        'rehearse features/deployments/website.feature',
        ...['lint', 'plan', 'run'].map((command) => `${command} features/release.feature`),
      ]
      for (const call of calls) {
        const { status, output: said } = await machine.run(`cd deploys && lockstep ${call}`)
        expect(status, `${call}: ${said}`).to.equal(0)
      }
      expect(await machine.do("dpkg-query --show --showformat '${Version}' mywebapp")).to.equal('4.2.6-3.el5')
      expect(await machine.do('systemctl is-active mywebapp')).to.equal('active')
    })

    it('tell how the command is called where there is no other Node', async () => {
      const { output } = await machine.run('cd deploys && lockstep run features/none.feature')
      expect(output).not.to.match(/\bnode |npx/)
      expect(
        await machine.do(
          'gzip --test /usr/share/man/man1/lockstep.1.gz && bash -c ". /usr/share/bash-completion/completions/lockstep && complete -p lockstep"',
        ),
      ).to.contain('lockstep')
    })

    it('keep server.cfg in an upgrade, and put the new agent in the place of the old one', async () => {
      const before = readFileSync(there(CONFIG))
      const pid = await machine.do('systemctl show --property=MainPID --value lockstep-agent')
      await machine.do(
        'dpkg-deb -R lockstep-agent_*_*.deb next && sed -i "s/^Version: .*/Version: 99.0.0/" next/DEBIAN/control && dpkg-deb -Znone --build next lockstep-agent_99.deb && rm -r next && dpkg --install lockstep-agent_99.deb',
      )
      expect(readFileSync(there(CONFIG)).equals(before)).to.equal(true)
      expect(await machine.do('systemctl show --property=MainPID --value lockstep-agent')).not.to.equal(pid)
      expect(await answers()).to.contain('web1.example.net')
    })

    it('have the agent replace itself in a rollout, and the new one answer', async () => {
      const pid = await machine.do('systemctl show --property=MainPID --value lockstep-agent')
      await machine.do(
        'dpkg-deb -R lockstep-agent_99.deb next && sed -i "s/^Version: .*/Version: 99.0.1/" next/DEBIAN/control && dpkg-deb -Znone --build next /srv/repo/lockstep-agent_99.0.1.deb && rm -r next',
      )
      const path = there('/srv/repo/lockstep-agent_99.0.1.deb')
      addToRepository(there('/srv/repo'), path)
      await machine.do('apt-get -q update')
      writeFileSync(there('/root/deploys/features/agents.feature'), AGENTS)
      const { status, output } = await machine.run('cd deploys && lockstep run features/agents.feature')
      expect(
        status,
        `${output}\n${await machine.do('journalctl -u lockstep-agent --no-pager | tail -n 20')}`,
      ).to.equal(0)
      expect(await machine.do('systemctl show --property=MainPID --value lockstep-agent')).not.to.equal(pid)
      expect(await machine.do('journalctl -u lockstep-agent --no-pager')).to.contain('it is answered now')
    })

    it('stop with their removal, and are gone with all of theirs after a purge', async () => {
      await machine.do(
        'mkdir -p /var/lib/lockstep/pipeline && echo journal >/var/lib/lockstep/pipeline/journal',
      )
      expect(readdirSync(there('/var/lib/lockstep'))).to.include('web1.example.net')
      await machine.do('dpkg --remove lockstep-agent')
      expect((await machine.run('systemctl is-active lockstep-agent')).output).to.equal('inactive')
      expect((await machine.run('readlink /proc/[0-9]*/exe | grep lockstep-agent')).output).to.equal('')
      expect(existsSync(there(CONFIG))).to.equal(true)
      // One that ran when it was removed runs when it comes back.
      await machine.do('dpkg --install lockstep-agent_99.deb')
      expect(await answers()).to.contain('web1.example.net')
      await machine.do('dpkg --purge lockstep-agent')
      expect(
        await machine.do("find /etc /var/lib -name '*lockstep-agent*' -not -path '/var/lib/dpkg/*'"),
      ).to.equal('')
      expect(existsSync(there(CONFIG))).to.equal(false)
      expect(existsSync(there('/usr/lib/lockstep-agent'))).to.equal(false)
      expect((await machine.run('systemctl cat lockstep-agent')).status).not.to.equal(0)
      // What stands beside it is of others.
      expect(readdirSync(there('/var/lib/lockstep'))).to.deep.equal(['pipeline'])
      expect(existsSync(there('/etc/mcollective/client.cfg'))).to.equal(true)
    })

    it('are finished after a kill in the middle, without a daemon that has no broker', async () => {
      const script = '/var/lib/dpkg/info/lockstep-agent.postinst'
      await machine.do(`dpkg --unpack lockstep-agent_99.deb && cp ${script} whole`)
      // Before the file is in its place, and before anything is started.
      for (const place of ['  mv -n', 'unit=']) {
        await machine.do(`sed 's|^${place}|kill -9 $$; ${place}|' whole >${script}`)
        expect((await machine.run('dpkg --configure --pending')).output, place).to.contain('Killed')
      }
      await machine.do(`cp whole ${script}`)
      expect(await machine.do('dpkg --configure --pending')).to.contain('write the broker and the secret')
      expect((await machine.run('systemctl is-enabled lockstep-agent')).output).to.equal('disabled')
      expect(statSync(there(CONFIG)).mode & 0o777).to.equal(0o600)
      await machine.do('dpkg --purge lockstep-agent')
      expect(existsSync(there(CONFIG))).to.equal(false)
    })

    it('start nothing beside a daemon of Ruby that runs, enabled or not', async () => {
      writeFileSync(there(CONFIG), settings('web1.example.net'))
      writeFileSync(
        there('/etc/systemd/system/mcollective.service'),
        '[Service]\nExecStart=/bin/sleep infinity\n',
      )
      await machine.do('systemctl daemon-reload && systemctl start mcollective')
      // An image without documents has what the package needs, too.
      const output = await machine.do(
        "dpkg --path-exclude='/usr/share/doc/*' --install lockstep-agent_99.deb",
      )
      expect(output).to.contain('so this one is not started')
      expect((await machine.run('systemctl is-active lockstep-agent')).output).to.equal('inactive')
      await machine.do(
        'systemctl stop mcollective && rm /etc/systemd/system/mcollective.service && systemctl daemon-reload',
      )
      await machine.do('dpkg --purge lockstep-agent && rm /etc/mcollective/server.cfg')
      await machine.do("dpkg --path-exclude='/usr/share/doc/*' --install lockstep-agent_99.deb")
      expect(existsSync(there(CONFIG))).to.equal(true)
      await machine.do('dpkg --purge lockstep-agent')
    })

    it('start at once where server.cfg was there before, and leave that one at a purge', async () => {
      writeFileSync(there(CONFIG), settings('web1.example.net'))
      await machine.do('dpkg --install lockstep-agent_99.deb')
      expect(await machine.do('systemctl is-enabled lockstep-agent')).to.equal('enabled')
      expect(await answers()).to.contain('web1.example.net')
      expect(await machine.do('dpkg --purge lockstep-agent')).to.contain(
        'was there before the package, and stays',
      )
      expect(existsSync(there(CONFIG))).to.equal(true)
    })
  })

  describe('of the other kind', () => {
    it('have the same programs, and need what their Node needs', () => {
      const files = rpm('-qlp', agentRpm())
      expect(files)
        .to.contain('/usr/sbin/lockstep-agent\n')
        .and.to.contain('/usr/lib/lockstep-agent/bin/node\n')
      expect(files).to.contain('/usr/lib/systemd/system/lockstep-agent.service\n')
      expect(files).not.to.contain('/etc/')
      expect(rpm('-qp', '--requires', agentRpm())).to.match(/^libc\.so\.6\(GLIBC_2\.\d+\)\(64bit\)$/m)
      const ofCommand = rpm('-qlp', pathOf(/^lockstep-\d.*\.rpm$/))
      expect(ofCommand)
        .to.contain('/usr/bin/lockstep\n')
        .and.to.contain('/usr/share/man/man1/lockstep.1.gz\n')
    })

    it('are installed, upgraded and erased with a database of their own, and server.cfg stays', function () {
      this.timeout(300_000)
      const root = unpackDebian(scratch, archive, 'red')
      // The files of this root come from Debian, which no database of rpm knows of.
      const at = ['--root', root, '--nodeps']
      expect(rpm(...at, '--install', agentRpm())).to.contain(`write the broker and the secret into ${CONFIG}`)
      writeFileSync(join(root, CONFIG), '# ours\n')
      expect(rpm('--root', root, '-q', 'lockstep-agent')).to.match(/^lockstep-agent-\d/)
      expect(rpm('--root', root, '--verify', '--nodeps', 'lockstep-agent')).to.equal('')
      const asked = execFileSync('chroot', [root, '/usr/lib/lockstep-agent/bin/node', '--version'], {
        encoding: 'utf8',
      })
      expect(asked.trim()).to.equal(process.version)
      rpm(...at, '--upgrade', '--replacepkgs', agentRpm())
      expect(readFileSync(join(root, CONFIG), 'utf8')).to.equal('# ours\n')
      rpm(...at, '--erase', 'lockstep-agent')
      expect(existsSync(join(root, 'usr/lib/lockstep-agent'))).to.equal(false)
      expect(readFileSync(join(root, CONFIG), 'utf8')).to.equal('# ours\n')
    })
  })

  it('have digests that sha256sum finds right, and wrong after one byte', () => {
    const folder = join(scratch.path, 'checked')
    mkdirSync(folder)
    for (const path of paths) copyFileSync(path, join(folder, basename(path)))
    writeFileSync(join(folder, 'SHA256SUMS'), formatSumsFile(paths))
    const check = () =>
      spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })
    expect(check().status).to.equal(0)
    expect(check().stdout.match(/: OK$/gm)).to.have.length(4)
    appendFileSync(join(folder, basename(agentRpm())), 'x')
    expect(check().status).to.equal(1)
    expect(check().stdout).to.contain(`${basename(agentRpm())}: FAILED`)
  }).timeout(60_000)
})

/** Returns whether a package leaves out on purpose what a file names: other commands, and what runs sources alone. */
function isLeftOut(name: string, { file, name: wanted }: { file: string; name: string }): boolean {
  if (file === 'node_modules/lockstep/package.json') return name === 'lockstep-agent'
  if (!file.startsWith('node_modules/lockstep/dist/')) return false
  return wanted === 'ts-node' || (name === 'lockstep-agent' && file.includes('/dist/support/bin/commands/'))
}

/** Loads each compiled file, but those that act when they are loaded, and each package that they name. */
const LOADING = `
const { readdirSync, readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')
const folder = process.argv[1]
const lost = []
let loaded = 0
const note = (file, error) => {
  if (/MODULE_NOT_FOUND|PACKAGE_PATH_NOT_EXPORTED/.test(error?.code)) lost.push(file + ': ' + error.message.split('\\n')[0])
}
const files = readdirSync(join(folder, 'dist'), { recursive: true })
  .map((name) => join(folder, 'dist', name))
  .filter((file) => file.endsWith('.js') && !/console\\.js$|check_yaml|check_features|run_again|become_cucumber/.test(file))
void (async () => {
  for (const file of files) {
    try { require(file); loaded += 1 } catch (error) { note(file, error) }
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/\\bimport\\('([^'.][^']*)'\\)/g)) {
      try { await import(createRequire(file).resolve(name)) } catch (error) { note(file, error) }
    }
  }
  require('node:fs').writeSync(1, JSON.stringify({ loaded, lost }))
  process.exit(0)
})()
`

function rpm(...args: string[]): string {
  return execFileSync('rpm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

const RELEASE = `Feature: Release
  Scenario: The website
    Given I want to update hosts with class roles::dev_server
    When I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    When I restart the service mywebapp
    Then the service mywebapp should be running
`

const AGENTS = `Feature: Agents
  Scenario: The agent
    Given I want to update hosts with class roles::dev_server
    When I update the package lockstep-agent
    Then the package version for lockstep-agent should be 99.0.1
`

function addToRepository(repository: string, path: string): void {
  const control = execFileSync('dpkg-deb', ['--field', path], { encoding: 'utf8' })
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
  appendFileSync(
    join(repository, 'Packages'),
    `\n${control}Filename: ./${basename(path)}\nSize: ${statSync(path).size}\nSHA256: ${digest}\n`,
  )
}

/** Writes a repository of a package with a unit of systemd, in two versions, below a root. */
function buildWebsite(root: string): void {
  const repository = join(root, 'srv', 'repo')
  mkdirSync(repository, { recursive: true })
  const entries = ['4.2.6-2.el5', '4.2.6-3.el5'].map((version) => {
    const tree = join(root, 'tmp', `mywebapp-${version}`)
    const control = `Package: mywebapp\nVersion: ${version}\nArchitecture: all\nMaintainer: web <web@example.net>\nDescription: a website\n`
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
    mkdirSync(join(tree, 'usr/lib/systemd/system'), { recursive: true })
    writeFileSync(join(tree, 'DEBIAN/control'), control)
    writeFileSync(
      join(tree, 'usr/lib/systemd/system/mywebapp.service'),
      '[Service]\nExecStart=/bin/sleep infinity\n',
    )
    const name = `mywebapp_${version}_all.deb`
    const path = join(repository, name)
    execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, path], { stdio: 'pipe' })
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex')
    return `${control}Filename: ./${name}\nSize: ${statSync(path).size}\nSHA256: ${digest}\n`
  })
  writeFileSync(join(repository, 'Packages'), entries.join('\n'))
  writeFileSync(join(root, 'etc/apt/sources.list'), 'deb [trusted=yes] file:/srv/repo ./\n')
}
