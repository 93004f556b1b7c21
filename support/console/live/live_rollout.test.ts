import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { PUT_BACK } from '../../rollout/model/out_of_rotation'
import { readJournalState } from '../../run/recorded_run'
import { ask, ANN } from '../../testing/console_requests'
import { EventReader } from '../../testing/event_reader'
import { FakeClock, settled } from '../../testing/fake_clock'
import { journalText } from '../../testing/journal_text'
import { carriedOut, randomRun, type RandomRun } from '../../testing/random_run'
import { Scratch } from '../../testing/scratch'
import { LiveRuns } from './live_runs'
import type { BegunRollout } from '../begun_rollout'
import { rolloutRoutes } from './rollout_routes'
import { BEAT_EVERY_MS } from './client_stream'
import { partsOf } from './rollout_parts'
import type { ProcessSurroundings } from './run_process'
import { MAX_STREAMS, MAX_STREAMS_OF_PERSON } from './watchers'

const RUN = '20260101-000000-abcd'
const PAGE = `/rollouts/${RUN}`

const PLAIN: RandomRun = {
  hosts: 3,
  limit: 0,
  waves: ['1 host', 'the rest'],
  verbs: ['discover', 'block', 'blocked', 'update', 'version', 'unblock', 'unblocked'],
  faults: {},
  mayFail: 0,
  undoes: false,
  asides: [],
}

/** A console on a folder of its own, with a journal that a test writes, and a process that the test says is there. */
class LiveConsole {
  readonly scratch = new Scratch()
  readonly folder = join(this.scratch.path, 'live')
  readonly path = join(this.folder, `${RUN}.journal.ndjson`)
  clock = new FakeClock()
  isAlive = true
  machine = 'here'
  surroundings: ProcessSurroundings = {
    machine: this.machine,
    now: () => 0,
    startedAt: () => (this.isAlive ? 0 : undefined),
    holders: async () => [],
  }
  begun: readonly BegunRollout[] = []
  routes = this.newRoutes()

  constructor() {
    mkdirSync(this.folder)
  }

  /** Takes the place of a `lockstep serve` that was killed. */
  restart(): void {
    this.clock = new FakeClock()
    this.routes = this.newRoutes()
  }

  async look(times = 1): Promise<void> {
    for (let time = 0; time < times; time += 1) await this.clock.next()
  }

  async page(path = PAGE): Promise<string> {
    return (await ask(this.routes, path)).text()
  }

  async connect(
    reader: EventReader,
    signal = new AbortController().signal,
  ): Promise<{ response: Response; followed: Promise<void> }> {
    const response = await ask(this.routes, `${PAGE}/events`, {
      signal,
      headers: { 'last-event-id': reader.place },
    })
    if (response.status !== 200 || response.body === null) throw new Error(await response.text())
    const followed = reader.follow(response.body)
    await settled()
    return { response, followed }
  }

  private newRoutes() {
    const runs = new LiveRuns(this.scratch.path, this.clock, this.surroundings)
    return rolloutRoutes({ runs, begun: () => this.begun })
  }
}

async function journalOf(given: RandomRun): Promise<Buffer> {
  const { lines } = await carriedOut(given)
  const header = JSON.stringify({ at: '2026-01-01T00:00:00.000Z', type: 'journal', version: 1 })
  return Buffer.from(journalText(header, ...lines))
}

/** Returns the page of a whole journal, as its report reads it. */
async function wholePage(path: string): Promise<[string, string][]> {
  const { state } = await readJournalState(path)
  const course = state.ended === undefined ? 'gone' : 'ended'
  return [...partsOf({ state, course, asked: [], fault: undefined, putBack: undefined })].map(
    ({ key, content }) => [key, content.text],
  )
}

describe('a rollout that is looked at live', () => {
  let live: LiveConsole
  beforeEach(() => (live = new LiveConsole()))
  afterEach(() => live.scratch.remove())

  it('is on its page and in the list from its start on, for those who may look at it', async () => {
    const begun: BegunRollout = {
      run: RUN,
      at: '/starts/s1',
      name: 'features/website.feature',
      environment: 'test',
      by: 'anna <b>',
      machine: 'control1',
      since: '2026-01-01T00:00:00.000Z',
      isOver: false,
    }
    live.begun = [begun]
    const early = await ask(live.routes, PAGE)
    expect([early.status, early.headers.get('refresh')]).to.deep.equal([200, '2'])
    expect(await early.text()).to.contain('It is being started by anna &lt;b&gt;, since ')
    expect(await live.page('/rollouts')).to.match(/STARTING[\s\S]*features\/website\.feature/)
    const mayLook = (environment: string) => environment !== 'test'
    expect((await ask(live.routes, PAGE, { mayLook })).status).to.equal(404)
    expect(await (await ask(live.routes, '/rollouts', { mayLook })).text()).not.to.contain('STARTING')
    writeFileSync(live.path, '{"at":"2026-01-01T00:00:00.000Z","type":"jour')
    expect(await live.page()).to.contain('It is being started')
    live.begun = [{ ...begun, isOver: true }]
    const dead = await ask(live.routes, PAGE)
    expect(dead.headers.has('refresh')).to.equal(false)
    expect(await dead.text()).to.contain('This rollout did not begin, or its journal is gone.')
    expect(await live.page('/rollouts')).not.to.contain('STARTING')
    live.begun = [begun]
    writeFileSync(live.path, await journalOf(PLAIN))
    expect(await live.page()).not.to.contain('being started')
    expect(await live.page('/rollouts')).not.to.contain('STARTING')
  })

  it('comes to the page of the whole journal, wherever it is cut, and however often one comes again @long', async () => {
    const cuts = fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 0.999, noNaN: true }),
        next: fc.constantFrom('look', 'leave', 'restart', 'new page'),
      }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(randomRun, cuts, fc.boolean(), async (given, cutAt, isKilled) => {
        const own = new LiveConsole()
        try {
          const whole = await journalOf(given)
          const end = isKilled ? whole.lastIndexOf('"type":"ended"') + 5 : whole.length
          const points = cutAt
            .map(({ at, next }) => ({ at: Math.floor(at * end), next }))
            .sort((a, b) => a.at - b.at)
          let reader = new EventReader('')
          let written = 0
          const write = (until: number) => {
            appendFileSync(own.path, whole.subarray(written, until))
            written = until
          }
          // Before the beginning of the run nobody knows of which environment it is.
          write(Math.max(whole.indexOf('\n', whole.indexOf('"type":"began"')) + 1, points[0]?.at ?? 0))
          await own.connect(reader)
          for (const { at, next } of points) {
            if (at > written) write(at)
            if (next === 'look') await own.look(2)
            if (next === 'leave') await reader.leave()
            if (next === 'restart') own.restart()
            if (next === 'new page') {
              await reader.leave()
              reader = new EventReader('')
            }
            if (next !== 'look') await own.connect(reader)
            expect(reader.parts.get('head')).not.to.contain('PASSED')
          }
          write(end)
          own.isAlive = false
          for (let looks = 0; looks < 40 && !reader.isOver; looks += 1) await own.look()
          expect(reader.isOver).to.equal(true)
          expect([...reader.parts]).to.deep.equal(await wholePage(own.path))
        } finally {
          own.scratch.remove()
        }
      }),
      { numRuns: 150 },
    )
  })

  it('sends nothing twice: who comes again with the last id gets what is new alone', async () => {
    const whole = await journalOf(PLAIN)
    const half = whole.indexOf('\n', whole.length / 2) + 1
    appendFileSync(live.path, whole.subarray(0, half))
    const reader = new EventReader('')
    await live.connect(reader)
    expect(reader.heard.map(({ event }) => event)).to.deep.equal(['parts'])
    expect(reader.place).to.equal(String(half))
    await reader.leave()
    await live.connect(reader)
    expect(reader.heard).to.have.length(1)
    await reader.leave()
    const next = whole.indexOf('\n', half) + 1
    appendFileSync(live.path, whole.subarray(half, whole.indexOf('\n', next + 2000) + 1))
    await live.look()
    await live.connect(reader)
    expect(reader.heard).to.have.length(2)
    const sent = JSON.parse(reader.heard[1]?.data ?? '') as { parts: unknown[] }
    expect(sent.parts.length).to.be.below(reader.parts.size)
  })

  it('goes on from where the page was, without sending it again', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    const page = await live.page()
    const [, place = ''] = /data-place="([^"]+)"/.exec(page) ?? []
    const reader = new EventReader(place)
    await live.connect(reader)
    expect(reader.heard).to.deep.equal([])
    expect(page).to.contain('UNDER WAY').and.to.contain('http-equiv="refresh"')
  })

  it('waits for the rest of a half-written line', async () => {
    const whole = await journalOf(PLAIN)
    const half = whole.indexOf('\n', whole.length / 2) + 1
    appendFileSync(live.path, whole.subarray(0, half))
    const reader = new EventReader('')
    await live.connect(reader)
    appendFileSync(live.path, whole.subarray(half, half + 20))
    await live.look(5)
    expect(reader.heard).to.have.length(1)
    appendFileSync(live.path, whole.subarray(half + 20))
    await live.look(5)
    expect(reader.isOver).to.equal(true)
    expect(reader.parts.get('head')).to.contain('PASSED')
  })

  it('has not passed while its end is only half on disk, nor where its process is gone behind that', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.length - 1))
    const reader = new EventReader('')
    await live.connect(reader)
    await live.look(20)
    expect(reader.parts.get('head')).to.contain('UNDER WAY').and.not.to.contain('PASSED')
    live.isAlive = false
    await live.look(20)
    expect(reader.isOver).to.equal(true)
    expect(reader.parts.get('head')).to.contain('INTERRUPTED').and.to.contain('the run did not end')
  })

  it('is told as its report tells it once its process was killed, and not as under way for ever', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    live.isAlive = false
    const page = await live.page()
    expect(page)
      .to.contain('INTERRUPTED')
      .and.to.contain('the run did not end')
      .and.not.to.contain('UNDER WAY')
    expect(page).not.to.contain('console.js')
    expect(await live.page('/rollouts'))
      .to.contain('No rollout that you may look at is under way.')
      .and.to.contain('INTERRUPTED')
  })

  it('tells a new user how a rollout is begun', async () => {
    expect(await live.page('/rollouts')).to.contain('lockstep.cjs run features/deployments/website.feature')
  })

  it('says of a run that puts hosts back who is back, and not that its lines passed', async () => {
    const [obligation, at] = ['is out of the pool', '2026-01-01T00:00:00.000Z']
    const left = (host: string) => ({ host, obligation, run: 'r0', feature: 'x.feature', since: at })
    const events = (exitCode: number) => [
      { type: 'journal', version: 1 },
      {
        type: 'read',
        version: 1,
        run: RUN,
        invocation: { cucumber: 'c', lockstep: 'l', env: {}, args: [] },
        scenarios: [],
        remarks: [],
        variables: {},
      },
      { type: 'mode', mode: 'live' },
      {
        type: 'began',
        mode: 'live',
        environment: 'test',
        chosen: 'test',
        journal: 'x',
        by: 'ann@here',
        tickets: [],
        warnings: [],
        outBefore: [left('web1'), left('web2')],
        notKnownBefore: [],
      },
      { type: 'run', feature: PUT_BACK, hash: '', mode: 'live', environment: 'test', pid: 7, order: 2 },
      { type: 'closed', obligation, hosts: ['web1'] },
      ...(exitCode === 0 ? [{ type: 'closed', obligation, hosts: ['web2'] }] : [{ type: 'failed' }]),
      { type: 'ended', exitCode, took: 10 },
    ]
    for (const [exitCode, title, sentence] of [
      [0, 'PASSED', '2 hosts put back'],
      [1, 'FAILED', '1 host put back; not all that it was to put back were seen back'],
    ] as const) {
      writeFileSync(
        live.path,
        journalText(...events(exitCode).map((event) => JSON.stringify({ at, ...event }))),
      )
      live.isAlive = false
      live.restart()
      for (const page of [await live.page('/rollouts'), await live.page()]) {
        expect(page).to.contain(title).and.to.contain(sentence)
        expect(page).to.contain('lockstep put-back').and.not.to.contain('every line passed')
        expect(page).not.to.contain('Still out of rotation')
      }
      expect(await live.page()).to.contain('Who is out of rotation now: <a href="/">Now</a>')
    }
  })

  it('is not called under way where its process may be on another machine', async () => {
    live.surroundings = { ...live.surroundings, machine: 'elsewhere' }
    live.restart()
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    expect(await live.page())
      .to.contain('NOT ENDED')
      .and.to.contain('no process of it can be seen from here')
    live.surroundings = { ...live.surroundings, holders: async () => [{ run: RUN, state: 'alive' }] }
    live.restart()
    expect(await live.page()).to.contain('UNDER WAY')
  })

  it('goes by its lock, and by a process that is older than the run: a number is used again', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    live.surroundings = { ...live.surroundings, startedAt: () => Date.UTC(2026, 0, 2) }
    live.restart()
    expect(await live.page()).to.contain('INTERRUPTED')
    live.surroundings = {
      ...live.surroundings,
      startedAt: () => 0,
      holders: async () => [{ run: RUN, state: 'process gone' }],
    }
    live.restart()
    expect(await live.page()).to.contain('INTERRUPTED')
  })

  for (const [what, harm, sentence] of [
    ['removed', (path: string) => rmSync(path), 'is not there any more'],
    ['shortened', (path: string) => truncateSync(path, 500), 'somebody shortened the journal'],
    [
      'replaced',
      (path: string) => {
        renameSync(path, `${path}.old`)
        writeFileSync(path, 'x')
      },
      'somebody replaced the journal',
    ],
    ['damaged', (path: string) => appendFileSync(path, '00000000 {}\n'), 'is damaged from line'],
  ] as const)
    it(`says in a sentence that its journal was ${what}, and shows no verdict`, async () => {
      const whole = await journalOf(PLAIN)
      appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
      const reader = new EventReader('')
      await live.connect(reader)
      harm(live.path)
      await live.look(3)
      expect(reader.isOver).to.equal(true)
      expect([...reader.parts.keys()]).to.deep.equal(['head'])
      expect(reader.parts.get('head')).to.contain('NOT KNOWN').and.to.contain(sentence)
      expect(reader.parts.get('head')).not.to.contain('PASSED')
    })

  it('never shows a journal as passed in which a line was changed, in the list neither', async () => {
    const whole = (await journalOf(PLAIN)).toString()
    writeFileSync(live.path, whole.replace('"passed":true', '"passed":null'))
    live.isAlive = false
    expect(await live.page())
      .to.contain('NOT KNOWN')
      .and.not.to.contain('PASSED')
    expect(await live.page('/rollouts'))
      .to.contain('NOT KNOWN')
      .and.not.to.contain('PASSED')
  })

  it('gives signs of life while nothing happens', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    const reader = new EventReader('')
    await live.connect(reader)
    while (live.clock.elapsed() <= BEAT_EVERY_MS) await live.look()
    expect(reader.heard.at(-1)?.event).to.equal('beat')
    expect(reader.comments).to.equal(2)
    expect(reader.place).to.equal(String(whole.indexOf('\n', whole.length / 2) + 1))
  })

  it('bounds the live pages of a person and of all, with a sentence and a time to come again', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    const open: AbortController[] = []
    const askAs = (name: string) => {
      const end = new AbortController()
      open.push(end)
      return ask(live.routes, `${PAGE}/events`, { person: { name, groups: [] }, signal: end.signal })
    }
    for (let n = 0; n < MAX_STREAMS_OF_PERSON; n += 1) expect((await askAs('ann')).status).to.equal(200)
    const refused = await askAs('ann')
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '30'])
    expect(await refused.text()).to.equal(
      'You have 10 live pages or streams open; close one of them, and come again.\n',
    )
    for (let n = MAX_STREAMS_OF_PERSON; n < MAX_STREAMS; n += 1)
      expect((await askAs(`person ${n}`)).status).to.equal(200)
    for (let n = 0; n < 1_000; n += 1) expect((await askAs(`other ${n}`)).status).to.equal(503)
    open[0]?.abort()
    expect((await askAs('bob')).status).to.equal(200)
  })

  it('ends at once with the session', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('\n', whole.length / 2) + 1))
    const reader = new EventReader('')
    const session = new AbortController()
    const { followed } = await live.connect(reader, session.signal)
    session.abort()
    await followed
    const heard = reader.heard.length
    appendFileSync(live.path, whole.subarray(whole.indexOf('\n', whole.length / 2) + 1))
    await live.look(3)
    expect(reader.heard).to.have.length(heard)
    expect(reader.isOver).to.equal(false)
  })

  it('is not there for one who may not look at its environment, nor are its events, nor its line in the list', async () => {
    appendFileSync(live.path, await journalOf(PLAIN))
    const mayLook = (environment: string) => environment === 'elsewhere'
    for (const path of [PAGE, `${PAGE}/events`, '/rollouts/../live/x', '/rollouts/..%2f..%2fetc%2fpasswd'])
      expect((await ask(live.routes, path, { mayLook })).status, path).to.equal(404)
    const list = await ask(live.routes, '/rollouts', { mayLook })
    expect(await list.text()).not.to.contain(RUN)
    expect(await (await ask(live.routes, '/rollouts', { person: ANN })).text()).to.contain(RUN)
  })

  it('shows nothing of a run whose environment is not known yet', async () => {
    const whole = await journalOf(PLAIN)
    appendFileSync(live.path, whole.subarray(0, whole.indexOf('"type":"began"')))
    expect((await ask(live.routes, PAGE)).status).to.equal(404)
    expect(await live.page('/rollouts')).to.contain('Not every journal says of which environment it is')
  })

  it('escapes what hosts say, in the page and in its events', async () => {
    const given = { ...PLAIN, faults: { 'web1 update': 'fails' as const } }
    appendFileSync(live.path, await journalOf(given))
    live.isAlive = false
    const page = await live.page()
    expect(page).to.contain('no &lt;such&gt; &quot;thing&quot;').and.not.to.contain('<such>')
    const reader = new EventReader('')
    await live.connect(reader)
    expect([...reader.parts.values()].join(''))
      .to.contain('&lt;such&gt;')
      .and.not.to.contain('<such>')
  })
})
