import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { testedAs } from '../../pipeline/build_result'
import type { PipelineEvent } from '../../pipeline/events'
import { openPipelineJournal, readPipeline } from '../../pipeline/pipeline_journal'
import { PipelineState } from '../../pipeline/pipeline_state'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { untilGone } from '../until_gone'
import { freePort, start, untilReady, type Running } from './processes'

const MAIN = 'refs/heads/main'
const WORKER = resolve(__dirname, '..', 'pipeline_worker.ts')
const WITHIN_MS = 120_000

describe('the builds of a pipeline, from a git server, by a process that is killed', () => {
  let scratch: Scratch
  let server: GitRepository
  let port: number
  let config: string
  const running: Running[] = []

  beforeEach(async () => {
    scratch = new Scratch()
    server = new GitRepository(scratch.path)
    port = await freePort()
    config = scratch.write(
      'lockstep.yaml',
      JSON.stringify({
        pipeline: {
          repositories: {
            website: {
              url: `git://127.0.0.1:${port}/website.git`,
              branches: ['main'],
              trigger: ['hook'],
              ci: { command: ['./test'] },
            },
          },
        },
      }),
    )
  })
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop('SIGKILL')
    scratch.remove()
  })

  const begin = (program: string, ...args: string[]) => {
    const one = start(program, args, join(scratch.path, 'log'))
    running.push(one)
    return one
  }
  const state = () => PipelineState.of(readPipeline(scratch.path).events)
  const log = () => readFileSync(join(scratch.path, 'log'), 'utf8')
  const gitServer = () =>
    begin(
      'git',
      'daemon',
      '--reuseaddr',
      '--export-all',
      '--listen=127.0.0.1',
      `--port=${port}`,
      `--base-path=${scratch.path}`,
    )
  const worker = () =>
    begin(process.execPath, '-r', 'ts-node/register/transpile-only', WORKER, scratch.path, config)
  const take = async (...after: string[]) => {
    const journal = openPipelineJournal(scratch.path, () => 0)
    for (const commit of after) {
      const changes = [{ ref: MAIN, before: null, after: commit }]
      const pushed = { delivery: commit, repository: 'website', teller: 'hook', by: null, changes } as const
      await journal.append({ type: 'push taken', ...pushed } satisfies PipelineEvent)
    }
    await journal.close()
  }
  const until = (one: Running, what: string, test: () => boolean) =>
    untilReady(what, one, async () => test(), WITHIN_MS)

  it('take a push while the server is away, and build it when the server is back', async () => {
    const commit = server.push({ test: '#!/bin/sh\necho well\n' })
    await take(commit)
    const one = worker()
    await until(one, 'a server that is away', () => log().includes('the repository website cannot be asked'))
    expect(state().commits).to.deep.equal([])
    gitServer()
    await until(one, 'the build', () => testedAs(state(), 'website', commit) === 'passed')
    await one.stop()
    expect(
      readFileSync(join(scratch.path, 'pipeline', 'builds', buildOf(commit), 'output.log'), 'utf8'),
    ).to.equal('well\n')
  })

  it('begin anew after kill -9 in mid-build, when all of the first one has been ended', async () => {
    const pids = join(scratch.path, 'pids')
    const slow = server.push({ test: `#!/bin/sh\nsetsid -f sleep 600\necho $$ >> ${pids}\nexec sleep 600\n` })
    gitServer()
    await take(slow)
    const first = worker()
    await until(first, 'the build', () => existsSync(pids))
    const orphan = readFileSync(pids, 'utf8').trim()
    first.child.kill('SIGKILL')
    await new Promise((resolve) => first.child.once('exit', resolve))
    expect(existsSync(`/proc/${orphan}`)).to.equal(true)
    const killed = buildOf(slow)

    // What comes later waits for its turn.
    const later = server.push({ test: '#!/bin/sh\nexit 1\n' })
    await take(later)
    const second = worker()
    await until(second, 'the second build', () => readFileSync(pids, 'utf8').trim().split('\n').length === 2)
    await untilGone(orphan)
    expect(buildOf(slow)).not.to.equal(killed)
    expect(testedAs(state(), 'website', slow)).to.equal('running')
    const build = readFileSync(pids, 'utf8').trim().split('\n')[1] ?? ''
    process.kill(Number(build), 'SIGKILL')
    await until(second, 'both results', () => testedAs(state(), 'website', later) === 'failed')
    expect(state().commit('website', slow)?.build).to.include({
      state: 'failed',
      why: './test was ended by SIGKILL',
    })
    await second.stop()
    const { events, faults } = readPipeline(scratch.path)
    expect(faults).to.deep.equal([])
    expect(
      events.flatMap((event) => (event.type === 'build ended' ? [`${event.result}: ${event.why}`] : [])),
    ).to.deep.equal([
      'interrupted: lockstep serve ended before it',
      'failed: ./test was ended by SIGKILL',
      'failed: ./test exited with 1',
    ])
  })

  it('lose no push and build none twice, however often the process is killed', async () => {
    gitServer()
    const commits = [0, 1, 2, 3].map((exit) =>
      server.push({ test: `#!/bin/sh\nsleep 0.2\nexit ${exit % 2} # ${exit}\n` }),
    )
    await take(...commits)
    for (const ms of [1_500, 1_700, 1_900, 2_100, 2_400, 2_800]) {
      const one = worker()
      await new Promise((resolve) => setTimeout(resolve, ms))
      one.child.kill('SIGKILL')
    }
    const last = worker()
    await until(last, 'all results', () =>
      commits.every((commit) => ['passed', 'failed'].includes(testedAs(state(), 'website', commit))),
    )
    await last.stop()
    expect(commits.map((commit) => testedAs(state(), 'website', commit))).to.deep.equal([
      'passed',
      'failed',
      'passed',
      'failed',
    ])
    const { events } = readPipeline(scratch.path)
    const ends = events.filter((event) => event.type === 'build ended' && event.result !== 'interrupted')
    expect(ends).to.have.length(commits.length)
    for (const build of readdirSync(join(scratch.path, 'pipeline', 'builds')))
      expect(readdirSync(join(scratch.path, 'pipeline', 'builds', build))).to.deep.equal(['output.log'])
  })

  function buildOf(commit: string): string {
    return state().commit('website', commit)?.build?.build ?? ''
  }
})
