import { createHmac } from 'node:crypto'
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { Trigger } from '../config/pipeline_setting'
import type { PipelineEvent } from '../pipeline/events'
import { pipelineJournalsIn, readPipeline } from '../pipeline/pipeline_journal'
import { Receiver } from '../pipeline/receive'
import { ReportReceiver } from '../pipeline/receive_reports'
import { LockstepError } from '../system/errors'
import { redactor } from '../system/redaction'
import { Scratch } from '../testing/scratch'
import { MAX_BODY_BYTES } from './bodies'
import { HookTriggers } from './hook_triggers'
import { openPipeline, type OpenPipeline } from './open_pipeline'
import { ReportSecrets } from './report_secrets'
import { routes } from './routes'

const SECRET = 'a secret of the website'
const triggers: Trigger[] = [
  { kind: 'hook' },
  { kind: 'github', secret: SECRET },
  { kind: 'gitlab', token: SECRET, signingKey: undefined },
]
const CI_SECRET = 'a secret of the CI of the website'
const REPOSITORIES = [
  {
    name: 'website',
    url: '/srv/git/website.git',
    branches: ['main'],
    tags: [],
    triggers,
    build: { kind: 'reports', secret: CI_SECRET, within: 60_000 } as const,
  },
  { name: 'api', url: '/srv/git/api.git', branches: ['main'], tags: [], triggers: [], build: undefined },
]
const TRIGGERS = new HookTriggers(REPOSITORIES)
const CLAIM = { expectOwned: () => {}, release: async () => {} }
const COMMITS = [...'0123456789'].map((digit) => digit.repeat(39).concat('a'))

function bodyOf(commit: string): string {
  return JSON.stringify({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: commit,
    pusher: { name: 'ann' },
  })
}

function served(pipeline: OpenPipeline, pages?: { fetch: () => Response }) {
  const seen = { refused: [] as string[], failed: [] as unknown[], taken: [] as unknown[] }
  const app = routes({
    triggers: TRIGGERS,
    secrets: new ReportSecrets(REPOSITORIES),
    reports: new ReportReceiver(pipeline),
    receiver: new Receiver(pipeline),
    state: pipeline.state,
    clock: { now: () => 0 },
    redact: redactor(TRIGGERS.secrets),
    expectOwned: () => pipeline.expectOwned(),
    ...(pages === undefined ? {} : { pages }),
    onRefused: (why) => seen.refused.push(why),
    onTaken: (told) => seen.taken.push(told),
    onFailure: (error) => seen.failed.push(error),
  })
  const send = async (path: string, body: string | undefined, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { method: 'POST', body }
    const response = await app.request(path, { ...sent, headers })
    return {
      status: response.status,
      json: (await response.json()) as Record<string, unknown>,
      headers: response.headers,
    }
  }
  const tell = (body: string, { path = '/hooks/website/github', secret = SECRET, event = 'push' } = {}) => {
    const digest = createHmac('sha256', secret).update(body).digest('hex')
    return send(path, body, { 'x-github-event': event, 'x-hub-signature-256': `sha256=${digest}` })
  }
  const report = (body: object | string, { path = '/ci/website', secret = CI_SECRET } = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const digest = createHmac('sha256', secret).update(text).digest('hex')
    return send(path, text, { 'x-lockstep-signature': `sha256=${digest}` })
  }
  return { seen, send, tell, report }
}

describe('the paths of lockstep serve', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const open = () => openPipeline(scratch.path, CLAIM, () => 0)
  const taken = () => readPipeline(scratch.path).events.filter(({ type }) => type === 'push taken')

  it('take a push once, and tell its fate under the id that they answer', async () => {
    const pipeline = open()
    const { tell, send, seen } = served(pipeline)
    const body = bodyOf('b'.repeat(40))
    const { status, json, headers } = await tell(body)
    const id = json['delivery'] as string
    expect(status).to.equal(202)
    expect(json).to.deep.equal({ delivery: id, isNew: true, fate: `/deliveries/${id}` })
    expect(headers.get('location')).to.equal(`/deliveries/${id}`)
    expect(taken(), 'on disk before the answer').to.have.length(1)
    expect((await tell(body)).json).to.include({ delivery: id, isNew: false })
    expect(taken()).to.have.length(1)
    const change = { ref: 'refs/heads/main', before: null, after: 'b'.repeat(40), why: null, build: null }
    const fate = async () => (await send(`/deliveries/${id}`, undefined)).json
    expect(await fate()).to.deep.equal({
      delivery: id,
      repository: 'website',
      teller: 'github',
      at: '1970-01-01T00:00:00.000Z',
      changes: [{ ...change, state: 'waiting' }],
    })
    const commit = { repository: 'website', commit: 'b'.repeat(40) }
    await pipeline.append({
      type: 'commit seen',
      delivery: id,
      ref: 'refs/heads/main',
      after: change.after,
      isToBuild: true,
      ...commit,
    })
    await pipeline.append({ type: 'build begun', build: 'b1', ...commit })
    const begun = { state: 'running', why: null, begunAt: '1970-01-01T00:00:00.000Z', seconds: null }
    expect((await fate())['changes']).to.deep.equal([{ ...change, state: 'seen', build: begun }])
    const why = `make test wrote ${SECRET}`
    await pipeline.append({ type: 'build ended', build: 'b1', result: 'failed', why, seconds: 3 })
    expect((await fate())['changes']).to.deep.equal([
      {
        ...change,
        state: 'seen',
        build: { ...begun, state: 'failed', why: 'make test wrote ***', seconds: 3 },
      },
    ])
    expect(seen.taken).to.have.length(2)
    expect(JSON.stringify(seen)).not.to.contain('ann')
    await pipeline.close()
  })

  it('tell of an annotated tag how the tests of its commit went', async () => {
    const pipeline = open()
    const { tell, send } = served(pipeline)
    const [tag, commit] = ['b'.repeat(40), 'c'.repeat(40)]
    const { json } = await tell(bodyOf(tag))
    const delivery = json['delivery'] as string
    const of = { repository: 'website', commit }
    const ref = 'refs/heads/main'
    await pipeline.append({ type: 'commit seen', delivery, ref, after: tag, isToBuild: true, ...of })
    await pipeline.append({ type: 'build begun', build: 'b1', ...of })
    const { changes } = (await send(`/deliveries/${delivery}`, undefined)).json as { changes: unknown[] }
    expect(changes).to.have.lengthOf(1)
    expect(changes[0]).to.have.nested.property('build.state', 'running')
    await pipeline.close()
  })

  it('take one push that comes twice at once as one', async () => {
    const pipeline = open()
    const { tell } = served(pipeline)
    const told = await Promise.all([1, 2, 3].map(() => tell(bodyOf('b'.repeat(40)))))
    expect(told.map(({ json }) => json['isNew'])).to.have.members([true, false, false])
    expect(taken()).to.have.length(1)
    await pipeline.close()
  })

  it('answer a wrong secret, a repository and a trigger that are not there by the same bytes', async () => {
    const pipeline = open()
    const { tell, send, seen } = served(pipeline)
    const body = bodyOf('b'.repeat(40))
    const answers = [
      await tell(body, { secret: 'wrong' }),
      await tell(body, { path: '/hooks/nosuch/github' }),
      await tell(body, { path: '/hooks/..%2f..%2fwebsite/github' }),
      await send('/hooks/website/gitea', body, {
        'x-gitea-event': 'push',
        'x-gitea-signature': 'a'.repeat(64),
      }),
      await send('/hooks/website/github', body, { 'x-github-event': 'push' }),
      await send('/hooks/website/gitlab', body, { 'x-gitlab-token': 'wrong' }),
    ]
    const [first] = answers
    expect(first?.status).to.equal(403)
    for (const { status, json, headers } of answers)
      expect({ status, json, headers: [...headers] }).to.deep.equal({
        status: 403,
        json: first?.json,
        headers: [...(first?.headers ?? [])],
      })
    expect(seen.refused).to.have.length(answers.length)
    expect(taken()).to.deep.equal([])
    await pipeline.close()
  })

  it('start nothing for an event that is no push, and for a body that is none', async () => {
    const pipeline = open()
    const { tell } = served(pipeline)
    expect(await tell('{}', { event: 'ping' })).to.deep.include({
      status: 200,
      json: { nothing: 'nothing starts: the event ping is no push' },
    })
    for (const body of ['', 'payload=%7B%7D', '{"ref":"refs/heads/main"}', '[]', 'null'])
      expect((await tell(body)).status, body).to.equal(422)
    expect(taken()).to.deep.equal([])
    await pipeline.close()
  })

  it('refuse a body that is too long by what it announces, and by what comes', async () => {
    const pipeline = open()
    const { send } = served(pipeline)
    const headers = { 'x-hub-signature-256': `sha256=${'a'.repeat(64)}` }
    const announced = await send('/hooks/website/github', '{}', {
      ...headers,
      'content-length': String(MAX_BODY_BYTES + 1),
    })
    expect(announced.status).to.equal(413)
    expect((await send('/hooks/website/github', 'x'.repeat(MAX_BODY_BYTES + 1), headers)).status).to.equal(
      413,
    )
    await pipeline.close()
  })

  it('tell nothing of ids that are not known, and of any other path', async () => {
    const pipeline = open()
    const { send } = served(pipeline)
    for (const path of [
      '/deliveries/x',
      '/deliveries/',
      '/deliveries/__proto__',
      '/',
      '/hooks',
      '/hooks/website/svn',
    ])
      expect((await send(path, undefined)).status, path).to.equal(404)
    expect((await send('/healthz', undefined)).json).to.deep.equal({ ok: true })
    await pipeline.close()
  })

  it('say to a balancer, and to the process, that another one has taken over', async () => {
    const pipeline = open()
    const lost = new LockstepError('lock-failed', 'another one has taken over')
    const expectOwned = () => {
      throw lost
    }
    const { send, seen } = served({ ...pipeline, state: pipeline.state, expectOwned })
    expect((await send('/healthz', undefined)).status).to.equal(503)
    expect(seen.failed).to.deep.equal([lost])
    await pipeline.close()
  })

  it('show no page of what was so before another process has taken over', async () => {
    const pipeline = open()
    let isLost = false
    const expectOwned = () => {
      if (isLost) throw new LockstepError('lock-failed', 'another one has taken over')
    }
    const pages = { fetch: () => Response.json({ shown: true }) }
    const { send, seen } = served({ ...pipeline, state: pipeline.state, expectOwned }, pages)
    expect((await send('/starts', undefined)).json).to.deep.equal({ shown: true })
    isLost = true
    for (const body of [undefined, 'form=x']) {
      const { status, json, headers } = await send('/starts', body)
      expect(status).to.equal(503)
      expect(json['error']).to.match(/has lost its claim/)
      expect(headers.get('retry-after')).to.equal('5')
    }
    expect(seen.failed).to.have.length(2)
    await pipeline.close()
  })

  it('answer that a push is not taken where it cannot be written, and say so to the process', async () => {
    const pipeline = open()
    let isFull = true
    const append = async (event: PipelineEvent) => {
      if (isFull) throw new LockstepError('journal-failed', 'the disk is full')
      return pipeline.append(event)
    }
    const { tell, seen } = served({ ...pipeline, state: pipeline.state, append })
    const body = bodyOf('b'.repeat(40))
    const [one, other] = await Promise.all([tell(body), tell(body)])
    for (const answer of [one, other]) {
      expect(answer.status).to.equal(503)
      expect(answer.headers.get('retry-after')).to.equal('60')
    }
    expect(seen.failed).to.have.length(2)
    isFull = false
    expect((await tell(body)).json).to.include({ isNew: true })
    await pipeline.close()
  })

  it('lose no push and take none twice, wherever a kill cuts the journal @long', async () => {
    const step = fc.record({
      commit: fc.constantFrom(...COMMITS),
      /** The percentage of the last event that is on disk when a kill comes before the answer; undefined for no kill. */
      cut: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const own = new Scratch()
        const reopen = () => openPipeline(own.path, CLAIM, () => 0)
        const answered = new Set<string>()
        let pipeline = reopen()
        for (const { commit, cut } of steps) {
          const before = sizeOfLast(own.path)
          const { status, json } = await served(pipeline).tell(bodyOf(commit))
          expect(status).to.equal(202)
          if (answered.has(commit)) expect(json['isNew'], 'an answered one').to.equal(false)
          if (cut === undefined) {
            answered.add(commit)
            continue
          }
          await pipeline.close()
          const after = sizeOfLast(own.path)
          if (after.path !== undefined) {
            const kept = after.path === before.path ? before.size : 0
            truncateSync(after.path, Math.round(kept + ((after.size - kept) * cut) / 100))
          }
          pipeline = reopen()
        }
        await pipeline.close()
        const { events, faults } = readPipeline(own.path)
        const commits = events.flatMap((event) =>
          event.type === 'push taken' ? event.changes.map(({ after }) => after) : [],
        )
        expect(faults).to.deep.equal([])
        expect(new Set(commits).size, 'none is taken twice').to.equal(commits.length)
        expect(
          [...answered].filter((commit) => !commits.includes(commit)),
          'none is lost',
        ).to.deep.equal([])
        own.remove()
      }),
      { numRuns: 100 },
    )
  }).timeout(300_000)

  it('are not opened over a journal that does not tell everything', async () => {
    const pipeline = open()
    await served(pipeline).tell(bodyOf('b'.repeat(40)))
    await served(pipeline).tell(bodyOf('c'.repeat(40)))
    await pipeline.close()
    const { path = '' } = sizeOfLast(scratch.path)
    truncateSync(path, 40)
    writeFileSync(path, '\n', { flag: 'a' })
    expect(open).to.throw(
      /serve-000000001.* is damaged from line 1 on: which pushes were taken cannot be known/,
    )
  })
})

function sizeOfLast(state: string): { path: string | undefined; size: number } {
  const folder = pipelineJournalsIn(state)
  const name = readdirSync(folder).sort().at(-1)
  if (name === undefined) return { path: undefined, size: 0 }
  const path = join(folder, name)
  return { path, size: statSync(path).size }
}

describe('the path of reports', () => {
  let scratch: Scratch
  let pipeline: OpenPipeline
  beforeEach(() => {
    scratch = new Scratch()
    pipeline = openPipeline(scratch.path, CLAIM, () => 0)
  })
  afterEach(async () => {
    await pipeline.close()
    scratch.remove()
  })
  const taken = () => readPipeline(scratch.path).events.filter(({ type }) => type === 'report taken')
  const REPORT = {
    id: '1',
    at: '1970-01-01T00:00:07Z',
    repository: 'website',
    commit: 'b'.repeat(40),
    build: '12',
    state: 'succeeded',
  }

  it('takes a report once, also over restarts', async () => {
    const { report } = served(pipeline)
    const { status, json } = await report(REPORT)
    expect(status).to.equal(202)
    expect(json).to.include({ isNew: true })
    expect(taken(), 'on disk before the answer').to.have.length(1)
    expect(
      (await Promise.all([report(REPORT), report(REPORT)])).map((each) => each.json['isNew']),
    ).to.deep.equal([false, false])
    await pipeline.close()
    pipeline = openPipeline(scratch.path, CLAIM, () => 0)
    expect((await served(pipeline).report(REPORT)).json).to.deep.equal({
      report: json['report'],
      isNew: false,
    })
    expect(taken()).to.have.length(1)
  })

  it('gives strangers one answer, those among them who may tell of pushes', async () => {
    const { report, send, seen } = served(pipeline)
    const answers = [
      await report(REPORT, { secret: SECRET }),
      await report(REPORT, { secret: '' }),
      await report(REPORT, { path: '/ci/api' }),
      await report(REPORT, { path: '/ci/nothing' }),
      await report({ ...REPORT, repository: 'api' }, { path: '/ci/api', secret: SECRET }),
      await report('{', { secret: SECRET }),
      await send('/ci/website', JSON.stringify(REPORT), {}),
      await send('/ci/website', JSON.stringify(REPORT), { 'x-lockstep-signature': 'sha256=' }),
    ]
    expect(new Set(answers.map(({ status, json }) => `${status} ${JSON.stringify(json)}`)).size).to.equal(1)
    expect(answers[0]?.status).to.equal(403)
    expect(seen.refused).to.have.length(answers.length)
    expect(taken()).to.deep.equal([])
  })

  it('is no path for pushes, and that of pushes none for reports', async () => {
    const { report } = served(pipeline)
    const push = {
      id: '1',
      changes: [{ ref: 'refs/heads/main', before: '0'.repeat(40), after: 'b'.repeat(40) }],
    }
    expect((await report(push)).status).to.equal(422)
    expect((await report(REPORT, { path: '/hooks/website/hmac' })).status).to.equal(403)
  })

  it('refuses what is not whole, of another repository, or not of now, in a sentence', async () => {
    const { report } = served(pipeline)
    const why = async (body: object | string) => {
      const { status, json } = await report(body)
      expect(status).to.equal(422)
      return json['error'] as string
    }
    expect(await why('{')).to.equal('nothing is taken: the body is no JSON')
    expect(await why({ ...REPORT, repository: 'api' })).to.match(/is of another repository than website$/)
    expect(await why({ ...REPORT, commit: 'b'.repeat(12) })).to.match(
      /commit is not right; expected id, at as/,
    )
    expect(await why({ ...REPORT, state: 'SUCCEEDED' })).to.match(/state is not right/)
    expect(await why({ ...REPORT, build: undefined })).to.match(/build is not right/)
    expect(await why({ ...REPORT, url: 'javascript:alert(1)' })).to.match(/url is not right/)
    expect(await why({ ...REPORT, at: '1970-01-01T00:05:01Z' })).to.match(
      /was signed 5 min 1 s in the future by the clock here; expected 5 min at the most/,
    )
    expect(await why({ ...REPORT, at: '1969-12-31T23:00:00Z' })).to.match(
      /was signed 1 h ago by the clock here/,
    )
    expect(await why({ ...REPORT, at: '1970-01-01T00:00:07' })).to.match(/at is not right/)
    expect(await why({ ...REPORT, at: '1970-13-01T00:00:07Z' })).to.match(/at is not right/)
    expect(await why({ ...REPORT, more: true })).to.match(/more is not right/)
    expect(taken()).to.deep.equal([])
  })
})
