import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPipeline } from '../../pipeline/pipeline_journal'
import { readBlocks } from '../docs/blocks'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { RealBuildbot } from './buildbot'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const SECRET = 'a secret of the CI: ü and more'
const PUSHES = 'a secret of those who tell of pushes'
const WITHIN_MS = 180_000

describe('another CI, which reports to lockstep serve', () => {
  let scratch: Scratch
  let website: GitRepository
  let port: number
  let serving: Running | undefined
  let buildbot: RealBuildbot | undefined

  before(async () => {
    scratch = new Scratch()
    website = new GitRepository(scratch.path)
    port = await freePort()
    scratch.write('ci.key', `${SECRET}\n`, 0o600)
    scratch.write('push.key', PUSHES, 0o600)
    scratch.write(
      'lockstep.yaml',
      `pipeline:
  spool: spool
  listen: { port: ${port} }
  repositories:
    website:
      url: ${website.url}
      branches: [main]
      trigger: [hook, { hmac: { secret: { file: push.key } } }]
      ci: { reports: { secret: { file: ci.key } } }
`,
    )
    lockstep('hook', '--install', website.url)
    await serve()
  })
  after(async () => {
    await buildbot?.stop()
    await serving?.stop()
    scratch.remove()
  })

  const address = () => `http://127.0.0.1:${port}`
  async function serve(): Promise<void> {
    const args = [
      LOCKSTEP,
      'serve',
      '--config',
      join(scratch.path, 'lockstep.yaml'),
      '--state',
      join(scratch.path, 'state'),
    ]
    serving = start(process.execPath, args, join(scratch.path, 'serve.log'))
    const isUp = async () => (await fetch(`${address()}/healthz`).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', serving, isUp, 120_000)
  }
  const kill = () => serving?.stop('SIGKILL')

  function lockstep(...args: string[]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      cwd: scratch.path,
      encoding: 'utf8',
      env: { ...process.env, LOCKSTEP_STATE: 'state' },
    })
    return { text: `${stdout}${stderr}`, status }
  }
  /** Returns the line of `lockstep pipeline` on a commit, and those below it. */
  function shown(commit: string): string {
    const [, text = ''] = lockstep('pipeline', '--all').text.split(`  ${commit.slice(0, 12)}  `)
    return text.split(/\n {2}(?! )/)[0] ?? ''
  }
  async function until(commit: string, words: string): Promise<void> {
    for (
      const end = Date.now() + WITHIN_MS;
      !shown(commit).includes(words);
      await new Promise((done) => setTimeout(done, 500))
    )
      if (Date.now() > end)
        throw new Error(
          `never: ${words}\n${lockstep('pipeline').text}\n${readFileSync(join(scratch.path, 'serve.log'), 'utf8')}\n${buildbot?.log().slice(-6_000)}`,
        )
  }
  const push = (content: string) => website.push({ Makefile: content })
  const endsOf = (commit: string) => {
    const { events, faults } = readPipeline(join(scratch.path, 'state'))
    expect(faults).to.deep.equal([])
    const builds = events.flatMap((each) =>
      each.type === 'build begun' && each.commit === commit ? [each.build] : [],
    )
    return events.flatMap((each) =>
      each.type === 'build ended' && builds.includes(each.build) ? [each.result] : [],
    )
  }

  /** Runs the block of the page as a job does. */
  function curl(commit: string, build: string, state: string, key = 'ci.key') {
    const block = readBlocks('docs/other-ci.md').find(
      ({ language, text }) => language === 'sh' && text.includes('curl'),
    )
    const script = (block?.text ?? 'false').replace('ci.key', key)
    const env = { ...process.env, commit, build, state, serve: address() }
    const { stdout, stderr, status } = spawnSync('sh', ['-ec', script], {
      cwd: scratch.path,
      encoding: 'utf8',
      env,
    })
    return { text: `${stdout}${stderr}`, status }
  }
  const report = (commit: string, build: string, state: string) =>
    lockstep(
      'pipeline',
      'website',
      '--report',
      state,
      '--commit',
      commit,
      '--build',
      build,
      '--to',
      address(),
      '--secret',
      'ci.key',
    )

  it('is believed by curl and openssl, and by the command, also before its commit is seen', async () => {
    const early = website.commit({ Makefile: 'early' })
    expect(curl(early, 'job-1', 'started')).to.include({ status: 0 })
    expect(report(early, 'job-1', 'succeeded')).to.deep.equal({
      text: `website: it is taken that build job-1 of ${early.slice(0, 12)} has succeeded.\n`,
      status: 0,
    })
    expect(lockstep('pipeline').text).not.to.include('passed')
    await kill()
    website.git('push', '--quiet', website.url, 'HEAD:refs/heads/main')
    await serve()
    await until(early, 'tests passed')
    expect(curl(early, 'job-2', 'failed').status).to.equal(0)
    await until(early, 'tests FAILED: build job-2 of its CI has failed')
    expect(curl(early, 'job-2', 'succeeded').status).to.equal(0)
    expect(lockstep('pipeline', 'website', '--again', early)).to.include({ status: 2 })
    await until(early, 'tests FAILED: build job-2 of its CI has failed')
  })

  it('is not believed with the secret of pushes, nor when its bytes are sent again', async () => {
    const commit = push('red')
    await until(commit, 'not tested')
    const forged = curl(commit, 'job-3', 'succeeded', 'push.key')
    expect(forged.status).to.equal(22)
    expect(forged.text).to.include('does not prove that it may use it')
    const body = JSON.stringify({
      id: '1',
      at: new Date().toISOString(),
      repository: 'website',
      commit,
      build: 'job-3',
      state: 'succeeded',
    })
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-hmac', SECRET, '-r'], {
      input: body,
      encoding: 'utf8',
    })
    const send = async () => {
      const headers = { 'x-lockstep-signature': `sha256=${digest.slice(0, 64)}` }
      const answer = await fetch(`${address()}/ci/website`, { method: 'POST', body, headers })
      return (await answer.json()) as object
    }
    expect(await send()).to.include({ isNew: true })
    await until(commit, 'tests passed')
    expect(report(commit, 'job-4', 'failed').status).to.equal(0)
    await until(commit, 'tests FAILED')
    expect(await send()).to.include({ isNew: false })
    await kill()
    await serve()
    expect(await send()).to.include({ isNew: false })
    await until(commit, 'tests FAILED')
    expect(endsOf(commit)).to.deep.equal(['succeeded', 'failed'])
  })

  it('is Buildbot: a push is built there, and lockstep serve is killed between start and end', async () => {
    push('before Buildbot, which begins from here')
    buildbot = await RealBuildbot.start(scratch, {
      repository: website.url,
      serve: address(),
      secret: SECRET,
    })
    const gate = join(scratch.path, 'gate')
    const green = push(`test:\n\twhile [ ! -e ${gate} ]; do sleep 0.2; done\n`)
    await until(green, 'is being tested since')
    await kill()
    scratch.write('gate', '')
    // The build ends while lockstep serve is away, and its report is sent again.
    for (
      const end = Date.now() + WITHIN_MS;
      !buildbot.log().includes('lockstep serve has not taken a report');
    )
      if (Date.now() > end) throw new Error(buildbot.log().slice(-6_000))
      else await new Promise((done) => setTimeout(done, 500))
    await serve()
    await until(green, 'tests passed')
    expect(endsOf(green)).to.deep.equal(['succeeded'])
    expect(shown(green)).to.match(/as build website-\d+ of its CI/)

    const red = push('test:\n\tfalse\n')
    await until(red, 'tests FAILED')
    expect(shown(red)).to.match(
      /: build website-\d+ of its CI has failed\n {6}see https:\/\/buildbot\.example\.net\/#/,
    )
    expect(existsSync(join(scratch.path, 'worker', 'website', 'build', 'Makefile'))).to.equal(true)
  })
})
