import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { savePlace } from '../pipeline/place_file'
import { buildQueuesOf } from '../config/build_queues'
import type { BusBroker } from '../config/bus_broker'
import { pipelineJournalsIn } from '../pipeline/pipeline_journal'
import { Receiver } from '../pipeline/receive'
import { EmbeddedBroker } from '../simulation/broker'
import { systemClock } from '../system/clock'
import { redactor } from '../system/redaction'
import { Scratch } from '../testing/scratch'
import { busPart } from './bus_part'
import { claimPipeline } from './claim_pipeline'
import { openPipeline, type OpenPipeline } from './open_pipeline'

describe('the bus of lockstep serve', () => {
  let scratch: Scratch
  let broker: EmbeddedBroker
  let said: string[]
  beforeEach(() => {
    scratch = new Scratch()
    said = []
  })
  afterEach(async () => {
    await broker.stop()
    scratch.remove()
  })

  const busOf = (port: number): BusBroker => ({
    brokers: [{ host: '127.0.0.1', port }],
    virtualHost: 'mcollective',
    connectWithin: 600_000,
    heartBeat: 0,
    messages: '/topic/lockstep.pipeline',
    sentences: '/topic/lockstep.pipeline.events',
    queues: buildQueuesOf('lockstep.pipeline'),
    secrets: [],
    warnings: [],
  })

  /** Serves the bus for as long as the work takes. */
  async function serve(
    port: number,
    work: (append: (build: string) => Promise<void>, pipeline: OpenPipeline) => Promise<void>,
  ) {
    const end = new AbortController()
    const state = scratch.path
    const claim = await claimPipeline({ state, env: {}, clock: systemClock, onLost: () => {} })
    const pipeline = openPipeline(state, claim, () => 0)
    const tell = (first: unknown) => void said.push(typeof first === 'string' ? first : '')
    const running = busPart(busOf(port)).run({
      settings: {
        spool: '',
        listen: { host: '127.0.0.1', port: 0 },
        bus: undefined,
        runners: new Map(),
        repositories: [],
        warnings: [],
        secretFiles: [],
      },
      state,
      pipeline,
      receiver: new Receiver(pipeline),
      clock: systemClock,
      log: { info: tell, warn: tell, error: tell },
      redact: redactor(['hunter2']),
      signal: end.signal,
    })
    await work(async (build) => {
      await pipeline.append({ type: 'build begun', build, repository: 'website', commit: 'c'.repeat(40) })
    }, pipeline)
    end.abort()
    await running
    await pipeline.close()
    await claim.release()
  }

  it('publishes each event as a message and a sentence; what no broker was there for, the next process does', async () => {
    broker = new EmbeddedBroker({ port: 0, heartBeat: 0 })
    const port = await broker.start()
    await broker.stop()
    await serve(port, async (append) => {
      await append('b1')
      await append('b2')
    })
    expect(said).to.have.length(2)
    expect(said[1]).to.match(/^the bus: the broker 127\.0\.0\.1:\d+ cannot be used: nothing listens there/)
    broker = new EmbeddedBroker({ port, heartBeat: 0 })
    await broker.start()
    const heard: string[] = []
    const arrived = new EventTarget()
    broker.subscribe('/topic/lockstep.pipeline', ({ headers, body }) => {
      expect(headers).to.include({ persistent: 'true', 'content-type': 'application/json' })
      heard.push((JSON.parse(body.toString()) as { build: string }).build)
    })
    broker.subscribe('/topic/lockstep.pipeline.events', ({ body }) => {
      heard.push(body.toString())
      if (heard.length === 6) arrived.dispatchEvent(new Event('all'))
    })
    const all = once(arrived, 'all')
    await serve(port, async (append) => {
      await append('b3')
      await all
    })
    const sentence = 'website: the tests of cccccccccccc begin'
    expect(heard).to.deep.equal(['b1', sentence, 'b2', sentence, 'b3', sentence])
  })

  it('publishes nothing once another process has taken over', async function () {
    this.timeout(300_000)
    broker = new EmbeddedBroker({ port: 0, heartBeat: 0 })
    const port = await broker.start()
    const heard: string[] = []
    const arrived = new EventTarget()
    broker.subscribe('/topic/lockstep.pipeline', ({ body }) => {
      heard.push((JSON.parse(body.toString()) as { build: string }).build)
      arrived.dispatchEvent(new Event('one'))
    })
    await serve(port, async (append, pipeline) => {
      const first = once(arrived, 'one')
      await append('b1')
      await first
      const locks = join(scratch.path, 'pipeline', 'lock')
      pipeline.onEvent(() => {
        for (const name of readdirSync(locks)) rmSync(join(locks, name))
      })
      await append('b2')
      while (!said.join('\n').includes('is lost, so that another one may write'))
        await new Promise((resolve) => setTimeout(resolve, 5))
    })
    expect(heard).to.deep.equal(['b1'])
  })

  it('publishes what a journal has that took the place of one that was moved away', async () => {
    broker = new EmbeddedBroker({ port: 0, heartBeat: 0 })
    const port = await broker.start()
    const heard: string[] = []
    const arrived = new EventTarget()
    broker.subscribe('/topic/lockstep.pipeline', ({ body }) => {
      const { build } = JSON.parse(body.toString()) as { build: string }
      heard.push(build)
      arrived.dispatchEvent(new Event(build))
    })
    const place = join(scratch.path, 'pipeline', 'bus', 'confirmed.json')
    await serve(port, async (append) => {
      const both = once(arrived, 'b2')
      await append('b1')
      await append('b2')
      await both
    })
    savePlace(place, { journal: 1, entries: 2 })
    rmSync(pipelineJournalsIn(scratch.path), { recursive: true })
    await serve(port, async (append) => {
      const next = once(arrived, 'b3')
      await append('b3')
      await next
    })
    expect(heard).to.deep.equal(['b1', 'b2', 'b3'])
    expect(said.filter((sentence) => sentence.includes('that are gone'))).to.have.length(1)
  })
})
