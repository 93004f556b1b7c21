import { expect } from 'chai'
import * as v from 'valibot'
import type { StartSources } from '../console/starts/start_sources'
import { Starter } from '../starts/starter'
import { FakeClock, settled } from '../testing/fake_clock'
import { MemoryRights } from '../testing/memory_rights'
import { MemoryStartLog } from '../testing/memory_start_log'
import { MemoryStarts } from '../testing/memory_starts'
import { FORMS } from './json_forms'
import { startReads } from './start_reads'

const PLAN = '0123456789ab'
const WISH = {
  by: 'anna',
  feature: 'features/website.feature',
  variables: { version: '2' },
  release: null,
  ticket: null,
  limit: null,
}

describe('the starts that the API reads', () => {
  let starter: Starter
  let end: AbortController
  let work: Promise<void>
  beforeEach(async () => {
    const commands = new MemoryStarts()
    commands.outcome = (step) => ({
      result: 'succeeded',
      why: null,
      plan: step === 'plan' ? PLAN : null,
      hosts: step === 'plan' ? 2 : 0,
      changes: step === 'plan' ? 1 : 0,
    })
    starter = new Starter({ log: new MemoryStartLog(), commands, clock: new FakeClock() })
    end = new AbortController()
    work = starter.work(end.signal)
    for (const environment of ['test', 'production']) await starter.ask({ ...WISH, environment })
    await settled()
  })
  afterEach(async () => {
    end.abort()
    await work
  })

  async function read(
    path: string,
    own: Partial<StartSources['desk']> = {},
    start = '',
    environments = ['test'],
  ) {
    const route = startReads({
      folder: '/',
      features: [],
      environments: ['test', 'production'],
      approvalIn: () => 'another person',
      variablesOf: () => new Map(),
      runs: '/',
      desk: { starter, fault: undefined, ...own },
      rights: new MemoryRights(),
      now: () => 0,
    }).find((each) => each.path === path)
    const answer = await route?.read({
      person: { name: 'bert', groups: [] },
      may: (act, environment) => act === 'look' && environments.includes(environment),
      param: () => start,
      query: {},
      signal: end.signal,
    })
    if (answer === undefined || 'status' in answer) return undefined
    return v.parse(FORMS['lockstep/starts/1'], JSON.parse([...answer.pieces].join('')))
  }

  it('have the name of the plan that an approval gives, in environments that may be looked at alone', async () => {
    const found = await read('/starts')
    expect(found?.starts).to.have.length(1)
    expect(found?.starts[0]).to.deep.include({
      environment: 'test',
      standing: 'waits for approval, not by anna',
      plan: { name: PLAN, hosts: 2, changes: 1 },
      rollout: null,
    })
    expect(
      (await read('/starts', {}, '', ['test', 'production']))?.starts.map(({ environment }) => environment),
    ).to.deep.equal(['production', 'test'])
  })

  it('are there one by one, and one that may not be looked at is not', async () => {
    const [test, production] = starter.starts
    expect((await read('/starts/:start', {}, test?.id))?.starts).to.have.length(1)
    expect(await read('/starts/:start', {}, production?.id)).to.equal(undefined)
    expect(await read('/starts/:start', {}, 'none')).to.equal(undefined)
  })

  it('are not known where this process does not serve, and that is said', async () => {
    const found = await read('/starts', { starter: undefined, fault: 'another lockstep serve serves' })
    expect(found?.starts).to.deep.equal([])
    expect(found?.notKnown).to.deep.equal(['another lockstep serve serves'])
  })
})
