import { chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommand, type CommandLimits } from '../system/command'
import { GitRepository } from '../testing/git_repository'
import { Scratch } from '../testing/scratch'
import { Git } from './git'
import { Mirror, readHead } from './mirror'

const MAIN = 'refs/heads/main'

describe('the mirror of a repository @long', () => {
  let scratch: Scratch
  let server: GitRepository
  let git: Git
  let mirror: Mirror
  const { signal } = new AbortController()
  const ran: { args: readonly string[]; limits: CommandLimits }[] = []
  const fetch = () => mirror.fetch(signal)
  const locate = (ref: string, after: string) => mirror.locate(ref, after, signal)
  const path = () => join(scratch.path, 'mirrors', 'website.git')

  beforeEach(() => {
    scratch = new Scratch()
    server = new GitRepository(scratch.path)
    ran.length = 0
    git = new Git((program, args, limits) => {
      ran.push({ args, limits })
      return runCommand(program, args, limits)
    }, scratch.path)
    mirror = new Mirror({ name: 'website', url: server.url }, join(scratch.path, 'mirrors'), git)
  })
  afterEach(() => scratch.remove())

  it('shows a commit at the tip of its branch, and one before it', async () => {
    const [first, second] = [server.push(), server.push()]
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    expect(await locate(MAIN, second)).to.deep.equal({ kind: 'there', commit: second })
    expect(await locate(MAIN, first)).to.deep.equal({ kind: 'there', commit: first })
  })

  it('shows no commit that was pushed away, none of another branch, and none that is nowhere', async () => {
    const first = server.push()
    const away = server.push()
    await fetch()
    server.send(first, MAIN)
    const other = server.push({}, 'refs/heads/other')
    await fetch()
    const short = first.slice(0, 12)
    expect(await locate(MAIN, away)).to.deep.equal({
      kind: 'elsewhere',
      why: `the branch main is at ${short} now, and ${away.slice(0, 12)} is not before it`,
    })
    expect((await locate(MAIN, other)).kind).to.equal('elsewhere')
    expect(await locate(MAIN, 'a'.repeat(40))).to.deep.equal({
      kind: 'elsewhere',
      why: `the branch main is at ${short} now, and has no commit aaaaaaaaaaaa`,
    })
    server.send('', MAIN)
    await fetch()
    expect(await locate(MAIN, first)).to.deep.equal({ kind: 'elsewhere', why: 'the branch main is no more' })
  })

  it('shows the commit of a tag, and none of a tag that has moved', async () => {
    const first = server.push()
    server.git('tag', '--annotate', '--message=one', 'v1')
    server.git('tag', 'plain')
    server.git('tag', '--annotate', '--message=two', 'nested', 'v1')
    for (const tag of ['v1', 'plain', 'nested']) server.send(`refs/tags/${tag}`, `refs/tags/${tag}`)
    await fetch()
    const objects = ['v1', 'nested'].map((tag) => server.git('rev-parse', `refs/tags/${tag}`))
    for (const after of [first, objects[0] ?? ''])
      expect(await locate('refs/tags/v1', after)).to.deep.equal({ kind: 'there', commit: first })
    expect(await locate('refs/tags/nested', objects[1] ?? '')).to.deep.equal({ kind: 'there', commit: first })
    expect(await locate('refs/tags/plain', first)).to.deep.equal({ kind: 'there', commit: first })
    const second = server.push()
    server.send('HEAD', 'refs/tags/plain')
    await fetch()
    expect(await locate('refs/tags/plain', first)).to.deep.equal({
      kind: 'elsewhere',
      why: `the tag plain is at ${second.slice(0, 12)} now`,
    })
  })

  it('shows nothing at a tag of no commit, nor at a tag that has the name of a branch in it', async () => {
    server.push({ file: 'text' })
    const blob = server.git('rev-parse', 'HEAD:file')
    server.send(blob, 'refs/tags/blob')
    server.send('HEAD', 'refs/tags/refs/heads/ghost')
    await fetch()
    expect(await locate('refs/tags/blob', blob)).to.deep.equal({
      kind: 'elsewhere',
      why: 'the tag blob is at no commit',
    })
    expect((await locate('refs/heads/ghost', server.git('rev-parse', 'HEAD'))).kind).to.equal('elsewhere')
  })

  it('tells that the server is away, and fetches when it is back', async () => {
    const commit = server.push()
    const url = join(scratch.path, 'later.git')
    mirror = new Mirror({ name: 'website', url }, join(scratch.path, 'mirrors'), git)
    const away = await fetch()
    expect(away.kind).to.equal('away')
    expect(existsSync(path())).to.equal(false)
    const back = new Mirror({ name: 'website', url: server.url }, join(scratch.path, 'mirrors'), git)
    expect(await back.fetch(signal)).to.deep.equal({ kind: 'fetched' })
    expect(await back.locate(MAIN, commit, signal)).to.deep.equal({ kind: 'there', commit })
  })

  for (const [what, damage] of [
    ['has no HEAD', (at: string) => rmSync(join(at, 'HEAD'))],
    ['has no objects', (at: string) => rmSync(join(at, 'objects'), { recursive: true })],
    [
      'is empty',
      (at: string) => readdirSync(at).forEach((name) => rmSync(join(at, name), { recursive: true })),
    ],
    [
      'has a ref to nothing',
      (at: string) => writeFileSync(join(at, 'refs/heads/main'), `${'a'.repeat(40)}\n`),
    ],
    [
      'lacks commits',
      (at: string) => {
        for (const name of readdirSync(join(at, 'objects')))
          rmSync(join(at, 'objects', name), { recursive: true })
      },
    ],
  ] as const)
    it(`is made again when it ${what}`, async () => {
      const first = server.push()
      await fetch()
      damage(path())
      const second = server.push()
      // What is damaged may be noticed by a fetch, or by the look after it.
      for (let tries = 0; tries < 3; tries += 1) {
        await fetch()
        const found = await locate(MAIN, first)
        if (found.kind === 'there') break
        expect(found.kind).not.to.equal('elsewhere')
      }
      for (const commit of [first, second])
        expect(await locate(MAIN, commit)).to.deep.equal({ kind: 'there', commit })
    })

  it('outlives a kill in a fetch: locks that were left are no obstacle', async () => {
    server.push()
    await fetch()
    writeFileSync(join(path(), 'refs', 'heads', 'main.lock'), '')
    writeFileSync(join(path(), 'packed-refs.lock'), '')
    writeFileSync(join(scratch.path, 'mirrors', 'website.unsure'), '')
    const commit = server.push()
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    expect(await locate(MAIN, commit)).to.deep.equal({ kind: 'there', commit })
    expect(readdirSync(join(scratch.path, 'mirrors'))).to.deep.equal(['website.git'])
  })

  it('outlives a kill while it is made', async () => {
    const commit = server.push()
    scratch.write('mirrors/website.git.new/HEAD', 'half')
    scratch.write('mirrors/website.unsure', '')
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    expect(await locate(MAIN, commit)).to.deep.equal({ kind: 'there', commit })
  })

  it('is of a repository that has nothing yet, and of one with ids of 64 digits', async () => {
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    rmSync(server.url, { recursive: true })
    server.git('init', '--quiet', '--bare', '--template=', '--object-format=sha256', server.url)
    const copy = join(scratch.path, 'sha256')
    const asPerson = ['-c', 'user.name=A', '-c', 'user.email=a@example.net', '-C', copy]
    server.git('init', '--quiet', '--object-format=sha256', copy)
    server.git(...asPerson, 'commit', '--quiet', '--allow-empty', '--message=x')
    const commit = server.git('-C', copy, 'rev-parse', 'HEAD')
    server.git('-C', copy, 'push', '--quiet', server.url, `HEAD:${MAIN}`)
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    expect(await locate(MAIN, commit)).to.deep.equal({ kind: 'there', commit })
  })

  it('fetches from the repository of another user on this machine, which is configured', async function () {
    if (process.getuid?.() !== 0) return this.skip()
    const commit = server.push()
    const give = (at: string) => {
      chownSync(at, 65_534, 65_534)
      if (statSync(at).isDirectory()) readdirSync(at).forEach((name) => give(join(at, name)))
    }
    give(server.url)
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    expect(await locate(MAIN, commit)).to.deep.equal({ kind: 'there', commit })
  })

  it('runs no hook, no helper, and nothing that a setting of the user or a variable names', async () => {
    server.push()
    const trap = scratch.write('trap', `#!/bin/sh\ntouch ${scratch.path}/sprung\n`, 0o755)
    const before = { ...process.env }
    Object.assign(process.env, {
      GIT_SSH: trap,
      GIT_EXEC_PATH: '/nowhere',
      GIT_DIR: '/nowhere',
      GIT_TRACE: trap,
    })
    try {
      expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    } finally {
      for (const name of ['GIT_SSH', 'GIT_EXEC_PATH', 'GIT_DIR', 'GIT_TRACE'])
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
    }
    scratch.write('mirrors/website.git/hooks/reference-transaction', readFileSync(trap), 0o755)
    server.push()
    expect(await fetch()).to.deep.equal({ kind: 'fetched' })
    expect(existsSync(join(scratch.path, 'sprung'))).to.equal(false)
    for (const { args, limits } of ran) {
      expect(args.join(' ')).to.contain('-c protocol.allow=never').and.contain('-c core.hooksPath=/dev/null')
      expect(limits.within).to.be.greaterThan(0)
    }
  })

  it('reaches nothing by another protocol than that of the URL', async () => {
    for (const [url, what] of [
      [`ext::touch ${join(scratch.path, 'sprung')}`, /transport 'ext' not allowed/],
      [`file://${server.url}`, /fetched/],
    ] as const) {
      mirror = new Mirror({ name: 'other', url }, join(scratch.path, 'mirrors'), git)
      expect(JSON.stringify(await fetch())).to.match(what)
    }
    expect(existsSync(join(scratch.path, 'sprung'))).to.equal(false)
  })

  it('shows no password of its URL', async () => {
    const url = 'http://deploy:s3cret-word@127.0.0.1:1/website.git'
    mirror = new Mirror({ name: 'website', url }, join(scratch.path, 'mirrors'), git)
    const away = await fetch()
    expect(away.kind).to.equal('away')
    expect(JSON.stringify(away)).not.to.contain('s3cret-word')
  })

  it('refuses objects that git finds broken', async () => {
    server.push({ file: 'text' })
    // A tree with the entry .git would overwrite the repository of who checks it out.
    const blob = server.git('rev-parse', 'HEAD:file')
    const tree = scratch.write(
      'tree',
      Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]),
    )
    const bad = server.git('hash-object', '-t', 'tree', '--literally', '-w', tree)
    const commit = server.git('commit-tree', '-m', 'bad', bad)
    server.git(
      '-c',
      'core.protectNTFS=false',
      '-c',
      'transfer.fsckObjects=false',
      'push',
      '--quiet',
      server.url,
      `${commit}:refs/heads/bad`,
    )
    const fetched = await fetch()
    expect(fetched.kind).to.equal('away')
    expect(JSON.stringify(fetched)).to.match(/hasDotgit|\.git/)
  })

  it('checks out exactly one commit, without a link to the mirror', async () => {
    const first = server.push({ 'bin/test': 'first' })
    const second = server.push({ 'bin/test': 'second' })
    await fetch()
    for (const [commit, text] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      const into = join(scratch.path, `source-${text}`)
      expect(await mirror.checkOut(commit, into, signal)).to.deep.equal({ kind: 'ready' })
      expect(readFileSync(join(into, 'bin/test'), 'utf8')).to.equal(text)
      expect(statSync(join(into, 'bin/test')).mode & 0o777).to.equal(0o755)
      expect(await readHead(git, into, signal)).to.equal(commit)
      expect(server.git('-C', into, 'status', '--porcelain')).to.equal('')
      expect(server.git('-C', into, 'remote', 'get-url', 'origin')).to.equal(server.url)
      expect(existsSync(join(into, '.git/objects/info/alternates'))).to.equal(false)
    }
  })

  it('checks out a commit when the mirror is gone, and tells what the repository no longer has', async () => {
    const commit = server.push()
    expect(await mirror.checkOut(commit, join(scratch.path, 'a'), signal)).to.deep.equal({ kind: 'ready' })
    const absent = await mirror.checkOut('b'.repeat(40), join(scratch.path, 'b'), signal)
    expect(absent).to.deep.equal({ kind: 'gone', why: 'the repository has no commit bbbbbbbbbbbb any more' })
  })

  it('ends at once when it is told to', async () => {
    server.push()
    const stopped = await mirror.fetch(AbortSignal.abort())
    expect(stopped.kind).to.equal('away')
  })
})
