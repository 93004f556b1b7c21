import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { RepositorySettings } from '../config/pipeline_setting'
import { runCommand } from '../system/command'
import { FakeClock } from '../testing/fake_clock'
import { GitRepository } from '../testing/git_repository'
import { Killed, MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { Scratch } from '../testing/scratch'
import { testedAs } from './build_result'
import type { PipelineState } from './pipeline_state'
import { openWorker } from './worker'

const MAIN = 'refs/heads/main'

describe('the worker of a pipeline', () => {
  let scratch: Scratch
  let server: GitRepository
  let clock: FakeClock
  let over: AbortController
  let ids: number
  let troubles: string[]
  let onTrouble: () => void

  beforeEach(() => {
    scratch = new Scratch()
    server = new GitRepository(scratch.path)
    clock = new FakeClock()
    over = new AbortController()
    ids = 0
    troubles = []
    onTrouble = () => {}
  })
  afterEach(() => scratch.remove())

  const open = (
    log: MemoryPipelineLog,
    command: readonly string[] | undefined = ['./test'],
    build: RepositorySettings['build'] = command.length === 0
      ? undefined
      : { kind: 'command', command, within: 60_000, environment: [] },
  ) => {
    const settings: RepositorySettings = {
      name: 'website',
      url: server.url,
      branches: ['main'],
      tags: [],
      triggers: [],
      build,
    }
    return openWorker({
      log,
      spool: scratch.path,
      repositories: [settings],
      state: scratch.path,
      clock,
      run: runCommand,
      env: {},
      newId: () => `b${(ids += 1)}`,
      onTrouble: (sentence) => {
        troubles.push(sentence)
        onTrouble()
      },
    })
  }
  const push = (exit: number) => server.push({ test: `#!/bin/sh\nexit ${exit} # ${(ids += 1)}\n` })
  const tested = (state: PipelineState, commit: string) => testedAs(state, 'website', commit)

  it('carries a push to the result of its build, and the next one after a wake-up', async () => {
    const log = new MemoryPipelineLog()
    const worker = open(log)
    const red = push(1)
    await log.take('d1', MAIN, red)
    const work = worker.work(over.signal)
    await log.until((state) => tested(state, red) === 'failed')
    expect(log.state.commit('website', red)?.build?.why).to.equal('./test exited with 1')
    const green = push(0)
    await log.take('d2', MAIN, green)
    expect(tested(log.state, green)).to.equal('not built')
    worker.wake()
    await log.until((state) => tested(state, green) === 'passed')
    over.abort()
    await work
    expect(log.added.map(({ type }) => type)).to.deep.equal([
      'push taken',
      'commit seen',
      'build begun',
      'build ended',
      'push taken',
      'commit seen',
      'build begun',
      'build ended',
    ])
  })

  it('never says of a commit that it passed where no command is configured', async () => {
    const log = new MemoryPipelineLog()
    const commit = push(0)
    await log.take('d1', MAIN, commit)
    const work = open(log, []).work(over.signal)
    await log.until((state) => state.commits.length === 1)
    over.abort()
    await work
    expect(tested(log.state, commit)).to.equal('not built')
    // A command that is configured later is not run for all that was pushed before.
    over = new AbortController()
    const later = open(log)
    const next = push(0)
    await log.take('d2', MAIN, next)
    const more = later.work(over.signal)
    await log.until((state) => tested(state, next) === 'passed')
    over.abort()
    await more
    expect(tested(log.state, commit)).to.equal('not built')
  })

  it('leaves a build that runs in another CI, until its commits are tested otherwise', async () => {
    const log = new MemoryPipelineLog()
    const commit = push(0)
    await log.take('d1', MAIN, commit)
    const reports = { kind: 'reports', secret: 'a secret of the CI', within: 60_000 } as const
    const report = async (state: 'started' | 'succeeded', id: string) => {
      const told = { report: id, repository: 'website', commit, build: '12', state, url: null }
      await log.append({ type: 'report taken', reportedAt: new Date(0).toISOString(), ...told })
    }
    const first = open(log, [], reports).work(over.signal)
    await report('started', 'r1')
    await log.until((state) => tested(state, commit) === 'running')
    over.abort()
    await first
    over = new AbortController()
    const second = open(log, [], reports).work(over.signal)
    await report('succeeded', 'r2')
    await log.until((state) => tested(state, commit) === 'passed')
    over.abort()
    await second
    expect(log.added.flatMap((each) => (each.type === 'build ended' ? [each.result] : []))).to.deep.equal([
      'succeeded',
    ])

    const next = push(0)
    over = new AbortController()
    await log.take('d2', MAIN, next)
    const elsewhere = { ci: 'reports', build: '13', url: null } as const
    const third = open(log, [], reports).work(over.signal)
    await log.until((state) => state.commit('website', next) !== undefined)
    over.abort()
    await third
    await log.append({ type: 'build begun', build: 'ci-13', repository: 'website', commit: next, elsewhere })
    over = new AbortController()
    const fourth = open(log).work(over.signal)
    await log.until((state) => tested(state, next) === 'passed')
    over.abort()
    await fourth
    expect(log.state.commit('website', next)?.build?.elsewhere).to.equal(undefined)
  })

  it('asks again when the server is back', async () => {
    const log = new MemoryPipelineLog()
    const commit = push(0)
    await log.take('d1', MAIN, commit)
    renameSync(server.url, `${server.url}.away`)
    const told = new Promise<void>((resolve) => (onTrouble = resolve))
    const work = open(log).work(over.signal)
    await told
    expect(troubles[0]).to.match(/^the repository website cannot be asked: .*; it is asked again in 1 s$/)
    renameSync(`${server.url}.away`, server.url)
    while (clock.pending.length === 0) await new Promise(setImmediate)
    await clock.next()
    await log.until((state) => tested(state, commit) === 'passed')
    over.abort()
    await work
  })

  it('ends the build that is under way when it stops, and begins it anew in another folder', async () => {
    const log = new MemoryPipelineLog()
    const started = join(scratch.path, 'started')
    const commit = server.push({
      test: `#!/bin/sh\ntest -e ${started} && exit 0\necho $$ > ${started}\nexec sleep 600\n`,
    })
    await log.take('d1', MAIN, commit)
    const work = open(log).work(over.signal)
    while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(tested(log.state, commit)).to.equal('running')
    over.abort()
    await work
    expect(log.state.commit('website', commit)?.build).to.include({
      build: 'b1',
      state: 'interrupted',
      why: 'lockstep serve was stopped',
    })
    expect(tested(log.state, commit)).to.equal('not built')
    over = new AbortController()
    const again = open(log).work(over.signal)
    await log.until((state) => tested(state, commit) === 'passed')
    over.abort()
    await again
    expect(log.state.commit('website', commit)?.build?.build).to.equal('b2')
    expect(readdirSync(join(scratch.path, 'pipeline', 'builds'))).to.deep.equal(['b2'])
  })

  it('ends with the fault of its journal, and with it the build that is under way', async () => {
    const log = new MemoryPipelineLog([], 3)
    const commit = push(0)
    await log.take('d1', MAIN, commit)
    const end = await open(log)
      .work(over.signal)
      .catch((error: unknown) => error)
    expect(end).to.be.instanceOf(Killed)
    const after = new MemoryPipelineLog(log.events)
    expect(tested(after.state, commit)).to.equal('running')
    const work = open(after).work(over.signal)
    await after.until((state) => tested(state, commit) === 'passed')
    over.abort()
    await work
    expect(after.added[0]).to.include({
      type: 'build ended',
      build: 'b2',
      result: 'interrupted',
      seconds: null,
    })
  })

  it('gives up a commit that the repository says three times that it does not have', async () => {
    const log = new MemoryPipelineLog()
    push(0)
    const gone = 'b'.repeat(40)
    const seen = { repository: 'website', ref: MAIN, after: gone, commit: gone, isToBuild: true }
    await log.append({ type: 'commit seen', delivery: 'd1', ...seen })
    const work = open(log).work(over.signal)
    while (log.state.commit('website', gone)?.gone === undefined)
      if (clock.pending.length > 0) await clock.next()
      else await new Promise(setImmediate)
    over.abort()
    await work
    expect(log.added.filter(({ type }) => type === 'build ended')).to.have.length(3)
    expect(log.state.commit('website', gone)).to.include({
      isToBuild: false,
      gone: 'the repository has no commit bbbbbbbbbbbb any more',
    })
    expect(tested(log.state, gone)).to.equal('not built')
    // A push of it begins again.
    await log.append({ type: 'commit seen', delivery: 'd2', ...seen })
    expect(log.state.commit('website', gone)).to.include({ isToBuild: true, gone: undefined })
  })

  it('tests a red commit again when somebody asks for it, and believes the last result', async () => {
    const log = new MemoryPipelineLog()
    const ran = join(scratch.path, 'ran')
    const flaky = server.push({ test: `#!/bin/sh\ntest -e ${ran} && exit 0\ntouch ${ran}\nexit 1\n` })
    await log.take('d1', MAIN, flaky)
    const worker = open(log)
    const work = worker.work(over.signal)
    await log.until((state) => tested(state, flaky) === 'failed')
    await log.append({ type: 'build asked for', repository: 'website', commit: flaky, by: 'ann' })
    worker.wake()
    await log.until((state) => tested(state, flaky) === 'passed')
    over.abort()
    await work
    expect(log.state.commit('website', flaky)?.earlier.map(({ state }) => state)).to.deep.equal(['failed'])
  })

  it('removes what a killed worker has left, but not the output', async () => {
    const left = scratch.write('pipeline/builds/old/source/file', '')
    const output = scratch.write('pipeline/builds/old/output.log', 'printed')
    const work = open(new MemoryPipelineLog()).work(over.signal)
    while (existsSync(left)) await new Promise(setImmediate)
    over.abort()
    await work
    expect(readFileSync(output, 'utf8')).to.equal('printed')
  })
})
