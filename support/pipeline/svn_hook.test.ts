import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { installHook } from './install_hook'
import { parseRevision } from './parse_revision'
import { proveSvn } from './prove_svn'
import { openRevisions, type Spool } from './spool'

describe('the hook of a Subversion repository', () => {
  let scratch: Scratch
  let folder: string
  let below: string
  let spool: Spool
  beforeEach(() => {
    scratch = new Scratch()
    folder = join(scratch.path, "the team's svn")
    below = join(scratch.path, 'a spool')
    spool = openRevisions(below)
    for (const name of ['db', 'hooks', 'conf']) mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, 'format'), '5\n')
  })
  afterEach(() => scratch.remove())

  const path = () => join(folder, 'hooks', 'post-commit')
  const install = (repository = 'website') =>
    installHook({ folder, kind: 'Subversion', spool: below, repository })
  /** Calls it as Subversion does: without any variable, at the root. */
  const commit = (revision: string) =>
    spawnSync(path(), [folder, revision, 'txn'], { cwd: '/', env: {}, encoding: 'utf8' })

  it('is written once, known again, and renewed; one of another stays', async () => {
    expect(install()).to.deep.equal({ path: path(), spool: spool.path, became: 'written' })
    expect(install().became).to.equal('there already')
    expect(install('other').became).to.equal('renewed')
    writeFileSync(path(), '#!/bin/sh\nmailer "$1" "$2"\n')
    expect(await reasonOf(Promise.resolve().then(() => install()))).to.match(
      /post-commit is a hook of another, and stays as it is; .* lockstep hook --print --install .* shows ours, which takes the same arguments/,
    )
    expect(readFileSync(path(), 'utf8')).to.contain('mailer')
  })

  it('leaves the number alone, without any variable of its caller', () => {
    install()
    expect(commit('17')).to.deep.include({ status: 0, stdout: '', stderr: '' })
    const [name = ''] = spool.waiting()
    expect(parseRevision(spool.read(name))).to.deep.equal({
      repository: 'website',
      by: undefined,
      revision: 17,
    })
  })

  it('tells who commits what it cannot leave, since Subversion shows nothing else', () => {
    install()
    rmSync(join(spool.path, 'tmp'), { recursive: true })
    const said = commit('17')
    expect(said.status).to.equal(1)
    expect(said.stderr).to.contain(`the pipeline does not know of r17: ${spool.path}/tmp cannot be written`)
    expect(said.stderr).to.contain('the next commit tells of it too')
    chmodSync(path(), 0o755)
    expect(existsSync(join(spool.path, 'tmp'))).to.equal(false)
  })
})

describe('the programs for Subversion', () => {
  const svn = { address: 'svn://host/a', layout: 'standard' } as const
  const run = (missing: string) => (program: string, args: readonly string[]) => {
    const exitCode = [program, ...args].join(' ').startsWith(missing) ? 1 : 0
    return Promise.resolve({ exitCode, stdout: '', output: '', failure: undefined })
  }

  it('are asked for where a repository needs them, each by its package', async () => {
    const needed = [{ name: 'website', svn }]
    expect(await reasonOf(proveSvn(needed, run('git svn')))).to.equal(
      'website is a Subversion repository, and git svn does not run here; install it first, on Debian with: apt-get install git-svn',
    )
    expect(await reasonOf(proveSvn(needed, run('svn')))).to.match(/apt-get install subversion$/)
    await proveSvn(needed, run('nothing'))
    await proveSvn([{ name: 'website' }], run(''))
  })
})
