import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { PartlyDelivered, type Channel } from '../notifications/channel'
import { EVENTS } from '../notifications/event'
import { lineOf } from '../notifications/words'
import { webhook } from '../notifications/webhook'
import type { PipelineEvent } from '../pipeline/events'
import { Receiver } from '../pipeline/receive'
import { systemClock } from '../system/clock'
import { redactor } from '../system/redaction'
import { Scratch } from '../testing/scratch'
import { WebEndpoint } from '../testing/web_endpoint'
import { claimPipeline } from './claim_pipeline'
import { openPipeline, type OpenPipeline } from './open_pipeline'
import { releaseParts } from './releases_part'

const C = 'c'.repeat(40)
const D = 'd'.repeat(40)
const SECRET = 'hunter2-of-git'

describe('the releases that people are told of', () => {
  let scratch: Scratch
  let endpoint: WebEndpoint
  let said: string[]
  beforeEach(async () => {
    scratch = new Scratch()
    endpoint = await WebEndpoint.start()
    said = []
  })
  afterEach(async () => {
    await endpoint.stop()
    scratch.remove()
  })

  const channel = (path = '/hook'): Channel =>
    webhook({ kind: 'webhook', url: endpoint.url(path), on: EVENTS, secrets: [] }, (text) => text)
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const arrived = (count: number, path = '/hook') =>
    until(() => endpoint.received.filter((each) => each.path === path).length >= count)
  const folder = () => join(scratch.path, 'pipeline', 'notifications')
  /** Resolves once serve has written down that a channel has a tag. */
  const written = (ref: string) =>
    until(() =>
      readdirSync(folder()).some(
        (name) => name.endsWith('.told.json') && readFileSync(join(folder(), name), 'utf8').includes(ref),
      ),
    )
  const told = (path = '/hook') =>
    endpoint.received
      .filter((each) => each.path === path)
      .map(({ body }) => (JSON.parse(body) as { summary: string }).summary)

  /** Serves for as long as the work takes. */
  async function serve(
    work: (append: (event: PipelineEvent) => Promise<void>, pipeline: OpenPipeline) => Promise<void>,
    channels: readonly Channel[] = [channel()],
  ) {
    const end = new AbortController()
    const state = scratch.path
    const claim = await claimPipeline({ state, env: {}, clock: systemClock, onLost: () => {} })
    const pipeline = openPipeline(state, claim, () => 0)
    const tell = (first: unknown) => void said.push(typeof first === 'string' ? first : '')
    const url = `https://deploy:${SECRET}@git.example.net/website.git`
    const repositories = [
      { name: 'website', url, branches: ['main'], tags: ['v*'], triggers: [], build: undefined },
    ]
    const running = releaseParts({ environment: 'production', channels }).map((part) =>
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
        redact: redactor([SECRET]),
        signal: end.signal,
      }),
    )
    await work(async (event) => void (await pipeline.append(event)), pipeline)
    end.abort()
    await Promise.all(running)
    await pipeline.close()
    await claim.release()
  }

  const push = (delivery: string, ref: string, after: string, before: string | null = null) =>
    [
      {
        type: 'push taken',
        delivery,
        repository: 'website',
        teller: 'hook',
        by: 'ann',
        changes: [{ ref, before, after }],
      },
      { type: 'commit seen', delivery, repository: 'website', ref, after, commit: after, isToBuild: false },
    ] satisfies PipelineEvent[]
  const pushed = async (
    append: (event: PipelineEvent) => Promise<void>,
    ...[delivery, ref, after, before]: Parameters<typeof push>
  ) => {
    for (const event of push(delivery, ref, after, before)) await append(event)
  }
  const CREATED =
    'release v1 was created by ann at commit cccccccccccc; the repository https://***@git.example.net/website.git shows it'

  it('are tags that the repository shows, with who pushed them, the commit and the repository', async () => {
    await serve(async (append) => {
      await pushed(append, 'd1', 'refs/heads/main', C)
      await pushed(append, 'd2', 'refs/tags/v1', C)
      await arrived(1)
    })
    expect(told()).to.deep.equal([CREATED])
    const [{ body, headers } = expect.fail('nothing came')] = endpoint.received
    const event = JSON.parse(body) as Parameters<typeof lineOf>[0]
    expect(lineOf(event)).to.equal(`[production] website: ${CREATED}`)
    expect(event).to.include({ event: 'release created', feature: 'website', release: 'v1' })
    expect(headers['idempotency-key']).to.match(/^release-[0-9a-f]{32}\/release-created\/1$/)
    expect(body).not.to.contain(SECRET)
  })

  it('are told once, however many triggers tell of them, and in the next process', async () => {
    await serve(async (append) => {
      await pushed(append, 'd1', 'refs/tags/v1', C)
      await pushed(append, 'd2', 'refs/tags/v1', C)
      await written('refs/tags/v1')
    })
    await serve(async (append) => {
      await pushed(append, 'd3', 'refs/tags/v1', C)
      await pushed(append, 'd4', 'refs/tags/v2', C)
      await arrived(2)
    })
    expect(told().map((each) => each.slice(0, 10))).to.deep.equal(['release v1', 'release v2'])
  })

  it('are told again where a tag has moved, and where it has moved back', async () => {
    await serve(async (append) => {
      await pushed(append, 'd1', 'refs/tags/v1', C)
      await pushed(append, 'd2', 'refs/tags/v1', D, C)
      await pushed(append, 'd3', 'refs/tags/v1', C, D)
      await pushed(append, 'd4', 'refs/tags/v1', D, C)
      await arrived(4)
    })
    expect(told()[1]).to.match(/^release v1 was moved from cccccccccccc by ann at commit dddddddddddd;/)
    expect(told()[2]).to.match(/^release v1 was moved from dddddddddddd by ann at commit cccccccccccc;/)
    expect(new Set(endpoint.received.map(({ headers }) => headers['idempotency-key'])).size).to.equal(4)
  })

  it('are kept for a channel that is away, with the same key, and are told by the next process', async () => {
    endpoint.answer = (response) => void response.writeHead(503).end()
    await serve(async (append) => {
      await pushed(append, 'd1', 'refs/tags/v1', C)
      await arrived(1)
      await until(() => said.length > 0)
    })
    endpoint.answer = (response) => void response.end('ok')
    await serve(async (append) => {
      await pushed(append, 'd2', 'refs/tags/v2', D)
      await arrived(3)
    })
    expect(told()).to.have.length(3)
    const keys = endpoint.received.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).to.equal(keys[1])
    expect(told()[2]).to.contain('release v2')
    expect(said.join('\n')).to.match(/releases: webhook 127.0.0.1:\d+: .*503/)
  })

  it('that a channel had taken before a kill come with the key that they had', async () => {
    await serve(async (append) => {
      await pushed(append, 'd1', 'refs/tags/v1', C)
      await written('refs/tags/v1')
    })
    const files = readdirSync(folder())
    expect(files).to.have.length(2)
    for (const name of files)
      if (name.endsWith('.told.json')) rmSync(join(folder(), name))
      else writeFileSync(join(folder(), name), JSON.stringify({ journal: 1, entries: 0 }))
    await serve(() => arrived(2))
    const keys = endpoint.received.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).to.equal(keys[1])
  })

  it('are not told again where a mail server has refused some recipients', async () => {
    const tries: string[] = []
    const partly: Channel = {
      name: 'email smtp.example.net',
      on: EVENTS,
      async deliver({ key }) {
        tries.push(key)
        throw new PartlyDelivered('refused 1 of 2 recipients')
      },
    }
    await serve(
      async (append) => {
        await pushed(append, 'd1', 'refs/tags/v1', C)
        await pushed(append, 'd2', 'refs/tags/v2', C)
        await until(() => tries.length === 2)
      },
      [partly],
    )
    expect(tries).to.have.length(2)
    expect(said).to.include('releases: email smtp.example.net: refused 1 of 2 recipients; the others have it')
  })

  it('reach one channel where another hangs', async () => {
    endpoint.answer = (response) => {
      if (response.req.url !== '/hung') response.end('ok')
    }
    const second = { ...channel(), name: 'webhook of others' }
    await serve(
      async (append) => {
        await pushed(append, 'd1', 'refs/tags/v1', C)
        await arrived(1)
      },
      [channel('/hung'), second],
    )
    expect(told()).to.deep.equal([CREATED])
  })

  it('are told once for a push of very many, over restarts too, and each of them is known then', async () => {
    const refs = Array.from({ length: 60 }, (_, index) => `refs/tags/v${index + 1}`)
    const changes = refs.map((ref) => ({ ref, before: null, after: C }))
    const seen = (ref: string): PipelineEvent => ({
      type: 'commit seen',
      delivery: 'd1',
      repository: 'website',
      ref,
      after: C,
      commit: C,
      isToBuild: false,
    })
    await serve(async (append) => {
      await append({
        type: 'push taken',
        delivery: 'd1',
        repository: 'website',
        teller: 'hook',
        by: 'ann',
        changes,
      })
      for (const ref of refs.slice(0, 30)) await append(seen(ref))
      await written(refs[29] ?? '')
    })
    await serve(async (append) => {
      for (const ref of refs.slice(30)) await append(seen(ref))
      // Another trigger tells of one by itself.
      await pushed(append, 'd2', 'refs/tags/v7', C)
      await pushed(append, 'd3', 'refs/tags/w1', D)
      await arrived(2)
    })
    expect(told().map((each) => each.slice(0, 10))).to.deep.equal(['release v1', 'release w1'])
    expect(told()[0]).to.contain(
      '; 59 other tags came with this push, and are not told one by one: v2, v3, v4,',
    )
    expect(told()[0]).to.match(/ and 39 more$/)
  })

  it('are told by no channel that does not want them', () => {
    const none = webhook(
      { kind: 'webhook', url: 'http://127.0.0.1:1', on: ['failed'], secrets: [] },
      (t) => t,
    )
    expect(releaseParts({ environment: 'production', channels: [none, channel()] })).to.have.length(1)
  })
})
