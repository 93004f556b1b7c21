import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { reasonOf } from '../testing/failure'
import { GitRepository } from '../testing/git_repository'
import { Scratch } from '../testing/scratch'
import { checkInProcess } from './checker_process'
import type { Checked, Checker } from './checker'
import { LIMITS } from './limits'
import { PushedObjects } from './pushed_objects'
import { verifyPush, type Verifier } from './verify_push'

describe('the check of a push', () => {
  let scratch: Scratch
  let website: GitRepository
  beforeEach(() => {
    scratch = new Scratch()
    website = new GitRepository(scratch.path)
  })
  afterEach(() => scratch.remove())

  const checker = (answer: (name: string, folder: string) => Checked): Checker => ({
    name: 'txt',
    maxBytes: 100,
    takes: (path) => (path.endsWith('.txt') ? '.txt' : undefined),
    check: (files, { folder }) =>
      Promise.resolve(
        files
          .map(({ name }) => answer(name, folder))
          .reduce((all, each) => ({ ...all, ...each, remarks: new Map([...all.remarks, ...each.remarks]) })),
      ),
  })
  const passes = checker((name) => ({ remarks: new Map([[name, []]]) }))
  /** Checks a commit of the working copy, of which no ref of the repository knows. */
  const verify = (commit: string, more: Partial<Verifier> = {}) => {
    const signal = more.signal ?? new AbortController().signal
    const copy = join(scratch.path, 'website-copy')
    website.git('update-ref', '-d', 'refs/heads/main')
    return verifyPush([{ ref: 'refs/heads/main', before: undefined, after: commit }], {
      objects: new PushedObjects({
        env: { PATH: process.env['PATH'], GIT_DIR: join(copy, '.git') },
        cwd: copy,
        signal,
      }),
      checkers: [passes],
      onlyWarn: [],
      skipped: [],
      limits: LIMITS,
      scratch: mkdtempSync(join(scratch.path, 'files-')),
      signal,
      ...more,
    })
  }
  const messages = async (result: ReturnType<typeof verify>) =>
    (await result).remarks.map(({ severity, path, message }) => `${severity} ${path}: ${message}`)

  it('hands over each content once, below names of its own', async () => {
    const seen: string[] = []
    const looks = checker((name, folder) => {
      seen.push(`${name} ${readFileSync(join(folder, name), 'utf8')}`, ...readdirSync(folder))
      return { remarks: new Map([[name, []]]) }
    })
    const commit = website.commit({ '-x/a.txt': 'same', 'b.txt': 'same', 'c.md': 'other' })
    expect(await verify(commit, { checkers: [looks] })).to.deep.equal({ remarks: [], files: 1 })
    expect(seen).to.deep.equal(['0.txt same', '0.txt'])
  })

  it('is refused where a checker gives no answer for a file, also where its errors are only shown', async () => {
    const silent = checker(() => ({ remarks: new Map(), failure: 'it was killed' }))
    const commit = website.commit({ 'a.txt': 'a' })
    expect(await messages(verify(commit, { checkers: [silent], onlyWarn: ['txt'] }))).to.deep.equal([
      'error a.txt: it could not be checked: it was killed',
    ])
  })

  it('is refused where a checker has answered for all files and did not end in order', async () => {
    const odd = checker((name) => ({ remarks: new Map([[name, []]]), failure: 'the check ended with 9' }))
    expect(await messages(verify(website.commit({ 'a.txt': 'a' }), { checkers: [odd] }))).to.deep.equal([
      'error undefined: the check txt did not end in order: the check ended with 9',
    ])
  })

  it('is refused beyond each limit', async () => {
    website.commit({ 'a.txt': 'a' })
    const commit = website.commit({ 'b.txt': 'b' })
    const beyond = (limits: Partial<typeof LIMITS>) =>
      messages(verify(commit, { limits: { ...LIMITS, ...limits } }))
    expect((await beyond({ commits: 1 }))[0]).to.contain('it has more than 1 new commits')
    expect((await beyond({ files: 1 }))[0]).to.contain('more than 1 different files')
    expect((await beyond({ paths: 1 }))[0]).to.contain('more than 1 paths are changed')
    expect((await beyond({ bytes: 1 }))[0]).to.contain('have more than 1 bytes')
    expect(await beyond({ commits: 2, files: 2, paths: 2, bytes: 2 })).to.deep.equal([])
    expect(await messages(verify(website.commit({ 'c.txt': 'c'.repeat(101) })))).to.deep.equal([
      'error c.txt: it has 101 bytes; at most 100 can be checked',
    ])
  })

  it('ends git where a few nested trees have a million files', async () => {
    const copy = join(scratch.path, 'website-copy')
    const git = (input: string, ...args: string[]) =>
      execFileSync('git', args, { cwd: copy, input, encoding: 'utf8' }).trim()
    website.commit({ 'a.txt': 'a' })
    let [kind, id] = ['100644 blob', git('a', 'hash-object', '-w', '--stdin')]
    for (let level = 0; level < 6; level += 1) {
      const entries = Array.from({ length: 10 }, (_, n) => `${kind} ${id}\t${n}.txt\n`)
      ;[kind, id] = ['040000 tree', git(entries.join(''), 'mktree')]
    }
    const person = ['-c', 'user.name=x', '-c', 'user.email=x@example.net']
    const commit = git('', ...person, 'commit-tree', '-m', 'x', id)
    const objectsWith = (memoryMb: number) =>
      new PushedObjects({
        env: { PATH: process.env['PATH'], GIT_DIR: join(copy, '.git') },
        cwd: copy,
        signal: new AbortController().signal,
        memoryMb,
      })
    expect(await reasonOf(verify(commit, { objects: objectsWith(32) }))).to.equal(
      'git diff-tree takes more than 32 MiB of memory: push fewer files at a time',
    )
    let paths = 0
    const whole = await objectsWith(1_024).changedFiles([commit], () => (paths += 1) < 10)
    expect([whole, paths]).to.deep.equal([false, 10])
  }).timeout(300_000)

  it('fails where git does, and where its time is over', async () => {
    expect(
      await reasonOf(verify(website.commit({ 'a.txt': 'a' }), { signal: AbortSignal.abort() })),
    ).to.contain('git did not run')
    expect(await messages(verify('d'.repeat(40)))).to.deep.equal([
      'error undefined: refs/heads/main is at no commit, and what it is at cannot be checked',
    ])
  })

  it('ends a checker that never ends', async () => {
    const program = scratch.write('spin.cjs', 'for (;;) {}')
    const file = { name: '0.txt', commit: '', path: 'a.txt', kind: 'file', blob: '' } as const
    const end = new AbortController()
    const checked = checkInProcess([program], [file], { folder: scratch.path, signal: end.signal })
    end.abort()
    expect((await checked).failure).to.contain('its time was over')
  })
})
