import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'
const WITHIN_MS = 120_000

describe('a push on its way through lockstep serve', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let port: number
  let website: GitRepository
  let serving: Running | undefined
  before(async () => {
    scratch = new Scratch()
    port = await freePort()
    website = new GitRepository(scratch.path)
    scratch.write(
      'lockstep.yaml',
      `environments: {}
pipeline:
  spool: spool
  listen: { port: ${port} }
  repositories:
    website:
      url: ${website.url}
      branches: [main]
      tags: [v*]
      trigger: [hook]
      ci: { command: [sh, test.sh] }
`,
    )
  })
  after(async () => {
    await serving?.stop()
    scratch.remove()
  })

  const at = (name: string) => join(scratch.path, name)
  const lockstep = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      cwd: scratch.path,
      encoding: 'utf8',
    })
    return { text: `${stdout}${stderr}`.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then'), status }
  }
  const push = (test: string) => website.push({ 'test.sh': test }).slice(0, 12)
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
      120_000,
    )
  }
  const shows = async (pattern: RegExp) => {
    for (const end = Date.now() + WITHIN_MS; !pattern.test(lockstep('pipeline').text); await pause())
      if (Date.now() > end) throw new Error(`it never showed ${pattern}:\n${lockstep('pipeline').text}`)
  }

  it('is kept while nothing serves, and is taken and tested afterwards', async () => {
    expect(lockstep('pipeline')).to.deep.include({ status: 1 })
    expect(lockstep('hook', '--install', 'website.git').status).to.equal(0)
    const green = push('exit 0')
    const red = push('echo ill; exit 3')
    const waiting = lockstep('pipeline')
    expect(waiting.text).to.contain('lockstep serve does not run here')
    expect(waiting.text).to.contain(`2 pushes in ${at('spool')}: lockstep serve has not taken them yet`)
    await serve()
    await shows(/tests passed/)
    const { text, status } = lockstep('pipeline')
    expect(status).to.equal(0)
    expect(text).to.match(
      new RegExp(`^website: 2 commits\n  ${red}  main  then  tests FAILED after .* s: sh exited with 3\n`),
    )
    expect(text).to.match(new RegExp(`\n  ${green}  main  then  tests passed in .* s\n$`))
    const [, output = ''] = /see (\S+)/.exec(text) ?? []
    expect(existsSync(join(scratch.path, output)), output).to.equal(true)
  })

  it('that moves a tag to a commit that was tested starts no second test', async () => {
    website.send('HEAD~1', 'refs/tags/v1')
    await shows(/main, tag v1 {2}then {2}tests passed/)
    const { builds } = countIn(lockstep('pipeline', '--json').text)
    expect(builds).to.equal(2)
  })

  it('is tested again while lockstep serve runs, when somebody asks for it, and both results stay', async () => {
    const mark = at('flaky')
    const flaky = push(`[ -e ${mark} ] && exit 0; touch ${mark}; exit 1`)
    await shows(new RegExp(`${flaky}  main  then  tests FAILED`))
    const unknown = lockstep('pipeline', 'website', '--again', 'ffff')
    expect(unknown.text).to.match(/^no commits of website that were pushed begin with "ffff"; expected one: /)
    expect(unknown.status).to.equal(2)
    const { text, status } = lockstep('pipeline', 'website', '--again', flaky)
    expect({ text, status }).to.deep.equal({
      text: `website: ${flaky} is tested again soon; its earlier results stay.\n`,
      status: 0,
    })
    await shows(
      new RegExp(
        `${flaky}  main  then  tests passed in .* s\n      before: tests FAILED after .*output.log\n`,
      ),
    )
  })

  it('is tested again from its beginning where lockstep serve was killed with -9', async () => {
    const mark = at('begun')
    const slow = push(`[ -e ${mark} ] && exit 0; touch ${mark}; sleep 60`)
    await shows(new RegExp(`${slow}  main  then  is being tested`))
    while (!existsSync(mark)) await new Promise((done) => setTimeout(done, 50))
    await serving?.stop('SIGKILL')
    expect(lockstep('pipeline').text).to.contain('was being tested when lockstep serve ended')
    await serve()
    await shows(new RegExp(`${slow}  main  then  tests passed`))
  })
})

function countIn(json: string): { builds: number } {
  const { repositories } = JSON.parse(json) as { repositories: { commits: { build: unknown }[] }[] }
  return {
    builds: repositories.flatMap(({ commits }) => commits).filter(({ build }) => build !== null).length,
  }
}

/** Waits for a moment between two looks: each is a process, which takes time from what is waited for. */
function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 300))
}
