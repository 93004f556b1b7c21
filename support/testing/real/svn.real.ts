import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const WITHIN_MS = 120_000
/** Enough for a fetch that is still under way when it is killed. */
const MANY = 60

describe('a Subversion repository, by svnserve, its hook and lockstep serve', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let port: number
  let svnPort: number
  let copy: string
  let server: Running | undefined
  let serving: Running | undefined

  before(async () => {
    scratch = new Scratch()
    ;[port, svnPort] = [await freePort(), await freePort()]
    copy = at('copy')
    run('svnadmin', 'create', at('website'))
    writeFileSync(join(at('website'), 'conf', 'svnserve.conf'), '[general]\nanon-access = write\n')
    scratch.write(
      'lockstep.yaml',
      `environments: {}
pipeline:
  spool: spool
  listen: { port: ${port} }
  repositories:
    website:
      svn: ${url()}
      branches: ['*']
      tags: ['*']
      trigger: [hook]
      ci: { command: [sh, test.sh] }
`,
    )
    await serveSvn()
    svn('mkdir', '--message', 'layout', `${url()}/trunk`, `${url()}/branches`, `${url()}/tags`)
    svn('checkout', `${url()}/trunk`, copy)
  })
  after(async () => {
    await serving?.stop('SIGKILL')
    await server?.stop()
    scratch.remove()
  })

  const at = (name: string) => join(scratch.path, name)
  const url = () => `svn://127.0.0.1:${svnPort}/website`
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LC_ALL: 'C.UTF-8' }
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  const svn = (...args: string[]) => run('svn', '--non-interactive', ...args)
  const lockstep = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      cwd: scratch.path,
      encoding: 'utf8',
    })
    return { text: `${stdout}${stderr}`.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then'), status }
  }
  const commit = (test: string) => {
    const path = join(copy, 'test.sh')
    const isNew = !existsSync(path)
    writeFileSync(path, test)
    if (isNew) svn('add', path)
    const { stdout, stderr } = spawnSync(
      'svn',
      ['--non-interactive', 'commit', '--message', 'change', copy],
      {
        encoding: 'utf8',
        env,
      },
    )
    return `${stdout}${stderr}`.trim()
  }
  const serveSvn = async () => {
    const args = ['--daemon', '--foreground', '--listen-host=127.0.0.1', `--listen-port=${svnPort}`]
    server = start('svnserve', [...args, `--root=${scratch.path}`], at('svnserve.log'))
    await untilReady(
      'svnserve',
      server,
      async () => spawnSync('svn', ['info', url()]).status === 0,
      WITHIN_MS,
    )
  }
  const serve = async () => {
    serving = start(
      process.execPath,
      [LOCKSTEP, 'serve', '--config', at('lockstep.yaml'), '--state', at('.lockstep')],
      at('serve.log'),
    )
    await untilReady(
      'lockstep serve',
      serving,
      async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200,
      WITHIN_MS,
    )
  }
  const shows = async (pattern: RegExp) => {
    for (
      const end = Date.now() + 2 * WITHIN_MS;
      !pattern.test(lockstep('pipeline', '--all').text);
      await pause()
    )
      if (Date.now() > end)
        throw new Error(`it never showed ${pattern}:\n${lockstep('pipeline', '--all').text}\n${log()}`)
  }
  const log = () => run('tail', '-n', '20', at('serve.log'))
  const mirror = () => at('.lockstep/pipeline/mirrors/website.git')
  const git = (...args: string[]) => run('git', `--git-dir=${mirror()}`, ...args)
  /** Counts all lines of a result, over all commits. */
  const count = (pattern: RegExp) => [...lockstep('pipeline', '--all').text.matchAll(pattern)].length

  it('has its revisions kept while nothing serves, and each is tested afterwards: red, then green', async () => {
    const installed = lockstep('hook', '--install', 'website')
    expect(installed.text).to.contain('hooks/post-commit is written. Revisions of website are left in')
    expect(lockstep('hook', '--install', 'website').text).to.contain('is there already')
    expect(commit('exit 3\n')).to.match(/Committed revision 2\.$/)
    expect(commit('exit 0\n')).to.match(/Committed revision 3\.$/)
    expect(lockstep('pipeline').text).to.contain('2 revisions in ')
    await server?.stop()
    await serve()
    const away = () =>
      lockstep('pipeline').text.includes('2 revisions in ') && log().includes('cannot be followed')
    if (serving !== undefined)
      await untilReady('a server that is away', serving, async () => away(), WITHIN_MS)
    await serveSvn()
    await shows(
      new RegExp(
        `^website: 2 commits\n  [0-9a-f]{12}  trunk  then  tests passed in .* s\n  [0-9a-f]{12}  trunk  then  tests FAILED after .* s: sh exited with 3\n`,
      ),
    )
    expect(git('show', 'trunk:test.sh')).to.equal('exit 0')
    expect(readdirSync(at('spool/revisions/new'))).to.deep.equal([])
  })

  it('has a tag tested at the commit of its own, and once more where somebody commits to it', async () => {
    svn('copy', '--message', 'tag', `${url()}/trunk`, `${url()}/tags/v1`)
    await shows(/ {2}tag v1 {2}then {2}tests passed/)
    expect(git('rev-parse', 'v1^{tree}')).to.equal(git('rev-parse', 'trunk^{tree}'))
    const before = git('rev-parse', 'v1')
    svn('checkout', `${url()}/tags/v1`, at('tag'))
    writeFileSync(join(at('tag'), 'test.sh'), 'exit 4\n')
    svn('commit', '--message', 'no tag any more', at('tag'))
    await shows(/ {2}tag v1 {2}then {2}tests FAILED after .*: sh exited with 4/)
    expect(git('rev-parse', 'v1')).not.to.equal(before)
  })

  it('is told of twice, and tested once', async () => {
    const [commits, ends] = [git('rev-list', '--all'), count(/tests (?:passed|FAILED)/g)]
    const hook = join(at('website'), 'hooks', 'post-commit')
    // Subversion gives a hook no variables.
    for (const revision of ['3', '5', '1'])
      execFileSync('/usr/bin/env', ['-i', hook, at('website'), revision, ''], { cwd: '/' })
    await shows(/^website: /)
    for (let tries = 0; readdirSync(at('spool/revisions/new')).length > 0; tries += 1)
      if (tries > 600) throw new Error(`they were never taken: ${log()}`)
      else await new Promise((done) => setTimeout(done, 100))
    commit('exit 0 # after them\n')
    await shows(/ {2}trunk {2}then {2}tests passed(?:.|\n)*trunk {2}then {2}tests passed/)
    expect(count(/tests (?:passed|FAILED)/g)).to.equal(ends + 1)
    expect(git('rev-list', '--all').split('\n')).to.have.length(commits.split('\n').length + 1)
  })

  it('is tested at exactly its last revision where lockstep serve is killed with -9 in mid-fetch', async () => {
    await serving?.stop('SIGKILL')
    const hook = join(at('website'), 'hooks', 'post-commit')
    execFileSync('chmod', ['-x', hook])
    for (let next = 1; next < MANY; next += 1) commit(`exit 9 # ${next}\n`)
    execFileSync('chmod', ['+x', hook])
    commit('exit 0 # last\n')
    svn('copy', '--message', 'tag', `${url()}/trunk`, `${url()}/tags/v2`)
    const ends = count(/tests (?:passed|FAILED)/g)
    const kept = () => Number(git('rev-list', '--count', 'refs/remotes/svn/trunk'))
    for (const more of [5, 10, 15]) {
      const from = kept()
      await serve()
      for (let tries = 0; kept() < Math.min(from + more, MANY) && tries < 3000; tries += 1)
        await new Promise((done) => setTimeout(done, 20))
      expect(existsSync(at('.lockstep/pipeline/mirrors/website.unsure')), log()).to.equal(true)
      await serving?.stop('SIGKILL')
    }
    await serve()
    await shows(/tag v2 {2}then {2}tests passed(?:.|\n)*trunk {2}then {2}tests passed/)
    // What no hook has told of is part of the next one: no revision between is tested by itself.
    expect(count(/tests (?:passed|FAILED)/g)).to.equal(ends + 2)
    expect(git('show', 'trunk:test.sh')).to.equal('exit 0 # last')
    expect(git('fsck', '--no-progress', '--no-dangling')).to.not.match(/error|missing|broken/)
    const revisions = git('log', '--format=%(trailers:key=git-svn-id,valueonly)', 'trunk')
      .split('\n')
      .flatMap((line) => /@(\d+) /.exec(line)?.[1] ?? [])
      .map(Number)
    const committed = svn('log', '--quiet', `${url()}/trunk`)
      .split('\n')
      .flatMap((line) => /^r(\d+)/.exec(line)?.[1] ?? [])
      .map(Number)
    expect(revisions).to.deep.equal(committed)
  })

  it('has a mirror that hosts can fetch a tag from', async () => {
    const gitPort = await freePort()
    const address = ['--listen=127.0.0.1', `--port=${gitPort}`]
    const below = `--base-path=${at('.lockstep/pipeline/mirrors')}`
    const daemon = start('git', ['daemon', '--export-all', ...address, below], at('git-daemon.log'))
    const from = `git://127.0.0.1:${gitPort}/website.git`
    try {
      const answers = () => spawnSync('git', ['ls-remote', from]).status === 0
      await untilReady('git daemon', daemon, async () => answers(), WITHIN_MS)
      mkdirSync(at('host'))
      run('git', 'init', '--quiet', '--bare', at('host'))
      run('git', `--git-dir=${at('host')}`, 'fetch', '--quiet', from, 'refs/tags/v2:refs/tags/v2')
      expect(run('git', `--git-dir=${at('host')}`, 'show', 'v2:test.sh')).to.equal('exit 0 # last')
    } finally {
      await daemon.stop()
    }
  })

  it('keeps a commit where the spool is away, tells who commits, and has it taken with the next one', async () => {
    run('mv', at('spool/revisions/tmp'), at('spool/revisions/gone'))
    expect(commit('exit 0 # unheard\n')).to.match(
      /Committed revision \d+\.\n(?:.|\n)*the pipeline does not know of r\d+: .*tmp cannot be written/,
    )
    run('mv', at('spool/revisions/gone'), at('spool/revisions/tmp'))
    const before = count(/tests (?:passed|FAILED)/g)
    svn('mkdir', '--message', 'another', `${url()}/wiki`)
    for (const end = Date.now() + WITHIN_MS; count(/tests (?:passed|FAILED)/g) <= before && Date.now() < end;)
      await pause()
    expect(git('show', 'trunk:test.sh')).to.equal('exit 0 # unheard')
  })
})

/** Waits for a moment between two looks: each is a process, which takes time from what is waited for. */
function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 300))
}
