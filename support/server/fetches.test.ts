import { expect } from 'chai'
import type { PipelineEvent, RecordedPipelineEvent } from '../pipeline/events'
import { Receiver } from '../pipeline/receive'
import { redactNothing } from '../system/redaction'
import { FakeClock, settled } from '../testing/fake_clock'
import { reasonOf } from '../testing/failure'
import { MemoryFleets } from '../testing/memory_fleets'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import { fetchParts } from './fetches'
import type { PartContext } from './part'

const A = 'a'.repeat(40)

describe('the parts of lockstep serve that have hosts fetch', () => {
  let over: AbortController
  let fleets: MemoryFleets
  let listeners: Set<(event: RecordedPipelineEvent) => void>

  beforeEach(() => {
    over = new AbortController()
    fleets = new MemoryFleets(() => ({ kind: 'asked', has: ['web1'], missing: new Map(), remarks: [] }))
    listeners = new Set()
  })

  const repository = (name: string, ...environments: string[]) => ({
    name,
    url: '/srv/git/website.git',
    branches: [],
    tags: ['v*'],
    triggers: [],
    build: { kind: 'command' as const, command: ['true'], within: 1, environment: [] },
    fetches: environments.map((environment) => ({ environment, hostClass: 'roles::website' })),
  })
  const contextOf = (log: MemoryPipelineLog): PartContext => ({
    settings: {
      spool: '',
      listen: { host: '', port: 0 },
      bus: undefined,
      runners: new Map(),
      secretFiles: [],
      repositories: [],
      warnings: [],
    },
    state: '',
    pipeline: {
      state: log.state,
      append: async (event: PipelineEvent) => {
        const recorded = await log.append(event)
        for (const listener of listeners) listener(recorded)
        return recorded
      },
      onEvent: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      end: { journal: 1, entries: 0 },
      close: async () => {},
    },
    receiver: new Receiver(log),
    clock: new FakeClock(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    redact: redactNothing,
    signal: over.signal,
  })
  const succeed = async ({ pipeline }: PartContext) => {
    const seen = { delivery: 'd1', ref: 'refs/tags/v1', after: A, commit: A, isToBuild: true }
    await pipeline.append({ type: 'commit seen', repository: 'website', ...seen })
    await pipeline.append({ type: 'build begun', build: 'b1', repository: 'website', commit: A })
    await pipeline.append({ type: 'build ended', build: 'b1', result: 'succeeded', why: null, seconds: 1 })
  }

  it('are one for each repository and environment, and none where nothing follows a success', () => {
    const repositories = [repository('website', 'test', 'stage'), repository('shop')]
    expect(fetchParts({ repositories }, fleets).map(({ name }) => name)).to.deep.equal([
      'fetches of website in test',
      'fetches of website in stage',
    ])
  })

  it('ask as soon as a build has succeeded, each its own hosts, and leave nothing behind at their end', async () => {
    const context = contextOf(new MemoryPipelineLog())
    const parts = fetchParts({ repositories: [repository('website', 'test', 'stage')] }, fleets)
    const running = parts.map((part) => part.run(context))
    await succeed(context)
    await settled()
    expect(fleets.orders.map(({ environment }) => environment).sort()).to.deep.equal(['stage', 'test'])
    over.abort()
    await Promise.all(running)
    expect(listeners.size).to.equal(0)
  })

  it('keep no other environment waiting for one whose hosts do not answer', async () => {
    let stay = () => {}
    fleets.onOrder = ({ environment }) =>
      environment === 'test' ? new Promise<void>((resolve) => (stay = resolve)) : undefined
    const log = new MemoryPipelineLog()
    const context = contextOf(log)
    const parts = fetchParts({ repositories: [repository('website', 'test', 'stage')] }, fleets)
    const running = parts.map((part) => part.run(context))
    await succeed(context)
    await settled()
    const fetches = log.state.commit('website', A)?.fetches
    expect([fetches?.get('test')?.answered, fetches?.get('stage')?.answered?.has.count]).to.deep.equal([
      undefined,
      1,
    ])
    over.abort()
    stay()
    await Promise.all(running)
    expect(fetches?.get('test')?.answered).to.equal(undefined)
  })

  it('end with the fault of a journal', async () => {
    const before = new MemoryPipelineLog()
    await succeed(contextOf(before))
    const context = contextOf(new MemoryPipelineLog(before.events, 0))
    const [part] = fetchParts({ repositories: [repository('website', 'test')] }, fleets)
    expect(await reasonOf(part?.run(context))).to.equal('killed')
    expect(fleets.orders).to.deep.equal([])
  })
})
