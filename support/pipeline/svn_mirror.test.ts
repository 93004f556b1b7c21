import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { SvnSettings } from '../config/svn_setting'
import { runCommand } from '../system/command'
import { Scratch } from '../testing/scratch'
import { SvnServer } from '../testing/svn_repository'
import { Git } from './git'
import { SvnMirror, type Moved } from './svn_mirror'
import { SvnRepository } from './svn_repository'

const TRUNK = 'refs/heads/trunk'

describe('the mirror of a Subversion repository @long', function () {
  this.timeout(300_000)
  let scratch: Scratch
  let server: SvnServer
  let mirror: SvnMirror
  let troubles: string[]
  const { signal } = new AbortController()
  beforeEach(() => {
    scratch = new Scratch()
    server = new SvnServer(scratch.path)
    troubles = []
    mirror = open()
  })
  afterEach(() => scratch.remove())

  const open = (settings: SvnSettings = { address: server.url, layout: 'standard' }, svn?: SvnRepository) => {
    const git = new Git(runCommand, scratch.path)
    return new SvnMirror({
      repository: { name: 'website', url: settings.address },
      settings,
      folder: join(scratch.path, 'mirrors'),
      git,
      svn: svn ?? new SvnRepository(runCommand, settings, git.marked),
      onTrouble: (sentence) => troubles.push(sentence),
    })
  }
  const path = () => join(scratch.path, 'mirrors', 'website.git')
  const git = (...args: string[]) =>
    execFileSync('git', [`--git-dir=${path()}`, ...args], { encoding: 'utf8' }).trim()
  /** Takes a revision, and returns what it has moved: by ref, whether it was there before and is there now. */
  const advance = async (revision: number, of = mirror) => {
    const all: Moved[] = []
    const fetched = await of.advance({ revision, by: 'ann' }, async (moved) => void all.push(moved), signal)
    if (fetched.kind === 'away') return { why: fetched.why }
    return Object.fromEntries(
      all.flatMap(({ changes }) =>
        changes.map(({ ref, before, after }) => [
          ref,
          before === null ? 'new' : after === null ? 'gone' : 'moved',
        ]),
      ),
    )
  }
  const shows = (ref: string, file: string) => git('cat-file', 'blob', `${ref}:${file}`)

  it('takes each revision for what it has moved, and no revision twice', async () => {
    const first = server.put('trunk/a', 'one')
    expect(await advance(first)).to.deep.equal({ [TRUNK]: 'moved' })
    expect(await advance(first)).to.deep.equal({})
    expect(await advance(first - 1)).to.deep.equal({})
    const commit = git('rev-parse', TRUNK)
    expect(await mirror.locate(TRUNK, commit, signal)).to.deep.equal({ kind: 'there', commit })
    const second = server.put('trunk/a', 'two')
    server.put('trunk/a', 'three')
    expect(await advance(second)).to.deep.equal({ [TRUNK]: 'moved' })
    expect(shows(TRUNK, 'a')).to.equal('two')
    const into = join(scratch.path, 'out')
    expect(await mirror.checkOut(commit, into, signal)).to.deep.equal({ kind: 'ready' })
    expect(readFileSync(join(into, 'a'), 'utf8')).to.equal('one')
  })

  it('takes with a revision all before it that no hook has told of', async () => {
    await advance(server.put('trunk/a', 'one'))
    server.change('cp', '2', 'trunk', 'branches/lost')
    server.put('trunk/a', 'two')
    expect(await advance(server.change('cp', '2', 'trunk', 'tags/v1'))).to.deep.equal({
      [TRUNK]: 'moved',
      'refs/heads/lost': 'new',
      'refs/tags/v1': 'new',
    })
  })

  it('sees a property, two branches at once, one made anew, a moved tag, and what was removed', async () => {
    await advance(server.put('trunk/a', 'one'))
    expect(await advance(server.change('propset', 'svn:ignore', 'x', 'trunk'))).to.deep.equal({
      [TRUNK]: 'moved',
    })
    await advance(server.change('cp', '3', 'trunk', 'branches/b', 'cp', '3', 'trunk', 'tags/v1'))
    const file = scratch.write('both', 'both')
    expect(await advance(server.change('put', file, 'trunk/a', 'put', file, 'branches/b/a'))).to.deep.equal({
      [TRUNK]: 'moved',
      'refs/heads/b': 'moved',
    })
    expect(await advance(server.change('rm', 'branches/b'))).to.deep.equal({ 'refs/heads/b': 'gone' })
    expect(await advance(server.change('mkdir', 'branches/b', 'put', file, 'branches/b/z'))).to.deep.equal({
      'refs/heads/b': 'new',
    })
    expect(git('ls-tree', '--name-only', 'refs/heads/b')).to.equal('z')
    const back = server.change('rm', 'trunk', 'cp', '2', 'trunk', 'trunk')
    expect(await advance(back)).to.deep.equal({ [TRUNK]: 'moved' })
    expect(shows(TRUNK, 'a')).to.equal('one')
    const tag = git('rev-parse', 'refs/tags/v1')
    expect(await advance(server.put('tags/v1/a', 'other'))).to.deep.equal({ 'refs/tags/v1': 'moved' })
    expect((await mirror.locate('refs/tags/v1', tag, signal)).kind).to.equal('elsewhere')
    expect(await advance(server.change('rm', 'tags'))).to.deep.equal({ 'refs/tags/v1': 'gone' })
    expect(await advance(server.change('mkdir', 'wiki'))).to.deep.equal({})
    expect(git('for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags')).to.equal(
      'refs/heads/b\nrefs/heads/trunk',
    )
    expect(troubles).to.deep.equal([])
  })

  it('refuses names in one sentence each, and goes on with all others', async () => {
    await advance(server.put('trunk/a', 'one'))
    const names = ['my branch', 'a..b', 'x@2', 'trunk', '50%', 'k.lock', '.dot', 'a~1', 'w[x]', 'b\\c']
    const copies = names.flatMap((name) => ['cp', '2', 'trunk', `branches/${encodeURI(name)}@`])
    const last = server.change(
      ...copies.map((each) => each.replace(/@$/, '')),
      'cp',
      '2',
      'trunk',
      'branches/fine',
    )
    server.put('branches/my%20branch/a', 'two')
    const file = server.put('branches/README', 'no folder')
    expect(await advance(last)).to.deep.equal({ 'refs/heads/fine': 'new' })
    expect(troubles).to.have.length(names.length)
    for (const name of names)
      expect(troubles.join('\n')).to.contain(
        `${JSON.stringify(`branches/${name}`)} of website starts nothing in r${last}: it has`,
      )
    expect(await advance(file)).to.deep.equal({})
    expect(troubles).to.have.length(names.length + 1)
    expect(await advance(server.put('trunk/a', 'two'))).to.deep.equal({ [TRUNK]: 'moved' })
  })

  it('refuses names that are too long for a file system, and goes on with all others', async () => {
    await advance(server.put('trunk/a', 'one'))
    const names = ['n'.repeat(201), 'n'.repeat(251), 'ü'.repeat(126), 'n'.repeat(300)]
    const last = server.change(
      ...names.flatMap((name) => ['cp', '2', 'trunk', `branches/${name}`]),
      'cp',
      '2',
      'trunk',
      `tags/${'n'.repeat(200)}`,
    )
    expect(await advance(last)).to.deep.equal({ [`refs/tags/${'n'.repeat(200)}`]: 'new' })
    expect(troubles).to.have.length(names.length)
    expect(troubles.join('\n')).to.contain(`starts nothing in r${last}: it has a name of more than 200 bytes`)
    expect(await advance(server.put('trunk/a', 'two'))).to.deep.equal({ [TRUNK]: 'moved' })
  })

  it('knows the revision of each commit whatever its message says, also without a map', async () => {
    const file = scratch.write('file', 'x')
    await advance(server.put('trunk/a', 'one'))
    const uuid = execFileSync('svnlook', ['uuid', server.path], { encoding: 'utf8' }).trim()
    const forged = `git-svn-id: svn://lockstep/trunk@99 ${uuid}`
    const messages = [
      '',
      ' ',
      forged,
      `x\n\n${forged}`,
      `x\n\n${forged}\n\n`,
      '---\n# x',
      'x\n---\nConflicts:\n\ta',
    ]
    for (const [index, message] of messages.entries()) {
      const revision = server.say(message, 'put', file, `trunk/f${index}`)
      expect(await advance(revision), JSON.stringify(message)).to.deep.equal({ [TRUNK]: 'moved' })
      expect(git('ls-tree', '--name-only', TRUNK)).to.contain(`f${index}`)
      rmSync(join(path(), 'svn'), { recursive: true })
      mkdirSync(join(path(), 'svn'))
    }
    expect(git('rev-list', '--count', TRUNK)).to.equal(String(server.youngest))
    expect(troubles).to.deep.equal([])
  })

  it('leaves out what git refuses to have in a commit', async () => {
    const file = scratch.write('config', 'x')
    const bad = ['mkdir', 'trunk/.git', 'put', file, 'trunk/.git/config', 'mkdir', 'trunk/.GIT', 'put', file]
    expect(await advance(server.change(...bad, 'trunk/.GIT/config', 'put', file, 'trunk/a'))).to.deep.equal({
      [TRUNK]: 'moved',
    })
    expect(git('ls-tree', '-r', '--name-only', TRUNK)).to.equal('a')
  })

  it('waits for a revision that is not there yet, and for a repository that is away', async () => {
    expect(await advance(7)).to.deep.equal({ why: 'r7 is not there yet: its last revision is r1' })
    const elsewhere = open({ address: `${server.url}-away`, layout: 'standard' })
    expect(JSON.stringify(await advance(1, elsewhere))).to.match(/^{"why":"E\d+: /)
  })

  it('tells once of an address with nothing to follow: mistyped, the trunk itself, or of another layout', async () => {
    const last = server.put('trunk/a', 'one')
    server.change('mkdir', 'wiki')
    for (const below of ['typo', 'trunk', 'wiki']) {
      const project = open({ address: `${server.url}/${below}`, layout: 'standard' })
      expect(await advance(last, project)).to.deep.equal({})
      expect(await advance(last + 1, project)).to.deep.equal({})
      expect(troubles.splice(0).filter((each) => !each.includes('another one than before'))).to.deep.equal([
        `r${last - 1} of website starts nothing: ${server.url}/${below} has no folder trunk, and none below branches and tags that may be read here; expected svn: the address of the folder that has them, or layout: trunk where it is the trunk itself`,
      ])
    }
    const trunk = open({ address: `${server.url}/typo`, layout: 'trunk' })
    expect(await advance(last, trunk)).to.deep.equal({})
    expect(troubles.at(-1)).to.match(/typo is no folder that may be read here; expected svn: the address of/)
  })

  it('follows a repository below a folder with spaces and other letters, and says which address it misreads', async () => {
    const folder = join(scratch.path, 'ü b')
    mkdirSync(folder)
    const other = new SvnServer(folder, 'other')
    other.change('mkdir', 'ö', 'mkdir', 'ö/trunk')
    const url = `file://${encodeURI(other.path)}`
    const whole = open({ address: url, layout: 'standard' })
    expect(await advance(other.put('trunk/a', 'one'), whole)).to.deep.equal({ [TRUNK]: 'moved' })
    expect(shows(TRUNK, 'a')).to.equal('one')
    const below = open({ address: `${url}/%C3%B6`, layout: 'standard' })
    await advance(2, below)
    expect(troubles.at(-1)).to.contain(
      'its last one is none: it misreads a folder of the repository in whose',
    )
  })

  it('checks out what it has while the server hangs, and waits with nothing that it does not have', async () => {
    await advance(server.put('trunk/a', 'one'))
    const commit = git('rev-parse', TRUNK)
    const settings: SvnSettings = { address: server.url, layout: 'standard' }
    const own = new Git(runCommand, scratch.path)
    const svn = new SvnRepository(runCommand, settings, own.marked)
    const hang = new AbortController()
    svn.head = (until) =>
      new Promise((done) => until.addEventListener('abort', () => done({ why: 'it hung' }), { once: true }))
    const hanging = open(settings, svn)
    const asked = hanging.advance({ revision: 3, by: 'ann' }, async () => {}, hang.signal)
    expect(await hanging.checkOut(commit, join(scratch.path, 'out'), signal)).to.deep.equal({ kind: 'ready' })
    expect(readFileSync(join(scratch.path, 'out', 'a'), 'utf8')).to.equal('one')
    expect(await hanging.checkOut('1'.repeat(40), join(scratch.path, 'no'), signal)).to.deep.equal({
      kind: 'fault',
      why: 'the Subversion repository is being fetched',
    })
    hang.abort()
    expect(await asked).to.deep.equal({ kind: 'away', why: 'it hung' })
  })

  it('has the same commits when it is made anew, and from another address', async () => {
    await advance(server.put('trunk/a', 'one'))
    await advance(server.change('cp', '2', 'trunk', 'tags/v1'))
    const before = git('for-each-ref')
    rmSync(path(), { recursive: true })
    const commit = before.slice(0, 40)
    expect(await mirror.checkOut(commit, join(scratch.path, 'out'), signal)).to.deep.equal({ kind: 'ready' })
    expect(git('for-each-ref')).to.equal(before)
    const moved = open({ address: `file://localhost${server.path}`, layout: 'standard' })
    expect(await advance(3, moved)).to.deep.equal({ 'refs/tags/v1': 'new' })
    expect(git('for-each-ref')).to.equal(before)
    expect(troubles).to.have.length(1)
  })

  it('is followed by the new commits where a message was changed before it was made anew', async () => {
    await advance(server.put('trunk/a', 'one'))
    const before = git('rev-parse', TRUNK)
    const message = scratch.write('message', 'another message')
    execFileSync('svnadmin', ['setlog', server.path, '-r', '2', '--bypass-hooks', message])
    expect(await advance(server.change('mkdir', 'wiki'))).to.deep.equal({})
    rmSync(path(), { recursive: true })
    expect(await advance(server.change('mkdir', 'other'))).to.deep.equal({ [TRUNK]: 'moved' })
    expect(git('rev-parse', TRUNK)).not.to.equal(before)
  })

  it('begins anew where the repository is another one, or has gone back', async () => {
    await advance(server.put('trunk/a', 'one'))
    server.put('trunk/a', 'two')
    await advance(3)
    rmSync(server.path, { recursive: true })
    server.make()
    server.change('mkdir', 'trunk')
    const last = server.put('trunk/b', 'new')
    expect(await advance(last)).to.deep.equal({ [TRUNK]: 'moved' })
    expect(git('ls-tree', '--name-only', TRUNK)).to.equal('b')
    expect(troubles).to.have.length(1)
    expect(troubles[0]).to.match(/website is another one than before; its mirror is made anew/)
  })

  it('ends a revision that a kill has left half taken, and tells of it again in the same words', async () => {
    await advance(server.put('trunk/a', 'one'))
    const revision = server.put('trunk/a', 'two')
    const told: Moved[] = []
    const killed = new Error('killed')
    const taking = { revision, by: 'ann' }
    const first = await mirror.advance(
      taking,
      async (moved) => {
        told.push(moved)
        throw killed
      },
      signal,
    )
    expect(first).to.deep.equal({ kind: 'away', why: 'killed' })
    const commit = git('rev-parse', TRUNK)
    expect(await mirror.locate(TRUNK, commit, signal)).to.deep.equal({ kind: 'there', commit })
    const next = open()
    expect(await next.fetch(signal)).to.deep.equal({ kind: 'fetched' })
    await next.advance(taking, async (moved) => void told.push(moved), signal)
    expect(told).to.have.length(2)
    expect(told[1]).to.deep.equal(told[0])
  })

  it('outlives a kill in a fetch: locks, half an index and a lost map are no obstacle', async () => {
    await advance(server.put('trunk/a', 'one'))
    const kept = join(path(), 'svn/refs/remotes/svn/trunk')
    const uuid = execFileSync('svnlook', ['uuid', server.path], { encoding: 'utf8' }).trim()
    execFileSync('mv', [join(kept, `.rev_map.${uuid}`), join(kept, `.rev_map.${uuid}.lock`)])
    writeFileSync(join(kept, 'index.lock'), '')
    writeFileSync(join(kept, 'index'), '')
    writeFileSync(join(scratch.path, 'mirrors', 'website.unsure'), '')
    expect(await advance(server.put('trunk/a', 'two'))).to.deep.equal({ [TRUNK]: 'moved' })
    expect(shows(TRUNK, 'a')).to.equal('two')
    expect(git('rev-list', '--count', TRUNK)).to.equal('3')
    rmSync(join(path(), 'objects'), { recursive: true })
    mkdirSync(join(path(), 'objects'))
    const revision = server.put('trunk/a', 'three')
    for (let tries = 0; tries < 3 && 'why' in (await advance(revision)); tries += 1);
    expect(shows(TRUNK, 'a')).to.equal('three')
  })

  it('follows an address that is the trunk itself', async () => {
    const trunk = open({ address: `${server.url}/trunk`, layout: 'trunk' })
    expect(await advance(server.put('trunk/a', 'one'), trunk)).to.deep.equal({ [TRUNK]: 'moved' })
    expect(await advance(server.change('cp', '2', 'trunk', 'branches/b'), trunk)).to.deep.equal({})
    expect(shows(TRUNK, 'a')).to.equal('one')
    expect(await advance(server.change('rm', 'trunk'), trunk)).to.deep.equal({ [TRUNK]: 'gone' })
    expect(existsSync(path())).to.equal(true)
  })

  it('never takes an older commit for a line of which git svn has none', async () => {
    server.change('mkdir', 'old', 'mkdir', 'old/trunk')
    server.put('old/trunk/a', 'one')
    const moved = server.change('mv', 'old', 'new')
    const project = open({ address: `${server.url}/new`, layout: 'standard' })
    expect(await advance(moved, project)).to.deep.equal({})
    expect(await advance(server.put('new/trunk/a', 'two'), project)).to.deep.equal({ [TRUNK]: 'new' })
    expect(shows(TRUNK, 'a')).to.equal('two')
  })
})
