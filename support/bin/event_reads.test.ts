import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Hono } from 'hono'
import { LiveRuns } from '../console/live/live_runs'
import { MAX_STREAMS_OF_PERSON } from '../console/live/watchers'
import { parsePolicy, policyOf } from '../people/policy'
import { ApiStand, askApi } from '../testing/api_stand'
import { EventReader } from '../testing/event_reader'
import { settled } from '../testing/fake_clock'
import { expectForm } from '../testing/json_form'
import { journalText } from '../testing/journal_text'
import { eventReads, MAX_EVENTS } from './event_reads'

const AT = '2026-11-22T12:00:00.000Z'
const RUN = '20261122-120000-aaaa'
const SECRET_RUN = '20261122-120000-bbbb'
const PATH = `/api/v1/rollouts/${RUN}/events`

interface Page {
  events: { offset: number; event: { type: string } & Record<string, unknown> }[]
  end: number
  notKnown: string[]
}

describe('the events of a rollout, by the API', () => {
  let stand: ApiStand
  let app: Hono
  let token: string
  let isAlive: boolean
  beforeEach(() => {
    stand = new ApiStand()
    isAlive = true
    mkdirSync(join(stand.scratch.path, 'live'))
    app = newApp()
    token = stand.add()
  })
  afterEach(() => stand.close())

  /** Returns an app as another process of `lockstep serve` on the same folder has it. */
  const newApp = () => {
    const surroundings = {
      machine: 'here',
      now: () => Date.parse(AT),
      startedAt: () => (isAlive ? 0 : undefined),
      holders: async () => [],
    }
    return stand.open({}, eventReads(new LiveRuns(stand.scratch.path, stand.clock, surroundings)))
  }

  const pathOf = (run: string) => join(stand.scratch.path, 'live', `${run}.journal.ndjson`)
  const beginning = (run: string, environment: string) => [
    {
      type: 'read',
      version: 1,
      run,
      invocation: { args: [], env: {}, cucumber: 'cucumber-js', lockstep: 'lockstep' },
      scenarios: [],
      remarks: [],
      variables: {},
    },
    {
      type: 'began',
      mode: 'live',
      environment,
      journal: 'x',
      by: 'me@here',
      tickets: [],
      warnings: [],
      outBefore: [],
      notKnownBefore: [],
    },
    { type: 'run', feature: 'x.feature', hash: '', mode: 'live', environment, pid: 1, order: 1 },
    { type: 'roll call', hosts: Array.from({ length: 20 }, (_, at) => `web${at}`) },
    { type: 'opened', obligation: 'blocks 192.0.2.1', hosts: [[0, 19]] },
  ]
  const notes = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ type: 'note', text: `note ${at}` }))
  const END = { type: 'ended', exitCode: 0, took: 5 }

  /** Returns the bytes of a journal. */
  const journal = (events: readonly object[], run = RUN, environment = 'test') =>
    Buffer.from(
      journalText(
        ...[{ type: 'journal', version: 1 }, ...beginning(run, environment), ...events].map((each) =>
          JSON.stringify({ at: AT, ...each }),
        ),
      ),
    )
  const get = (path: string, headers: Record<string, string> = {}) => askApi(app, path, { token, headers })
  const pageAt = async (path: string): Promise<Page> => {
    const answer = await get(path)
    const text = await answer.text()
    expect(answer.status, text).to.equal(200)
    expectForm(text, 'lockstep/rollout-events/1')
    return JSON.parse(text) as Page
  }
  const follow = async (place = '', path = PATH, own = token) => {
    const reader = new EventReader(place)
    const headers = { accept: 'text/event-stream', ...(place === '' ? {} : { 'last-event-id': place }) }
    const answer = await askApi(app, path, { token: own, headers })
    if (answer.body === null || answer.status !== 200) throw new Error(await answer.text())
    expect(answer.headers.get('content-type')).to.equal('text/event-stream; charset=utf-8')
    void reader.follow(answer.body)
    await settled()
    return reader
  }
  const look = async (times = 1) => {
    for (let time = 0; time < times; time += 1) await stand.clock.next()
  }
  const heardBy = (reader: EventReader) =>
    reader.heard.filter(({ event }) => event === 'message').map(({ data }) => JSON.parse(data) as object)

  describe('as pages', () => {
    it('come in the order of the journal, each with the byte behind it, and name hosts in full', async () => {
      const bytes = journal([END])
      writeFileSync(pathOf(RUN), bytes)
      const { events, end, notKnown } = await pageAt(PATH)
      expect(events.map(({ event }) => event.type)).to.deep.equal([
        'read',
        'began',
        'run',
        'roll call',
        'opened',
        'ended',
      ])
      expect(events[4]?.event['hosts']).to.have.length(20).and.include('web7')
      for (const { offset } of events) expect(bytes[offset - 1]).to.equal(0x0a)
      expect([end, notKnown]).to.deep.equal([bytes.length, []])
      expect(await pageAt(`${PATH}?after=${end}`)).to.deep.include({ events: [], end })
    })

    it('are bounded, and lead from one to the next without a gap', async () => {
      writeFileSync(pathOf(RUN), journal([...notes(MAX_EVENTS * 2), END]))
      const all: Page['events'] = []
      let path: string | undefined = PATH
      for (let pages = 0; path !== undefined; pages += 1) {
        expect(pages).to.be.lessThan(4)
        const answer = await get(path)
        const { events } = (await answer.json()) as Page
        expect(events.length).to.be.at.most(MAX_EVENTS)
        all.push(...events)
        path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
      }
      expect(all).to.have.length(MAX_EVENTS * 2 + 6)
      expect(all.at(-1)?.event.type).to.equal('ended')
      expect(new Set(all.map(({ offset }) => offset)).size).to.equal(all.length)
    })

    it('end sooner where events are long', async () => {
      const long = 'x'.repeat(600 * 1024)
      writeFileSync(pathOf(RUN), journal([1, 2, 3].map(() => ({ type: 'note', text: long }))))
      const { events, end } = await pageAt(PATH)
      expect(events).to.have.length(7)
      expect((await pageAt(`${PATH}?after=${end}`)).events).to.have.length(1)
    })

    it('have no half line, and the whole one once it is there', async () => {
      const bytes = journal([END])
      const cut = bytes.length - 3
      writeFileSync(pathOf(RUN), bytes.subarray(0, cut))
      const half = await pageAt(PATH)
      expect(half.events.map(({ event }) => event.type)).not.to.contain('ended')
      expect(half.end).to.equal(bytes.lastIndexOf('\n', cut) + 1)
      appendFileSync(pathOf(RUN), bytes.subarray(cut))
      const { events } = await pageAt(`${PATH}?after=${half.end}`)
      expect(events.map(({ event }) => event.type)).to.deep.equal(['ended'])
    })

    it('say that a journal is damaged, and have nothing behind that', async () => {
      const bytes = journal([...notes(2), END])
      bytes[bytes.indexOf('note 0')] = 0x4e
      writeFileSync(pathOf(RUN), bytes)
      const { events, notKnown } = await pageAt(PATH)
      expect(events.at(-1)?.event.type).to.equal('opened')
      expect(notKnown.join()).to.contain('is damaged from line 7 on')
      expect(notKnown.join()).not.to.contain(stand.scratch.path)
    })
  })

  describe('refuse', () => {
    beforeEach(() => {
      writeFileSync(pathOf(RUN), journal([]))
      writeFileSync(pathOf(SECRET_RUN), journal([], SECRET_RUN, 'production'))
    })

    for (const accept of ['application/json', 'text/event-stream'])
      describe(`for ${accept}`, () => {
        const refusalOf = async (path: string, own: string | undefined = token) => {
          const answer = await askApi(app, path, { token: own, headers: { accept } })
          const { error } = (await answer.json()) as { error: { sentence: string } }
          expect(answer.headers.get('content-type')).to.contain('application/json')
          return [answer.status, error.sentence] as const
        }

        it('a run that is not there and one that may not be looked at, in the same words', async () => {
          const unknown = await refusalOf('/api/v1/rollouts/20261122-120000-cccc/events')
          expect(unknown).to.deep.equal([404, 'there is nothing at this path that this token may look at'])
          expect(await refusalOf(`/api/v1/rollouts/${SECRET_RUN}/events`)).to.deep.equal(unknown)
          expect(await refusalOf(`/api/v1/rollouts/${SECRET_RUN}/events?after=1`)).to.deep.equal(unknown)
        })

        it('a path in the place of a run', async () => {
          writeFileSync(join(stand.scratch.path, 'other.journal.ndjson'), journal([]))
          for (const run of [
            '..%2Fother',
            '%2e%2e%2fother',
            '..%5Cother',
            `.%2F${RUN}`,
            `${RUN}%00`,
            '%',
            '.',
          ])
            expect((await refusalOf(`/api/v1/rollouts/${run}/events`))[0], run).to.equal(404)
        })

        it('an offset that is none, or at which no event ends', async () => {
          const { length } = journal([])
          for (const after of [
            '-1',
            '1e3',
            ' ',
            '',
            'x',
            '1.0',
            '0x10',
            '9'.repeat(16),
            '1',
            String(length - 1),
          ])
            expect((await refusalOf(`${PATH}?after=${encodeURIComponent(after)}`))[0], after).to.equal(422)
          expect((await refusalOf(`${PATH}?after=${length + 1}`))[0]).to.equal(422)
          expect((await refusalOf(`${PATH}?after=0&after=0`))[0]).to.equal(422)
          expect((await refusalOf(`${PATH}?before=0`))[0]).to.equal(422)
        })

        it('a stranger', async () => {
          expect((await refusalOf(PATH, 'lockstep_wrong'))[0]).to.equal(401)
        })

        it('a token that may start and not look', async () => {
          expect((await refusalOf(PATH, stand.add({ name: 'blind', acts: ['start'] })))[0]).to.equal(404)
        })
      })

    it('an id of a last event that is none', async () => {
      for (const id of ['x', '12-ended', '1', '-1'])
        expect((await get(PATH, { accept: 'text/event-stream', 'last-event-id': id })).status, id).to.equal(
          422,
        )
    })

    it('an act', async () => {
      expect((await askApi(app, PATH, { token, method: 'POST', body: '{}' })).status).to.equal(405)
    })

    it('each event of a journal that is of another run', async () => {
      writeFileSync(pathOf(RUN), journal([], SECRET_RUN))
      const fault = `the journal live/${RUN}.journal.ndjson is one of another run by now`
      const { events, notKnown } = await pageAt(PATH)
      expect([events, notKnown]).to.deep.equal([[], [fault]])
      const { heard } = await follow()
      expect(heard.map(({ data }) => JSON.parse(data) as object)).to.deep.equal([{ course: 'broken', fault }])
    })
  })

  describe('as a stream', () => {
    it('are those that are there, then those that come, and an end', async () => {
      const bytes = journal([...notes(2), END])
      const half = bytes.length - 3
      writeFileSync(pathOf(RUN), journal([]))
      const reader = await follow()
      expect(heardBy(reader)).to.have.length(5)
      appendFileSync(pathOf(RUN), bytes.subarray(journal([]).length, half))
      await look()
      expect(heardBy(reader)).to.have.length(7)
      appendFileSync(pathOf(RUN), bytes.subarray(half))
      isAlive = false
      await look(20)
      expect([reader.isOver, reader.isClosed]).to.deep.equal([true, true])
      expect(heardBy(reader)).to.deep.equal((await pageAt(PATH)).events)
      expect(reader.heard.at(-1)).to.deep.equal({
        event: 'end',
        id: String(bytes.length),
        data: '{"course":"ended"}',
      })
    })

    it('neither miss nor double anything for one who comes again, also to another process', async () => {
      const bytes = journal([...notes(40), END])
      const heard: object[] = []
      let place = ''
      let written = journal([]).length
      writeFileSync(pathOf(RUN), bytes.subarray(0, written))
      while (written < bytes.length) {
        const reader = await follow(place)
        const next = Math.min(written + 333, bytes.length)
        appendFileSync(pathOf(RUN), bytes.subarray(written, next))
        written = next
        await look()
        await reader.leave()
        await settled()
        heard.push(...heardBy(reader))
        place = reader.place
        if (written % 2 === 0) app = newApp()
      }
      heard.push(...heardBy(await follow(place)))
      expect(heard).to.have.length(46)
      expect(heard).to.deep.equal((await pageAt(PATH)).events)
    })

    it('begin behind the id of the query where there is none in the header', async () => {
      writeFileSync(pathOf(RUN), journal(notes(3)))
      const { length } = journal([])
      expect(heardBy(await follow('', `${PATH}?after=${length}`))).to.have.length(3)
      expect(heardBy(await follow('0', `${PATH}?after=${length}`))).to.have.length(8)
    })

    const ends: Readonly<Record<string, () => unknown>> = {
      'its token is removed': () => (stand.tokens.content = []),
      'the file of tokens is not right': () => (stand.tokens.content = undefined),
      'its person goes': () => (stand.people.content = new Map()),
      'its person has another password': () =>
        (stand.people.content = new Map([['anna', { name: 'anna', groups: ['web'], password: 'new' }]])),
      'the policy is not right': () => (stand.policy.content = undefined),
      'the policy takes the right away': () =>
        (stand.policy.content = policyOf(
          parsePolicy('policy', 'anna may look in production', ['test', 'production']),
        )),
    }
    for (const [what, change] of Object.entries(ends))
      it(`end once ${what}, and tell nothing that comes later`, async () => {
        writeFileSync(pathOf(RUN), journal([]))
        const reader = await follow()
        await look(9)
        expect(reader.isClosed).to.equal(false)
        change()
        await look(9)
        expect([reader.isClosed, reader.isOver]).to.deep.equal([true, false])
        const before = reader.heard.length
        appendFileSync(pathOf(RUN), journal(notes(1)).subarray(journal([]).length))
        await look(2)
        expect(reader.heard).to.have.length(before)
      })

    it('end with the date of the token', async () => {
      writeFileSync(pathOf(RUN), journal([]))
      const reader = await follow('', PATH, stand.add({ name: 'short', expiresAt: 4_000 }))
      while (stand.clock.now() < 3_500) await look()
      expect(reader.isClosed).to.equal(false)
      while (stand.clock.now() < 6_000) await look()
      expect(reader.isClosed).to.equal(true)
    })

    it('say that the run is gone where its process is, and that its journal is not there any more', async () => {
      writeFileSync(pathOf(RUN), journal([]))
      const gone = await follow()
      isAlive = false
      await look(30)
      expect(gone.heard.at(-1)).to.deep.include({ event: 'end', data: '{"course":"gone"}' })
      expect(JSON.stringify(gone.heard)).not.to.contain(stand.scratch.path)
      isAlive = true
      app = newApp()
      const removed = await follow()
      rmSync(pathOf(RUN))
      await look(2)
      const { event, data = '' } = removed.heard.at(-1) ?? {}
      expect(event).to.equal('end')
      expect(JSON.parse(data)).to.deep.equal({
        course: 'broken',
        fault: `the journal live/${RUN}.journal.ndjson is not there any more`,
      })
    })

    it('are for so many at a time, and one who goes makes room', async () => {
      writeFileSync(pathOf(RUN), journal([]))
      const readers: EventReader[] = []
      for (let each = 0; each < MAX_STREAMS_OF_PERSON; each += 1) readers.push(await follow())
      const refused = await get(PATH, { accept: 'text/event-stream' })
      expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '30'])
      expect(await refused.text()).to.contain('close one of them, and come again')
      await readers[0]?.leave()
      await settled()
      await follow()
    })

    it('take no room where only their headers are asked for', async () => {
      writeFileSync(pathOf(RUN), journal([]))
      for (let each = 0; each < MAX_STREAMS_OF_PERSON + 1; each += 1) {
        const answer = await askApi(app, PATH, {
          token,
          method: 'HEAD',
          headers: { accept: 'text/event-stream' },
        })
        expect([answer.status, await answer.text()]).to.deep.equal([200, ''])
      }
      await follow()
    })

    it('leave nothing behind', async () => {
      writeFileSync(pathOf(RUN), journal([]))
      const reader = await follow()
      await reader.leave()
      for (let turns = 0; stand.clock.pending.length > 0; turns += 1) {
        expect(turns).to.be.lessThan(100)
        await look()
      }
      expect(readFileSync(pathOf(RUN))).to.deep.equal(journal([]))
    })
  })
})
