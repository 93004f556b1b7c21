import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { installAnnouncer } from './install_announcer'
import { foldChanges } from './announcement'
import { parseAnnouncement } from './parse_announcement'
import { openAnnouncements } from './spool'

describe('the program that announces packages', () => {
  let scratch: Scratch
  let base: string
  let spool: string
  let path: string
  beforeEach(() => {
    scratch = new Scratch()
    base = join(scratch.path, "the team's apt")
    spool = join(scratch.path, 'a spool')
    mkdirSync(join(base, 'conf'), { recursive: true })
    writeFileSync(join(base, 'conf', 'distributions'), 'Codename: stable\n')
    path = install().path
  })
  afterEach(() => scratch.remove())

  const install = () => installAnnouncer({ folder: base, spool, repository: 'apt' })
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    spawnSync(path, args, { cwd: base, env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8' })
  const ofReprepro = { REPREPRO_DIST_DIR: './dists' }
  const noteIn = (codename: string, action: string, name: string, ...versions: string[]) =>
    run([action, codename, 'deb', 'main', 'amd64', name, ...versions, '--', 'pool/x.deb'], ofReprepro)
  const note = (action: string, name: string, ...versions: string[]) =>
    noteIn('stable', action, name, ...versions)
  const ended = (status = 0) =>
    run(['includedeb', 'stable'], { REPREPRO_EXIT_CODE: String(status), ...ofReprepro })
  /** Exports as reprepro does: a file beside takes the place of the one before. */
  const exported = (codename = 'stable') => {
    const release = join(base, 'dists', codename, 'Release')
    mkdirSync(dirname(release), { recursive: true })
    writeFileSync(`${release}.new`, 'x')
    renameSync(`${release}.new`, release)
    return release
  }
  const left = () => {
    const box = openAnnouncements(spool)
    return box.waiting().map((name) => {
      const parsed = parseAnnouncement(box.read(name))
      return 'fault' in parsed ? parsed : foldChanges(parsed.announcement.changes).packages
    })
  }

  it('announces in one what was noted, once it is exported', () => {
    expect(note('add', 'mywebapp', '1.0').status).to.equal(0)
    note('replace', 'mywebapp', '2.0', '1.0')
    note('remove', 'old', '1.0')
    note('info', 'other', '3.0')
    expect(left()).to.deep.equal([])
    exported()
    expect(ended()).to.include({ status: 0, stderr: '' })
    expect(left()).to.deep.equal([
      [
        { name: 'mywebapp', version: '2.0' },
        { name: 'old', version: null },
      ],
    ])
    ended()
    expect(left()).to.have.length(1)
    expect(readdirSync(join(spool, 'packages', 'noted'))).to.deep.equal([])
  })

  it('announces nothing that reprepro could not export, until it could', () => {
    exported()
    note('add', 'mywebapp', '1.0')
    const failed = ended(255)
    expect(failed.status).to.equal(255)
    expect(failed.stderr).to.contain('changes of stable are announced once reprepro has exported it')
    // A command that only looks succeeds, and has exported nothing.
    expect(ended(0).status).to.equal(0)
    expect(left()).to.deep.equal([])
    exported()
    ended()
    expect(left()).to.deep.equal([[{ name: 'mywebapp', version: '1.0' }]])
  })

  it('announces what reprepro could export, also where it has failed with another distribution', () => {
    noteIn('stable', 'add', 'mywebapp', '1.0')
    noteIn('stable/updates', 'add', 'mywebapp', '2.0')
    noteIn('testing', 'add', 'mywebapp', '3.0')
    exported('stable/updates')
    const { status, stderr } = ended(255)
    expect(status).to.equal(255)
    expect(stderr.match(/changes of \S+/g)).to.have.members(['changes of stable', 'changes of testing'])
    expect(left()).to.deep.equal([[{ name: 'mywebapp', version: '2.0' }]])
  })

  it('goes by no clock: that of the indices may be ahead, or behind', () => {
    for (const [index, time] of [1, 4_000_000_000].entries()) {
      utimesSync(exported(), time, time)
      note('add', 'mywebapp', `${index}.0`)
      ended()
      expect(left()).to.have.length(index)
      utimesSync(exported(), time + 1, time + 1)
      ended()
      expect(left()).to.have.length(index + 1)
    }
  })

  it('announces nothing of another base folder of the same name', () => {
    note('add', 'mywebapp', '1.0')
    base = join(scratch.path, 'other', 'apt')
    mkdirSync(join(base, 'conf'), { recursive: true })
    writeFileSync(join(base, 'conf', 'distributions'), 'Codename: stable\n')
    path = install().path
    exported()
    ended()
    expect(left()).to.deep.equal([])
  })

  it('names the last changes of a great many', () => {
    note('add', 'mywebapp', '1.0')
    const [name = ''] = readdirSync(join(spool, 'packages', 'noted'))
    const more = Array.from({ length: 10_000 }, (_, index) => `add stable deb main amd64 p${index} 1\n`)
    appendFileSync(join(spool, 'packages', 'noted', name), more.join(''))
    exported()
    ended()
    const box = openAnnouncements(spool)
    const [announced = ''] = box.waiting()
    const lines = box.read(announced).split('\n')
    expect([lines.length, lines[4]]).to.deep.equal([10_006, 'add stable deb main amd64 p0 1'])
  })

  it('follows no link that lies where notes do', () => {
    const secret = scratch.write('secret', 'add stable deb main amd64 secret 1\n')
    exported()
    note('add', 'mywebapp', '1.0')
    const noted = join(spool, 'packages', 'noted')
    const [name = ''] = readdirSync(noted)
    rmSync(join(noted, name))
    symlinkSync(secret, join(noted, name))
    expect(note('add', 'mywebapp', '1.0').stderr).to.contain('cannot be written')
    exported()
    ended()
    expect(left()).to.deep.equal([])
    expect(readFileSync(secret, 'utf8')).to.not.contain('mywebapp')
  })

  it('runs a command as it would run without it, also below an endhook', () => {
    const script = "umask 022; '$0' -- sh -c umask".replace('$0', path.replaceAll("'", `'\\''`))
    const env = { PATH: process.env['PATH'] ?? '', REPREPRO_EXIT_CODE: '0' }
    expect(spawnSync('sh', ['-c', script], { env, encoding: 'utf8' }).stdout).to.equal('0022\n')
  })

  it('announces what another command has published, with the status of that command', () => {
    expect(run(['--', 'sh', '-c', 'exit 3']).status).to.equal(3)
    expect(run(['--', '/no/such/program']).status).to.equal(127)
    expect(left()).to.deep.equal([])
    expect(run(['--', 'true']).status).to.equal(0)
    expect(left()).to.deep.equal([[]])
  })

  it('fails no work of the repository where it cannot write, and says so', () => {
    rmSync(join(spool, 'packages'), { recursive: true })
    const noted = note('add', 'mywebapp', '1.0')
    expect(noted.status).to.equal(0)
    expect(noted.stderr).to.contain('hosts are not told of what was published')
    const wrapped = run(['--', 'true'])
    expect(wrapped.status).to.equal(0)
    expect(wrapped.stderr).to.contain('cannot be written')
  })

  it('keeps what it cannot announce, and announces it later', () => {
    note('add', 'mywebapp', '1.0')
    exported()
    const tmp = join(spool, 'packages', 'tmp')
    rmSync(tmp, { recursive: true })
    expect(ended().status).to.equal(0)
    mkdirSync(tmp)
    expect(ended().stderr).to.equal('')
    expect(left()).to.deep.equal([[{ name: 'mywebapp', version: '1.0' }]])
  })

  it('runs nothing that the names of packages say', () => {
    const hostile = '$(touch pwned);`id`\nadd'
    note('add', hostile, '1.0')
    exported()
    ended()
    const [read] = left()
    expect(read).to.have.property('fault').that.contains('expected: action, codename')
    expect(execFileSync('find', [scratch.path, '-name', 'pwned'], { encoding: 'utf8' })).to.equal('')
  })

  it('is written once, takes the place of no other program, and says which lines reprepro lacks', async () => {
    const first = { became: 'there already', lacks: { distributions: true, options: true } }
    expect(install()).to.deep.include(first)
    const distributions = join(base, 'conf', 'distributions')
    appendFileSync(distributions, `Log: x\n ${path}\n\nCodename: testing\n`)
    expect(install().lacks).to.deep.include({ distributions: true })
    appendFileSync(distributions, `Log: x\n ${path}\n`)
    writeFileSync(join(base, 'conf', 'options'), `# endhook ${path}\n`)
    expect(install().lacks).to.deep.equal({ distributions: false, options: true })
    chmodSync(path, 0o644)
    expect(install().became).to.equal('renewed')
    renameSync(distributions, join(scratch.path, 'all'))
    mkdirSync(distributions)
    renameSync(join(scratch.path, 'all'), join(distributions, 'all.conf'))
    expect(install().lacks).to.deep.include({ distributions: false })
    writeFileSync(join(distributions, 'more.conf'), 'Codename: more\n')
    expect(install().lacks).to.deep.include({ distributions: true })
    writeFileSync(path, '#!/bin/sh\necho mine\n')
    expect(await reasonOf(Promise.resolve().then(install))).to.contain('is a program of another')
    expect(readFileSync(path, 'utf8')).to.contain('mine')
  })
})
