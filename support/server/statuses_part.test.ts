import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { PipelineEvent } from '../pipeline/events'
import { Receiver } from '../pipeline/receive'
import { systemClock } from '../system/clock'
import { redactor } from '../system/redaction'
import { Scratch } from '../testing/scratch'
import { WebEndpoint } from '../testing/web_endpoint'
import { claimPipeline } from './claim_pipeline'
import { openPipeline, type OpenPipeline } from './open_pipeline'
import { statusParts } from './statuses_part'

const C = 'c'.repeat(40)

describe('the statuses of lockstep serve', () => {
  let scratch: Scratch
  let endpoint: WebEndpoint
  let said: string[]
  beforeEach(async () => {
    scratch = new Scratch()
    endpoint = await WebEndpoint.start()
    endpoint.answer = (response) => void response.writeHead(201).end('{}')
    said = []
  })
  afterEach(async () => {
    await endpoint.stop()
    scratch.remove()
  })

  const states = () => endpoint.received.map(({ body }) => (JSON.parse(body) as { state: string }).state)
  const arrived = async (count: number) => {
    while (endpoint.received.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  /** Serves for as long as the work takes. */
  async function serve(
    work: (append: (event: PipelineEvent) => Promise<void>, pipeline: OpenPipeline) => Promise<void>,
  ) {
    const end = new AbortController()
    const state = scratch.path
    const claim = await claimPipeline({ state, env: {}, clock: systemClock, onLost: () => {} })
    const pipeline = openPipeline(state, claim, () => 0)
    const tell = (first: unknown) => void said.push(typeof first === 'string' ? first : '')
    const repositories = ['website', 'other'].map((name) => ({
      name,
      url: `/srv/git/${name}.git`,
      branches: ['main'],
      tags: [],
      triggers: [],
      build: undefined,
      status: {
        kind: 'gitea' as const,
        api: endpoint.url(`/${name}`),
        repository: `acme/${name}`,
        token: 'hunter2-of-statuses',
        context: 'lockstep',
      },
    }))
    const running = statusParts(repositories).map((part) =>
      part.run({
        settings: {
          spool: '',
          listen: { host: '127.0.0.1', port: 0 },
          bus: undefined,
          runners: new Map(),
          repositories,
          warnings: [],
          secretFiles: [],
        },
        state,
        pipeline,
        receiver: new Receiver(pipeline),
        clock: systemClock,
        log: { info: tell, warn: tell, error: tell },
        redact: redactor(['hunter2-of-statuses']),
        signal: end.signal,
      }),
    )
    await work(async (event) => void (await pipeline.append(event)), pipeline)
    end.abort()
    await Promise.all(running)
    await pipeline.close()
    await claim.release()
  }

  const seen: PipelineEvent = {
    type: 'commit seen',
    delivery: 'd1',
    repository: 'website',
    ref: 'refs/heads/main',
    after: C,
    commit: C,
    isToBuild: true,
  }
  const begun: PipelineEvent = { type: 'build begun', build: 'b1', repository: 'website', commit: C }
  const ended: PipelineEvent = {
    type: 'build ended',
    build: 'b1',
    result: 'succeeded',
    why: null,
    seconds: 1,
  }

  it('are told to the server of their repository alone, in their order', async () => {
    await serve(async (append) => {
      for (const event of [seen, begun, ended]) await append(event)
      await arrived(2)
    })
    expect(states()).to.deep.equal(['pending', 'success'])
    expect(endpoint.received.map(({ path }) => path)).to.deep.equal(
      Array(2).fill(`/website/repos/acme/website/statuses/${C}`),
    )
  })

  it('are told by the next process where the server was away, and again by none', async () => {
    endpoint.answer = (response) => void response.writeHead(500).end('hunter2-of-statuses is known here')
    await serve(async (append) => {
      await append(seen)
      await arrived(1)
    })
    expect(said.join('\n')).to.contain('answered 500').and.not.to.contain('hunter2')
    endpoint.answer = (response) => void response.writeHead(201).end('{}')
    await serve(async (append) => {
      await append(begun)
      await append(ended)
      await arrived(3)
    })
    await serve(async () => {})
    expect(states()).to.deep.equal(['pending', 'pending', 'success'])
  })

  it('are told by no process that another one has taken over from', async function () {
    this.timeout(300_000)
    const locks = join(scratch.path, 'pipeline', 'lock')
    await serve(async (append, pipeline) => {
      pipeline.onEvent(() => {
        for (const name of readdirSync(locks)) rmSync(join(locks, name))
      })
      await append(seen)
      while (!said.join('\n').includes('is lost, so that another one may write'))
        await new Promise((resolve) => setTimeout(resolve, 5))
    })
    expect(endpoint.received).to.deep.equal([])
    await serve(() => arrived(1))
    expect(states()).to.deep.equal(['pending'])
  })

  it('are not told of what was before they were configured', async () => {
    const state = scratch.path
    const claim = await claimPipeline({ state, env: {}, clock: systemClock, onLost: () => {} })
    const before = openPipeline(state, claim, () => 0)
    await before.append(seen)
    await before.close()
    await claim.release()
    await serve(async (append) => {
      await append(begun)
      await append(ended)
      await arrived(1)
    })
    expect(states()).to.deep.equal(['success'])
  })
})
