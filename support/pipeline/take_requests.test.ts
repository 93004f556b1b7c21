import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { Scratch } from '../testing/scratch'
import { BuildRequests } from './build_requests'
import { takeRequests } from './take_requests'

const A = 'a'.repeat(40)
const RED = {
  type: 'build ended',
  build: 'b1',
  result: 'failed',
  why: 'make exited with 2',
  seconds: 1,
} as const

const KINDS: Readonly<Record<string, 'command' | 'reports'>> = { website: 'command', api: 'reports' }

describe('requests for builds', () => {
  let scratch: Scratch
  let requests: BuildRequests
  let log: MemoryPipelineLog
  beforeEach(async () => {
    scratch = new Scratch()
    requests = new BuildRequests(scratch.path)
    log = new MemoryPipelineLog()
    const where = { repository: 'website', commit: A }
    await log.append({
      type: 'commit seen',
      delivery: 'd',
      ref: 'refs/heads/main',
      after: A,
      isToBuild: true,
      ...where,
    })
    await log.append({ type: 'build begun', build: 'b1', ...where })
    await log.append(RED)
  })
  afterEach(() => scratch.remove())

  const take = () => takeRequests(requests, log, (repository) => KINDS[repository])
  const asked = () => log.added.filter(({ type }) => type === 'build asked for')

  it('are left without a look at what lies there, such as a link to another file', async () => {
    requests.open()
    const other = scratch.write('other', 'kept')
    symlinkSync(other, join(requests.path, `website~${A}~ann`))
    requests.leave({ repository: 'website', commit: A, by: 'ann' })
    expect(readFileSync(other, 'utf8')).to.equal('kept')
    expect(await take()).to.deep.equal([])
    expect(asked()).to.have.length(1)
    expect(readFileSync(other, 'utf8')).to.equal('kept')
  })

  it('are no folders, and none waits for what is no request', async () => {
    requests.open()
    mkdirSync(join(requests.path, `website~${A}~ann`, 'within'), { recursive: true })
    requests.leave({ repository: 'website', commit: A, by: 'bob' })
    expect(requests.waiting().map(({ request }) => request?.by)).to.deep.equal(['bob', undefined])
    expect(await take()).to.deep.equal([`"website~${A}~ann" is no request for a build`])
    expect(asked().map((event) => 'by' in event && event.by)).to.deep.equal(['bob'])
  })

  it('are in the journal once, and gone then', async () => {
    requests.open()
    for (const by of ['ann', 'bob@x', '../../etc ~']) requests.leave({ repository: 'website', commit: A, by })
    expect(readdirSync(requests.path)).to.have.length(3)
    expect(await take()).to.deep.equal([])
    expect(asked()).to.have.length(1)
    expect(log.state.commit('website', A)).to.include({ isAskedFor: true, isToBuild: true })
    expect(readdirSync(requests.path)).to.deep.equal([])
    expect(await take()).to.deep.equal([])
  })

  it('come to nothing for what was not pushed, is not tested, or is no request', async () => {
    requests.open()
    requests.leave({ repository: 'website', commit: 'b'.repeat(40), by: 'ann' })
    requests.leave({ repository: 'other', commit: A, by: 'ann' })
    writeFileSync(join(requests.path, 'x'), '')
    mkdirSync(join(requests.path, 'folder'))
    const refused = (await take()).join('\n')
    expect(refused)
      .to.contain('was not pushed')
      .and.contain('"x" is no request')
      .and.contain('"folder" is no')
    expect(asked()).to.deep.equal([])
    expect(readdirSync(requests.path)).to.deep.equal([])
  })

  it('cannot be left where lockstep serve never ran', () => {
    expect(() => requests.leave({ repository: 'website', commit: A, by: 'ann' })).to.throw(
      /again cannot be written: ENOENT.*; say it as the user of lockstep serve/,
    )
    expect(existsSync(requests.path)).to.equal(false)
  })

  it('leave the result of a red commit where it is, when it is tested again', async () => {
    requests.open()
    requests.leave({ repository: 'website', commit: A, by: 'ann' })
    await take()
    await log.append({ type: 'build begun', build: 'b2', repository: 'website', commit: A })
    await log.append({ ...RED, build: 'b2', result: 'succeeded', why: null })
    const { build, earlier, isAskedFor } = log.state.commit('website', A) ?? {}
    expect(isAskedFor).to.equal(false)
    expect([...(earlier ?? []), build].map((each) => `${each?.build} ${each?.state}`)).to.deep.equal([
      'b1 failed',
      'b2 succeeded',
    ])
    expect(log.state.builds).to.deep.equal(['b1', 'b2'])
  })

  it('come to nothing where another CI starts by itself', async () => {
    const where = { repository: 'api', commit: A, ref: 'refs/heads/main', after: A }
    await log.append({ type: 'commit seen', delivery: 'd', isToBuild: true, ...where })
    requests.open()
    requests.leave({ repository: 'api', commit: A, by: 'ann' })
    expect((await take()).join()).to.match(/is of a repository whose tests another CI starts by itself$/)
    expect(asked()).to.deep.equal([])
    expect(requests.waiting()).to.deep.equal([])
  })
})
