import { expect } from 'chai'
import { Starter } from '../../starts/starter'
import { ApiStand, askApi } from '../../testing/api_stand'
import { settled } from '../../testing/fake_clock'
import { rightsBy } from '../../testing/memory_rights'
import { MemoryStartLog } from '../../testing/memory_start_log'
import { MemoryStarts } from '../../testing/memory_starts'
import { parsePolicy, policyOf } from '../../people/policy'
import { startActs } from './start_acts'

const FEATURE = 'features/deploy.feature'
const POLICY = `anna may look, plan, approve and start in test
bert may look, plan in test`

describe('starts that a program withdraws', () => {
  let stand: ApiStand
  let starter: Starter
  let commands: MemoryStarts
  let end: AbortController
  let work: Promise<void>
  let app: ReturnType<ApiStand['open']>

  beforeEach(() => {
    stand = new ApiStand()
    stand.policy.content = policyOf(parsePolicy('policy', POLICY, ['test', 'production']))
    stand.scratch.write(FEATURE, 'Feature: x\n  Scenario: y\n')
    commands = new MemoryStarts()
    commands.outcome = (step) => ({
      result: 'succeeded',
      why: null,
      plan: step === 'plan' ? '0123456789ab' : null,
      hosts: 1,
      changes: 1,
    })
    starter = new Starter({ log: new MemoryStartLog(), commands, clock: stand.clock })
    end = new AbortController()
    work = starter.work(end.signal)
    const acts = startActs({
      folder: stand.scratch.path,
      features: ['features/*.feature'],
      environments: ['test', 'production'],
      approvalIn: () => 'none',
      rights: rightsBy(stand.policy),
      variablesOf: () => new Map(),
      runs: stand.scratch.path,
      desk: { starter, fault: undefined },
      now: () => stand.clock.now(),
    })
    app = stand.open({}, [], acts)
  })
  afterEach(async () => {
    end.abort()
    await work
    await stand.close()
  })

  const ask = async (by: string) => {
    const wish = {
      feature: FEATURE,
      environment: 'test',
      variables: {},
      release: null,
      ticket: null,
      limit: null,
    }
    const asked = await starter.ask({ ...wish, by })
    await settled()
    return 'id' in asked ? asked.id : ''
  }
  const withdraw = (id: string, token: string, key = 'a-key-of-an-act') =>
    askApi(app, `/api/v1/starts/${id}/withdraw`, {
      token,
      method: 'POST',
      body: '{}',
      headers: { 'idempotency-key': key },
    })

  it('are over once, and the audit trail has the token', async () => {
    const id = await ask('bert')
    const token = stand.add({ acts: ['look', 'start'] })
    const answer = await withdraw(id, token)
    expect([answer.status, await answer.json()]).to.deep.equal([
      200,
      {
        schema: 'lockstep/act/1',
        says: 'it is withdrawn; nothing of it can be approved or begun',
        at: `/starts/${id}`,
      },
    ])
    expect(starter.find(id)?.withdrawn?.by).to.equal('anna')
    expect(stand.audited.at(-1)).to.include({
      type: 'acted',
      act: 'withdraw a start',
      what: `${id} for test`,
      through: 'token ci',
    })
    expect((await withdraw(id, token)).headers.get('idempotency-replayed')).to.equal('true')
    expect((await withdraw(id, token, 'another-key-of-it')).status).to.equal(409)
  })

  for (const [what, acts, by, status] of [
    ['of its person, by one that may plan', ['look', 'plan'], 'anna', 200],
    ['of its person, by one that only looks', ['look'], 'anna', 403],
    ['of another person, by one that may plan', ['look', 'plan'], 'bert', 403],
    ['that it may not look at', ['start'], 'anna', 404],
  ] as const)
    it(`are ${status === 200 ? '' : 'not '}withdrawn with a token: ${what}`, async () => {
      const id = await ask(by)
      expect((await withdraw(id, stand.add({ acts: [...acts] }))).status).to.equal(status)
      expect(starter.find(id)?.withdrawn !== undefined).to.equal(status === 200)
    })
})
