import { join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020'
import { expect } from 'chai'
import type { Hono } from 'hono'
import { LiveRuns } from '../console/live/live_runs'
import { ConsoleState } from '../console/pages/console_state'
import type { ConsoleSources } from '../console/pages/sources'
import { FollowedHistory } from '../history/followed_history'
import { HistoryStore } from '../history/store'
import { openPipelineJournal } from '../pipeline/pipeline_journal'
import { aChange, aRecord } from '../testing/a_record'
import { ApiStand, askApi } from '../testing/api_stand'
import { expectForm } from '../testing/json_form'
import { journalText } from '../testing/journal_text'
import { A, seen, taken } from '../testing/pipeline_events'
import { apiReads } from './api_reads'

const AT = '2026-11-22T12:00:00.000Z'
const RUN = '20261122-120000-aaaa'
const SECRET_RUN = '20261122-120000-bbbb'

interface Operation {
  parameters: { name: string; in: string }[]
  responses: { 200: { content: { 'application/json': { schema: { $ref: string } } } } }
}
interface Description {
  openapi: string
  paths: Record<string, { get?: Operation; post?: Operation }>
  components: { schemas: Record<string, object> }
}

describe('the documents of the API', () => {
  let stand: ApiStand
  let app: Hono
  let own: string
  let whole: string
  beforeEach(async () => {
    stand = new ApiStand()
    await fill()
    const state = new ConsoleState(sources())
    const surroundings = {
      machine: 'here',
      now: () => Date.parse(AT),
      startedAt: () => undefined,
      holders: async () => [],
    }
    const live = new LiveRuns(stand.scratch.path, stand.clock, surroundings)
    app = stand.open({}, apiReads(state, live))
    own = stand.add()
    whole = stand.add({ name: 'whole', environments: null })
  })
  afterEach(() => stand.close())

  const sources = (): ConsoleSources => ({
    state: stand.scratch.path,
    history: new FollowedHistory(join(stand.scratch.path, 'history'), () => undefined),
    sharing: undefined,
    environments: ['test', 'production'],
    repositories: new Map([['website', ['test', 'production']]]),
    inventoryOf: () => [],
    locks: async () => [holder(RUN, 'web1'), holder(SECRET_RUN, 'secret-host')],
    spools: () => ({
      account: { path: '/secret-spool', waiting: 1, refused: 0 },
      announcements: undefined,
      revisions: undefined,
    }),
    takesTag: () => true,
    servedOn: () => 'here',
    isAlive: () => true,
    now: () => Date.parse(AT) + 60_000,
  })
  const holder = (run: string, host: string) => ({
    run,
    feature: 'x.feature',
    fleet: 'broker',
    user: 'me',
    machine: 'here',
    pid: 1,
    since: AT,
    state: 'alive' as const,
    hosts: [host],
  })

  const live = (run: string, environment: string, host: string, order: number) => {
    const invocation = { args: [], env: {}, cucumber: 'cucumber-js', lockstep: 'lockstep' }
    const lines = [
      { type: 'journal', version: 1 },
      { type: 'read', version: 1, run, invocation, scenarios: [], remarks: [], variables: {} },
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
      { type: 'run', feature: `${environment}.feature`, hash: '', mode: 'live', environment, pid: 1, order },
      { type: 'roll call', hosts: [host] },
      { type: 'opened', obligation: 'blocks 192.0.2.1', hosts: [host] },
      { type: 'ended', exitCode: 1, took: 5 },
    ]
    const text = journalText(...lines.map((line) => JSON.stringify({ at: AT, ...line })))
    return stand.scratch.write(`live/${run}.journal.ndjson`, text)
  }

  async function fill(): Promise<void> {
    const store = new HistoryStore(join(stand.scratch.path, 'history'))
    for (const [environment, run, host, release] of [
      ['test', RUN, 'web1', '1.0'],
      ['production', SECRET_RUN, 'secret-host', 'secret-release'],
    ] as const) {
      const journal = live(run, environment, host, environment === 'test' ? 1 : 2)
      const record = aRecord({
        environment,
        release,
        run,
        hosts: [host],
        changes: [aChange(host)],
        tickets: [],
      })
      store.write(record, { feature: Buffer.from('Feature: x\n'), journal })
    }
    for (let n = 0; n < 25; n += 1) {
      const at = `2026-11-20T08:00:${String(n).padStart(2, '0')}.000Z`
      const record = aRecord({
        environment: 'test',
        run: `earlier-${String(n).padStart(2, '0')}`,
        began: at,
        ended: at,
      })
      store.write(record, {
        feature: Buffer.from('Feature: x\n'),
        journal: join(stand.scratch.path, `live/${RUN}.journal.ndjson`),
      })
    }
    const journal = openPipelineJournal(stand.scratch.path, () => Date.parse(AT))
    await journal.append(taken([{ ref: seen.ref, before: null, after: A }]))
    await journal.append(seen)
    for (const [environment, tag] of [
      ['test', 'v1'],
      ['production', 'secret-tag'],
    ] as const)
      await journal.append({ type: 'fetch begun', repository: 'website', commit: A, environment, tag })
    await journal.close()
  }

  const text = async (path: string, token: string) => {
    const answer = await askApi(app, `/api/v1${path}`, { token })
    const body = await answer.text()
    expect(answer.status, `${path}: ${body}`).to.equal(200)
    return { body, link: answer.headers.get('link') }
  }
  const describeIt = async () => JSON.parse((await text('/openapi.json', own)).body) as Description

  it('are described in OpenAPI 3.1 that a validator takes', async () => {
    const { Validator } = await import('@seriousme/openapi-schema-validator')
    const validator = new Validator()
    const { valid, errors } = await validator.validate(
      (await describeIt()) as unknown as Record<string, unknown>,
    )
    expect(errors ?? [], 'errors').to.deep.equal([])
    expect([valid, validator.version]).to.deep.equal([true, '3.1'])
  })

  it('have the form that the description says, on each of its paths', async () => {
    const { paths, components } = await describeIt()
    expect(Object.keys(paths)).to.include.members(['/status', '/rollouts/{run}', '/bells/{environment}/ring'])
    const ajv = new Ajv2020({ strict: false })
    ajv.addSchema({ $id: 'api', components })
    for (const token of [own, whole])
      for (const [path, { get }] of Object.entries(paths)) {
        if (get === undefined) continue
        const { body } = await text(path.replace('{run}', RUN), token)
        const { $ref } = get.responses[200].content['application/json'].schema
        const isRight = ajv.validate(`api${$ref}`, JSON.parse(body))
        expect(isRight, `${path}: ${ajv.errorsText()}`).to.equal(true)
        expectForm(body, (JSON.parse(body) as { schema: string }).schema)
      }
  })

  it('say of another environment no name, and no number', async () => {
    for (const path of [
      '/status',
      '/rollouts',
      `/rollouts/${RUN}`,
      '/history',
      '/history?host=secret-host',
      '/history?environment=production',
      '/pipeline',
      '/pipeline?repository=website',
      '/fleet',
      '/fleet?environment=test',
    ]) {
      const { body } = await text(path, own)
      expect(body, path).not.to.match(/secret|production|bbbb/)
    }
    for (const path of [
      `/rollouts/${SECRET_RUN}`,
      '/fleet?environment=production',
      `/history?before=${SECRET_RUN}`,
      '/pipeline?repository=none',
    ])
      expect((await askApi(app, `/api/v1${path}`, { token: own })).status, path).to.equal(404)
  })

  it('say all of it to one who may look everywhere', async () => {
    const all = await Promise.all(
      ['/status', '/rollouts', '/history', '/pipeline'].map((path) => text(path, whole)),
    )
    for (const { body } of all) expect(body).to.match(/secret|bbbb/)
    expect((await text(`/rollouts/${SECRET_RUN}`, whole)).body).to.contain('secret-host')
  })

  it('go on where the page before ended', async () => {
    const runs: string[] = []
    let path: string | undefined = '/history?environment=test'
    for (let pages = 0; path !== undefined && pages < 5; pages += 1) {
      const { body, link } = await text(path, own)
      runs.unshift(...(JSON.parse(body) as { runs: { run: string }[] }).runs.map(({ run }) => run))
      path = link === null ? undefined : /<\/api\/v1([^>]+)>/.exec(link)?.[1]
    }
    expect(runs).to.have.length(26)
    expect(new Set(runs).size).to.equal(26)
    expect(runs).to.deep.equal(runs.slice(0, 25).sort().concat(RUN))
  })
})
