import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { reasonOf } from '../testing/failure'
import { installHook, type HookPlace } from './install_hook'
import { parseSpooled } from './parse_spooled'
import { Spool } from './spool'

const ENV = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'alice',
  GIT_AUTHOR_EMAIL: 'alice@example.net',
  GIT_COMMITTER_NAME: 'alice',
  GIT_COMMITTER_EMAIL: 'alice@example.net',
}

describe('the hook of a repository', () => {
  let scratch: Scratch
  let bare: string
  let work: string
  let spool: string
  beforeEach(() => {
    scratch = new Scratch()
    bare = join(scratch.path, "the team's website.git")
    work = join(scratch.path, 'work')
    spool = join(scratch.path, 'a spool')
    git('init', '--quiet', '--bare', '--initial-branch=main', bare)
    git('init', '--quiet', '--initial-branch=main', work)
  })
  afterEach(() => scratch.remove())

  const git = (...args: string[]) => execFileSync('git', args, { env: ENV, encoding: 'utf8' }).trim()
  const commit = (text: string) => {
    git('-C', work, 'commit', '--quiet', '--allow-empty', '-m', text)
    return git('-C', work, 'rev-parse', 'HEAD')
  }
  const push = (env: Record<string, string>, ...refs: string[]) =>
    spawnSync('git', ['-C', work, 'push', '--quiet', bare, ...refs], {
      env: { ...ENV, ...env },
      encoding: 'utf8',
    })
  const install = (more: Partial<HookPlace> = {}) =>
    installHook({ folder: bare, kind: 'bare repository', spool, repository: 'website', ...more })
  const refused = (work: () => unknown) => reasonOf(Promise.resolve().then(work))
  const left = () => {
    const box = new Spool(spool)
    return box.waiting().map((name) => parseSpooled(box.read(name)))
  }

  it('is not installed where git would never run it', async () => {
    git('-C', bare, 'config', 'core.hooksPath', '/srv/hooks')
    expect(await refused(install)).to.contain(`from /srv/hooks, as core.hooksPath in ${bare}/config says`)
    expect(existsSync(spool)).to.equal(false)
    git('-C', bare, 'config', 'core.hooksPath', 'hooks')
    expect(install().became).to.equal('written')
  })

  it('is not installed where the settings of the user name another folder', async () => {
    const settings = join(scratch.path, 'gitconfig')
    writeFileSync(settings, '[core]\n\thooksPath = /srv/hooks\n')
    const before = process.env['GIT_CONFIG_GLOBAL']
    process.env['GIT_CONFIG_GLOBAL'] = settings
    try {
      expect(await refused(install)).to.contain(`from /srv/hooks, as core.hooksPath in ${settings} says`)
    } finally {
      if (before === undefined) delete process.env['GIT_CONFIG_GLOBAL']
      else process.env['GIT_CONFIG_GLOBAL'] = before
    }
  })

  it('leaves every ref of a push in the spool, with who pushed', () => {
    install()
    const first = commit('first')
    git('-C', work, 'tag', 'v1')
    expect(push({ GL_USER: 'bob;rm -rf /' }, 'main', 'v1').status).to.equal(0)
    expect(left()).to.deep.equal([
      {
        push: {
          repository: 'website',
          by: 'bobrm-rf',
          changes: [
            { ref: 'refs/heads/main', before: undefined, after: first },
            { ref: 'refs/tags/v1', before: undefined, after: first },
          ],
        },
      },
    ])
    expect(readdirSync(join(spool, 'tmp'))).to.deep.equal([])
  })

  it('leaves pushes in their order, one file each, also of a ref that is removed', () => {
    install()
    const [one, two] = [commit('one'), (push({}, 'main'), commit('two'))]
    push({}, 'main:main', 'main:gone')
    push({}, ':gone')
    const changes = left().map((read) => ('push' in read ? read.push.changes : []))
    expect(changes).to.deep.equal([
      [{ ref: 'refs/heads/main', before: undefined, after: one }],
      [
        { ref: 'refs/heads/main', before: one, after: two },
        { ref: 'refs/heads/gone', before: undefined, after: two },
      ],
      [{ ref: 'refs/heads/gone', before: two, after: undefined }],
    ])
  })

  it('keeps names of refs that a shell or a reader could trip over as they are', () => {
    install()
    commit('first')
    const hostile = ['$(touch${IFS}pwned)', '`id`', "it's;--upload-pack=x", 'ümläut/‮x', '-x', 'end']
    for (const name of hostile) git('-C', work, 'update-ref', `refs/heads/a/${name}`, 'HEAD')
    expect(push({}, 'refs/heads/a/*:refs/heads/a/*').status).to.equal(0)
    const [read] = left()
    const refs = read !== undefined && 'push' in read ? read.push.changes.map(({ ref }) => ref) : []
    expect(refs).to.have.members(hostile.map((name) => `refs/heads/a/${name}`))
    expect(existsSync(join(bare, 'pwned'))).to.equal(false)
  })

  it('lets a push through that it cannot leave, and tells the person who pushes', () => {
    install()
    commit('first')
    rmSync(spool, { recursive: true })
    const pushed = push({}, 'main')
    expect(pushed.status).to.equal(0)
    expect(pushed.stderr).to.contain('lockstep: the pipeline does not know of this push: ')
    expect(git('-C', bare, 'rev-parse', 'main')).to.equal(git('-C', work, 'rev-parse', 'main'))
  })

  it('is written once, and renewed where it is an older one', () => {
    const { path, ...first } = install()
    expect(first).to.deep.equal({ spool, became: 'written' })
    expect(install().became).to.equal('there already')
    chmodSync(path, 0o644)
    expect(install().became).to.equal('renewed')
    expect(install({ repository: 'other' }).became).to.equal('renewed')
    expect(readFileSync(path, 'utf8')).to.contain('repository=other')
  })

  it('takes the place of no other hook', async () => {
    const path = join(bare, 'hooks', 'post-receive')
    writeFileSync(path, '#!/bin/sh\necho mine\n')
    expect(await refused(() => install())).to.contain('is a hook of another, and stays as it is')
    expect(readFileSync(path, 'utf8')).to.contain('mine')
    expect(existsSync(spool)).to.equal(false)
  })

  it('is refused where people work, and where there is no repository', async () => {
    expect(await refused(() => install({ folder: work }))).to.contain(
      'is no bare repository: people work in it',
    )
    expect(await refused(() => install({ folder: scratch.path }))).to.contain(
      'is no bare repository; expected',
    )
    expect(await refused(() => install({ folder: scratch.path, kind: 'gitolite' }))).to.contain(
      'is no LOCAL_CODE of gitolite',
    )
  })

  it('finds the name of a repository of gitolite for each push', () => {
    mkdirSync(join(scratch.path, 'local', 'hooks'), { recursive: true })
    const { path } = install({ folder: join(scratch.path, 'local'), kind: 'gitolite', repository: undefined })
    symlinkSync(path, join(bare, 'hooks', 'post-receive'))
    commit('first')
    push({ GL_REPO: 'web/shop', GL_USER: 'carol' }, 'main')
    git('-C', bare, 'config', 'lockstep.repository', 'website')
    commit('second')
    push({ GL_REPO: 'web/shop', GL_USER: 'carol' }, 'main')
    expect(left().map((read) => 'push' in read && [read.push.repository, read.push.by])).to.deep.equal([
      ['shop', 'carol'],
      ['website', 'carol'],
    ])
  })
})
