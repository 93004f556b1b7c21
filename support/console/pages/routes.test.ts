import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FollowedHistory } from '../../history/followed_history'
import { HistoryStore } from '../../history/store'
import { openPipelineJournal } from '../../pipeline/pipeline_journal'
import { aRecord } from '../../testing/a_record'
import { journalText } from '../../testing/journal_text'
import { A, seen, taken } from '../../testing/pipeline_events'
import { Scratch } from '../../testing/scratch'
import { consoleRoutes } from './routes'
import type { ConsoleSources } from './sources'

const AT = '2026-11-22T12:00:00.000Z'

describe('the routes of the console', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const sources = (more: Partial<ConsoleSources> = {}): ConsoleSources => ({
    state: scratch.path,
    history: new FollowedHistory(join(scratch.path, 'history'), () => undefined),
    sharing: undefined,
    environments: ['test', 'secret-env'],
    repositories: new Map([
      ['website', ['test', 'secret-env']],
      ['secret-repository', ['secret-env']],
    ]),
    inventoryOf: () => [],
    locks: async () => [],
    spools: () => ({ account: undefined, announcements: undefined, revisions: undefined }),
    takesTag: () => true,
    servedOn: () => 'control1',
    isAlive: () => true,
    now: () => Date.parse(AT) + 60_000,
    ...more,
  })

  /** Asks as the guard does, with the parts of a path decoded. */
  const ask = async (
    path: string,
    of: ConsoleSources,
    may: (environment: string) => boolean = () => true,
  ) => {
    const url = new URL(path, 'http://console.example')
    const parts = url.pathname.split('/')
    const matches = consoleRoutes(of).flatMap((route) => {
      const names = route.path.split('/')
      const isOne =
        names.length === parts.length && names.every((name, at) => name.startsWith(':') || name === parts[at])
      return isOne ? [{ route, names }] : []
    })
    const [found] = matches
    if (found === undefined) throw new Error(`no route has ${path}`)
    const response = await found.route.answer({
      person: { name: 'ann', groups: [] },
      may: (_, environment) => may(environment),
      url,
      param: (name) => decodeURIComponent(parts[found.names.indexOf(`:${name}`)] ?? ''),
      header: () => undefined,
      signal: new AbortController().signal,
      newForm: () => 'token',
    })
    return { status: response.status, text: await response.text() }
  }

  const live = (run: string, environment: string, host: string) => {
    const lines = [
      { type: 'journal', version: 1 },
      {
        type: 'run',
        feature: `${environment}.feature`,
        hash: '',
        mode: 'live',
        environment,
        pid: 1,
        order: 1,
      },
      { type: 'roll call', hosts: [host] },
      { type: 'wave', name: 'the rest', hosts: [host] },
      { type: 'opened', obligation: 'blocks 192.0.2.1', hosts: [host] },
    ]
    const text = journalText(...lines.map((line) => JSON.stringify({ at: AT, ...line })))
    return scratch.write(`live/${run}.journal.ndjson`, text)
  }

  it('show a rollout from its start until its journal tells of it, and never twice', async () => {
    const run = '20261122-120000-cccc'
    let isOver = false
    const begunByStarts = () => [
      {
        run,
        at: '/starts/s1',
        name: 'features/website.feature',
        environment: 'test',
        by: 'anna',
        machine: 'control1',
        since: AT,
        isOver,
      },
    ]
    const own = sources({ begunByStarts })
    const now = async (may?: (environment: string) => boolean) => (await ask('/', own, may)).text
    expect(await now())
      .to.contain('is being started by anna')
      .and.contain('(1 min ago)')
    expect(await now((environment) => environment !== 'test')).not.to.contain('is being started')
    scratch.write(`live/${run}.journal.ndjson`, `{"at":"${AT}","type":"jour`)
    expect(await now(), 'a first line that is not whole').to.contain('is being started by anna')
    live(run, 'test', 'web1')
    const told = await now()
    expect(told).not.to.contain('is being started')
    expect(told).to.contain('test.feature</a></b> <span class="muted">in test')
    renameSync(
      join(scratch.path, 'live', `${run}.journal.ndjson`),
      join(scratch.path, 'live', `${run}.moved.journal.ndjson`),
    )
    isOver = true
    expect(await now(), 'one that died before its first line').not.to.contain('is being started')
  })

  const record = (environment: string, release: string, host: string, journal: string) =>
    new HistoryStore(join(scratch.path, 'history')).write(
      aRecord({
        environment,
        release,
        run: `run-${environment.replaceAll('/', '-')}`,
        hosts: [host],
        changes: [],
        tickets: [],
        by: `${environment}-person`,
      }),
      { feature: Buffer.from('Feature: x\n'), journal },
    )

  /** Fills a state with one environment that may be seen, and one that is secret in each of its names. */
  const fill = async () => {
    record('test', '1.0', 'web1', live('20261122-120000-aaaa', 'test', 'web1'))
    record(
      'secret-env',
      'secret-release',
      'secret-host',
      live('20261122-120000-bbbb', 'secret-env', 'secret-host'),
    )
    const journal = openPipelineJournal(scratch.path, () => Date.parse(AT))
    await journal.append(taken([{ ref: seen.ref, before: null, after: A }]))
    await journal.append(seen)
    const target = { repository: 'website', commit: A }
    for (const [environment, tag] of [
      ['test', 'v1'],
      ['secret-env', 'secret-tag'],
    ] as const) {
      await journal.append({ type: 'fetch begun', ...target, environment, tag })
      const why =
        environment === 'test' ? [] : [{ why: 'secret-reason', hosts: { text: 'secret-host', count: 1 } }]
      await journal.append({
        type: 'hosts have fetched',
        ...target,
        environment,
        tag,
        has: { text: 'web1', count: 1 },
        missing: why,
      })
    }
    await journal.close()
  }

  const PAGES = [
    '/',
    '/history',
    '/history?host=secret-host',
    '/history?release=secret-release',
    '/history?environment=secret-env',
    '/history/test/1.0',
    '/history/test/1.0/run-test',
    '/history/compare?environment=test&from=1.0&to=1.0',
    '/pipeline',
    '/pipeline/website',
    '/fleet',
    '/fleet?environment=test',
  ]

  it('show to those who may look at one environment no name, no count and no event of another', async () => {
    await fill()
    const holders = [
      {
        run: '20261122-120000-bbbb',
        feature: 'secret.feature',
        fleet: '',
        hosts: ['secret-host'],
        user: 'secret-person',
        machine: 'm',
        pid: 1,
        since: AT,
        state: 'alive' as const,
      },
      {
        run: 'of-no-journal-here',
        feature: 'secret.feature',
        fleet: '',
        hosts: ['secret-host'],
        user: 'secret-person',
        machine: 'm',
        pid: 1,
        since: AT,
        state: 'alive' as const,
      },
    ]
    const of = sources({ locks: async () => holders })
    for (const page of PAGES) {
      const { status, text } = await ask(page, of, (environment) => environment === 'test')
      expect(status, page).to.equal(200)
      const asked = new URL(page, 'http://x').searchParams
      const said = [...asked.values()].reduce((rest, value) => rest.replaceAll(`value="${value}"`, ''), text)
      expect(said, page).not.to.contain('secret')
    }
    const whole = await ask('/', sources({ isAlive: () => false }))
    expect(whole.text)
      .to.contain('secret-host')
      .and.to.contain('put-back --run 20261122-120000-bbbb --environment secret-env')
  })

  it('answer addresses of another environment as if there was nothing', async () => {
    await fill()
    const of = sources()
    for (const page of [
      '/history/secret-env/secret-release',
      '/history/secret-env/secret-release/run-secret-env',
      '/history/compare?environment=secret-env&from=secret-release&to=secret-release',
      '/pipeline/secret-repository',
      '/fleet?environment=secret-env',
    ]) {
      expect((await ask(page, of)).status, page).to.equal(200)
      const { status, text } = await ask(page, of, (environment) => environment === 'test')
      const nothing = await ask(
        '/history/test/nothing-of-this-name',
        of,
        (environment) => environment === 'test',
      )
      expect(status, page).to.equal(404)
      expect(text.replace(/<title>.*?<main/s, ''), page).not.to.contain('secret')
      expect(nothing.status).to.equal(404)
    }
  })

  it('open no file that a request names', async () => {
    await fill()
    for (const page of [
      '/history/test/1.0/..%2F..%2F..%2Fetc%2Fpasswd',
      '/history/..%2F..%2Fetc/passwd',
      '/pipeline/..%2Fjournals',
    ])
      expect((await ask(page, sources())).status, page).to.equal(404)
  })

  it('show what is written after the first look, and forget what was pruned', async () => {
    const of = sources()
    const routes = consoleRoutes(of)
    const now = async () => {
      const response = await routes[0]?.answer({
        person: { name: 'ann', groups: [] },
        may: () => true,
        url: new URL('http://x/'),
        param: () => '',
        header: () => undefined,
        signal: new AbortController().signal,
        newForm: () => 'token',
      })
      return (await response?.text()) ?? ''
    }
    expect(await now()).to.contain('There is no journal of a live run here')
    await fill()
    const filled = await now()
    expect(filled).to.contain('Out of rotation: 2 hosts').and.to.contain('Rollouts under way <small>2')
    expect(filled).to.contain('1 host, in the rest')
    scratch.remove()
    expect(await now()).not.to.contain('Nothing is out of rotation')
  })

  it('have addresses for names with a slash', async () => {
    const journal = live('20261122-120000-cccc', '/etc/client.cfg', 'web9')
    record('/etc/client.cfg', '1/2', 'web9', journal)
    const { text } = await ask('/history', sources())
    const [, address = ''] = /href="(\/history\/[^"?]*1%2F2)"/.exec(text) ?? []
    expect(address).to.equal('/history/%2Fetc%2Fclient.cfg/1%2F2')
    expect((await ask(address, sources())).status).to.equal(200)
  })

  it('says on each page how far the runs of other control hosts are known', async () => {
    const at = Date.parse(AT)
    const pages = ['/', '/history', '/fleet', '/pipeline']
    for (const page of pages) {
      expect((await ask(page, sources())).text, page).not.to.contain('other control hosts')
      const fresh = (await ask(page, sources({ sharing: { readAt: at, trouble: undefined } }))).text
      expect(fresh, page).to.match(
        /class="muted">What other control hosts did is known .*>2026-11-22 12:00 UTC/,
      )
      const none = (await ask(page, sources({ sharing: { readAt: undefined, trouble: undefined } }))).text
      expect(none, page).to.match(/class="lead warn">What other control hosts did has not been read yet/)
      const old = (await ask(page, sources({ sharing: { readAt: at - 600_000, trouble: undefined } }))).text
      expect(old, page).to.match(/class="lead warn">What other control hosts did is known .* 11:50 UTC/)
      const away = sources({ sharing: { readAt: at, trouble: 'db1 is away' } })
      expect((await ask(page, away)).text, page).to.contain('Not everything is known: db1 is away')
      const some = await ask(page, away, (environment) => environment === 'test')
      expect(some.text, page)
        .to.match(/lead warn/)
        .and.not.to.contain('db1')
    }
  })

  it('name a run that was killed, and that the history does not have, to those who may look at it', async () => {
    live('20261122-120000-aaaa', 'test', 'web1')
    const asked: unknown[] = []
    const isAlive = (isIt: boolean) => (pid: number, beganAt: number) => {
      asked.push([pid, beganAt])
      return isIt
    }
    const gone = (await ask('/', sources({ isAlive: isAlive(false) }))).text
    expect(gone).to.contain('did not end, and may have changed its 1 host')
    expect(gone).to.contain('history --write 20261122-120000-aaaa').and.not.to.contain('Rollouts under way')
    expect(asked).to.deep.equal([[1, Date.parse(AT)]])
    const alive = (await ask('/', sources({ isAlive: isAlive(true) }))).text
    expect(alive).to.contain('Rollouts under way').and.not.to.contain('history --write')
    const stranger = await ask('/', sources({ isAlive: isAlive(false) }), (name) => name !== 'test')
    expect(stranger.text).not.to.contain('history --write')
  })

  it('call nothing clear once a journal was removed that named hosts as out of rotation', async () => {
    const path = live('20261122-120000-aaaa', 'test', 'web1')
    const [now] = consoleRoutes(sources())
    const look = async () => {
      const response = await now?.answer({
        person: { name: 'ann', groups: [] },
        may: () => true,
        url: new URL('http://x/'),
        param: () => '',
        header: () => undefined,
        signal: new AbortController().signal,
        newForm: () => 'token',
      })
      return (await response?.text()) ?? ''
    }
    expect(await look()).to.contain('Out of rotation: 1 host')
    const away = `${path}.away`
    renameSync(path, away)
    for (let times = 0; times < 2; times += 1)
      expect(await look())
        .to.contain('was removed while it named web1 as out of rotation')
        .and.not.to.contain('Nothing is out')
    renameSync(away, path)
    expect(await look())
      .to.contain('Out of rotation: 1 host')
      .and.not.to.contain('was removed')
  })
})
