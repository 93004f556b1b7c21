import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CommandBuild } from '../config/build_setting'
import { runCommand } from '../system/command'
import { GitRepository } from '../testing/git_repository'
import { Scratch } from '../testing/scratch'
import { untilGone } from '../testing/until_gone'
import { runBuild, type BuildSurroundings } from './build'
import { BuildFolders } from './build_folders'
import { OwnPlace } from './build_place'
import { Git } from './git'
import { Mirror } from './mirror'

const FILES = { test: '#!/bin/sh\necho tested "$PIPELINE_COMMIT"\n' }

describe('a build @long', () => {
  let scratch: Scratch
  let server: GitRepository
  let surroundings: BuildSurroundings
  let source: Mirror
  const over = new AbortController()

  beforeEach(() => {
    scratch = new Scratch()
    server = new GitRepository(scratch.path)
    const git = new Git(runCommand, scratch.path)
    source = new Mirror({ name: 'website', url: server.url }, join(scratch.path, 'mirrors'), git)
    const env = { PATH: process.env['PATH'], TOKEN: 'named', SECRET: 'not named', LANG: 'de_DE' }
    const folders = new BuildFolders(scratch.path)
    const own = new OwnPlace(folders, runCommand, git)
    surroundings = { folders, placeOf: () => own, env }
  })
  afterEach(() => scratch.remove())

  const folder = () => join(scratch.path, 'pipeline', 'builds', 'b1')
  const output = () => readFileSync(join(folder(), 'output.log'), 'utf8')
  const build = (commit: string, settings: Partial<CommandBuild> = {}, signal = over.signal) =>
    runBuild(
      {
        build: 'b1',
        repository: 'website',
        commit,
        ref: 'refs/heads/main',
        source,
        settings: { kind: 'command', command: ['./test'], within: 60_000, environment: [], ...settings },
      },
      surroundings,
      signal,
    )
  const script = (text: string, settings: Partial<CommandBuild> = {}, signal?: AbortSignal) =>
    build(server.push(FILES), { command: ['sh', '-c', text], ...settings }, signal)

  it('succeeds with exit status 0, keeps what was printed, and removes the rest', async () => {
    const commit = server.push(FILES)
    expect(await build(commit)).to.deep.equal({ result: 'succeeded', why: null })
    expect(output()).to.equal(`tested ${commit}\n`)
    expect(readdirSync(folder())).to.deep.equal(['output.log'])
    expect(statSync(folder()).mode & 0o077).to.equal(0)
  })

  it('tests the files of exactly its commit, not of what is the newest', async () => {
    const old = server.push({ test: '#!/bin/sh\ncat version\n', version: 'old' })
    server.push({ version: 'new' })
    await build(old)
    expect(output()).to.equal('old')
  })

  for (const [what, text, why] of [
    ['exits with another status', 'exit 3', 'sh exited with 3'],
    ['is ended by a signal', 'kill -KILL $$', 'sh was ended by SIGKILL'],
    ['removes the repository', 'rm -rf .git', 'sh left no commit checked out'],
  ] as const)
    it(`fails when its command ${what}`, async () => {
      expect(await script(text)).to.deep.equal({ result: 'failed', why })
    })

  it('leaves nothing behind that git would run once its command has ended', async () => {
    const ran = join(scratch.path, 'ran')
    const settings = {
      'core.repositoryformatversion': '1',
      'extensions.partialClone': 'origin',
      'remote.origin.promisor': 'true',
      'remote.origin.url': server.url,
      'remote.origin.uploadpack': `touch ${ran}; false`,
    }
    const set = Object.entries(settings).map(([key, value]) => `git config ${key} '${value}'`)
    const { result } = await script([...set, 'rm -rf .git/objects/*'].join(' && '))
    expect(result).to.equal('failed')
    expect(existsSync(ran)).to.equal(false)
  })

  it('fails when its command goes on to another commit, though that one is well', async () => {
    const old = server.push(FILES)
    const newest = server.push({ other: '' })
    expect(await build(old, { command: ['git', 'checkout', '-q', 'origin/main'] })).to.deep.equal({
      result: 'failed',
      why: `git left the commit ${newest.slice(0, 12)} checked out`,
    })
  })

  it('fails when its command takes too long, and leaves nothing running', async () => {
    const ended = await script('sleep 600 & echo $!; wait', { within: 300 })
    expect(ended).to.deep.equal({
      result: 'failed',
      why: 'sh took longer than 0.3 s and was ended',
    })
    // A machine that is too busy ends the shell before it has started anything.
    for (const pid of output().split('\n').filter(Boolean)) await untilGone(pid)
  })

  it('fails when its command is not there', async () => {
    const ended = await build(server.push(FILES), { command: ['no-such-program', '--token=ESECRET'] })
    expect(ended.result).to.equal('failed')
    expect(ended.why).to.equal('no-such-program could not be started: ENOENT')
  })

  it('does not pass by what its command leaves in the background', async () => {
    const ended = await script('setsid -f sleep 600; exit 1')
    expect(ended.result).to.equal('failed')
  })

  it('gets a home of its own and no variable that is not named', async () => {
    await script('env | sort; umask', { environment: ['TOKEN', 'LANG', 'ABSENT'] })
    const shown = output()
    expect(shown).to.contain('TOKEN=named').and.contain('LANG=de_DE').and.contain('CI=true')
    expect(shown).to.contain(`HOME=${folder()}/home`).and.contain(`TMPDIR=${folder()}/tmp`)
    expect(shown).to.match(/0022\n$/)
    const names = shown.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? [])
    expect(names.filter((name) => !/^(?:_|PWD|OLDPWD|SHLVL|STARTED_IN_LOCKSTEP)$/.test(name))).to.deep.equal(
      ['CI', 'HOME', 'LANG', 'PATH', 'PIPELINE_BUILD', 'PIPELINE_COMMIT', 'PIPELINE_REF'].concat([
        'PIPELINE_REPOSITORY',
        'TMPDIR',
        'TOKEN',
      ]),
    )
  })

  it('runs no hook of its commit, and no filter', async () => {
    server.push({ '.gitattributes': '* filter=trap', file: 'text', ...FILES })
    const commit = server.push({ 'hooks/post-checkout': `#!/bin/sh\ntouch ${scratch.path}/sprung` })
    expect((await build(commit)).result).to.equal('succeeded')
    expect(existsSync(join(scratch.path, 'sprung'))).to.equal(false)
  })

  it('keeps the beginning of long output, says that it was cut, and goes on', async () => {
    surroundings = { ...surroundings, outputAtMost: 1_000 }
    expect((await script('yes | head -c 500000; exit 0')).result).to.equal('succeeded')
    expect(output()).to.match(
      /^(?:y\n){500}\n\[the output has more than 1000 bytes: what follows is left out]\n$/,
    )
  })

  it('hides the values of the variables that it is given, but for short ones', async () => {
    surroundings = { ...surroundings, env: { TOKEN: 'a long secret', LEVEL: '1' } }
    await script('printf "%s %s\\n1" "$TOKEN" "$(printf %s "$TOKEN" | base64)"', {
      environment: ['TOKEN', 'LEVEL'],
    })
    expect(output()).to.match(/^\*\*\* \*\*\*\w*=*\n1$/)
  })

  it('is interrupted when its output cannot be kept, with any exit status', async () => {
    scratch.write('pipeline/builds/b1/output.log/in-the-way', '')
    const ended = await script('exit 0')
    expect(ended.result).to.equal('interrupted')
    expect(ended.why).to.match(/^its output could not be kept: /)
  })

  it('is interrupted when its source cannot be had: that says nothing of the commit', async () => {
    const commit = server.push(FILES)
    server.remove()
    const ended = await build(commit)
    expect(ended.result).to.equal('interrupted')
    expect(ended.why).to.match(/^its source could not be had: /)
  })

  it('is interrupted when lockstep serve stops, also where its command exits with 0 then', async () => {
    const stop = new AbortController()
    const commit = server.push(FILES)
    const started = join(scratch.path, 'started')
    const running = build(
      commit,
      { command: ['sh', '-c', `trap 'exit 0' TERM; touch ${started}; while :; do sleep 0.05; done`] },
      stop.signal,
    )
    while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 10))
    stop.abort()
    expect(await running).to.deep.equal({ result: 'interrupted', why: 'lockstep serve was stopped' })
    expect(readdirSync(folder())).to.deep.equal(['output.log'])
  })

  it('removes folders that it has made read-only', async () => {
    expect((await script('mkdir -p a/b; touch a/b/c; chmod 500 a/b a')).result).to.equal('succeeded')
    expect(readdirSync(folder())).to.deep.equal(['output.log'])
  })

  it('follows no link out of its folders when it removes them', async () => {
    const kept = scratch.write('kept/file', 'text')
    await script(`ln -s ${join(scratch.path, 'kept')} link; ln -s ${join(scratch.path, 'kept')} "$HOME/link"`)
    expect(readFileSync(kept, 'utf8')).to.equal('text')
  })
})
