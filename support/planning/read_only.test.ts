import { expect } from 'chai'
import fc from 'fast-check'
import { contracts, contractsWith, ownContractOf } from '../rpc/contracts'
import { mutating, readOnly as readOnlyAction } from '../rpc/contracts/contract'
import type { Fleet } from '../rollout/ports'
import type { Request } from '../rollout/model/answers'
import { failure } from '../testing/failure'
import { FakeFleet } from '../testing/fake_fleet'
import { ok, webs } from '../testing/web_fleet'
import { expectMeaningful, type RunParameters } from '../run/parameters'
import {
  asPlanned,
  lookingOnly as lookingOnlyBy,
  onlyPlanned,
  readOnly,
  safely as safelyBy,
} from './read_only'
import { tellNobody } from '../system/wait'

const lookingOnly = lookingOnlyBy(ownContractOf)
const safely = safelyBy(ownContractOf)
const watch = { beforeSend: async () => {}, tellWait: tellNobody }
const request = (agent: string, action: string, inputs: Request['inputs'] = {}): Request => ({
  agent,
  action,
  inputs,
  // Code that asks a fleet directly may say so of any request.
  mutating: false,
})
const ask = (fleet: Fleet, what: Request, hosts = webs(2)) => fleet.call(what, hosts, watch)

const agentName = fc.oneof(
  fc.constantFrom(...Object.keys(contracts), '__proto__', 'constructor'),
  fc.string(),
)
const actionName = fc.oneof(
  fc.constantFrom(...Object.values(contracts).flatMap(({ actions }) => Object.keys(actions)), 'toString'),
  fc.string(),
)
const inputs = fc.dictionary(fc.constantFrom('noop', 'force', 'service'), fc.oneof(fc.boolean(), fc.string()))

describe('a fleet on which nothing may be changed', () => {
  it('is sent only requests that are known to be read-only, for any caller and request', async () => {
    await fc.assert(
      fc.asyncProperty(agentName, actionName, inputs, async (agent, action, given) => {
        const fake = new FakeFleet(webs(2), () => ok())
        await ask(
          readOnly(fake, lookingOnly, () => true),
          request(agent, action, given),
        ).catch(() => {})
        for (const { request: sent } of fake.asked)
          expect(lookingOnly.isReadOnly(sent), `${action} of ${agent}`).to.equal(true)
      }),
    )
  })

  it('is sent what the contract of a team calls read-only, and no other action of that agent', async () => {
    const actions = { knock: readOnlyAction('Knocks'), open: mutating('Opens') }
    const door = { agent: 'door', description: 'The door', timeout: 5, actions }
    const planning = lookingOnlyBy(contractsWith(new Map([['door', { add: door }]])))
    const fake = new FakeFleet(webs(2), () => ok())
    const fleet = readOnly(fake, planning, () => true)
    await ask(fleet, request('door', 'knock'))
    for (const other of ['open', 'toString', '__proto__']) await failure(ask(fleet, request('door', other)))
    await failure(ask(fleet, request('gate', 'knock')))
    expect(fake.asked.map(({ request: sent }) => sent.action)).to.deep.equal(['knock'])
  })

  it('takes no action of Lockstep for read-only because a team says so', async () => {
    const restart = {
      service: {
        add: { agent: 'service', description: '', timeout: 5, actions: { restart: readOnlyAction('') } },
      },
    }
    const planning = lookingOnlyBy(contractsWith(new Map(Object.entries(restart))))
    expect(planning.isReadOnly(request('service', 'restart'))).to.equal(false)
  })

  it('names in a sentence the request that was not sent', async () => {
    const fake = new FakeFleet(webs(2), () => ok())
    const { message } = await failure(
      ask(
        readOnly(fake, lookingOnly, () => true),
        request('service', 'restart'),
      ),
    )
    expect(message).to.match(/^restart of service was about to be sent, and nothing may be changed/)
  })

  it('goes through with puppet’s own noop in safe mode alone, and with no other run of it', async () => {
    const fake = new FakeFleet(webs(2), () => ok())
    const noop = request('puppet', 'runonce', { noop: true })
    await failure(
      ask(
        readOnly(fake, lookingOnly, () => true),
        noop,
      ),
    )
    const safe = readOnly(fake, safely, () => true)
    await failure(ask(safe, request('puppet', 'runonce')))
    await failure(ask(safe, request('puppet', 'runonce', { noop: false })))
    await failure(ask(safe, request('puppet', 'runonce', { noop: 'true' })))
    expect(fake.asked).to.have.length(0)
    await ask(safe, noop)
    expect(fake.asked).to.have.length(1)
  })

  it('sends the request that it has judged, though its caller changes it meanwhile', async () => {
    const fake = new FakeFleet(webs(2), () => ok())
    const noop = request('puppet', 'runonce', { noop: true })
    const looks = request('service', 'status')
    for (const asked of [noop, looks]) {
      const beforeSend = async () => void Object.assign(asked, { action: 'restart', inputs: { noop: false } })
      await readOnly(fake, safely, () => true).call(asked, webs(2), { ...watch, beforeSend })
    }
    let asks = 0
    const shifty = {
      get agent() {
        asks += 1
        return asks === 1 ? 'rpcutil' : 'puppet'
      },
      action: 'ping',
      inputs: {},
      mutating: false,
    }
    await readOnly(fake, lookingOnly, () => true).call(shifty, webs(2), watch)
    expect(fake.asked.map(({ request: sent }) => `${sent.agent} ${sent.action}`)).to.deep.equal([
      'puppet runonce',
      'service status',
      'rpcutil ping',
    ])
    expect(fake.asked[0]?.request.inputs).to.deep.equal({ noop: true })
  })

  it('is as any other once safe mode is left', async () => {
    const fake = new FakeFleet(webs(2), () => ok())
    await ask(
      readOnly(fake, safely, () => false),
      request('service', 'restart'),
    )
    expect(fake.asked).to.have.length(1)
  })
})

describe('a rollout that keeps to its plan', () => {
  it('has no other hosts, neither in its roll call nor for code that asks the fleet directly', async () => {
    const kept: unknown[] = []
    const journal = onlyPlanned({ append: async (entry) => void kept.push(entry) }, ['web1', 'web2'])
    await journal.append({ type: 'roll call', hosts: ['web2', 'web1'] })
    for (const hosts of [['web1'], ['web1', 'web2', 'web3'], ['web1', 'web3']])
      expect((await failure(journal.append({ type: 'roll call', hosts }))).message).to.contain('other hosts')
    expect(kept).to.have.length(1)
    const fake = new FakeFleet(webs(3), () => ok())
    const fleet = asPlanned(
      fake,
      { hosts: ['web1', 'web2'], lines: new Set([7]), contractOf: ownContractOf },
      () => 7,
    )
    await ask(fleet, request('rpcutil', 'ping'))
    const { message } = await failure(ask(fleet, request('service', 'restart'), webs(3)))
    expect(message).to.contain('sent to web3, which was not planned for')
    expect(fake.asked).to.have.length(1)
  })

  it('changes nothing at a line of which nothing was planned, though a step of its own may try', async () => {
    const fake = new FakeFleet(webs(2), () => ok())
    let line: number | undefined = 8
    const fleet = asPlanned(
      fake,
      { hosts: webs(2), lines: new Set([7]), contractOf: ownContractOf },
      () => line,
    )
    expect((await failure(ask(fleet, request('service', 'restart')))).message).to.equal(
      'restart of service was about to be sent by line 8, of which nothing was planned; it was not sent',
    )
    await ask(fleet, request('service', 'status'))
    await ask(fleet, request('lock', 'acquire'))
    line = 7
    await ask(fleet, request('service', 'restart'))
    line = undefined
    await ask(fleet, request('service', 'restart'))
    expect(fake.asked).to.have.length(4)
  })
})

describe('the mode that a profile gives a run', () => {
  const told = (parameters: object, env: Record<string, string> = {}) =>
    expectMeaningful(parameters as RunParameters, env)

  it('is refused where it means nothing, since it would be a rollout for real', () => {
    expect(() => told({ mode: 'live', intent: 'Plan' })).to.throw('it is plan, drift or rehearse')
    expect(() => told({ mode: 'Live' })).to.throw('it is embedded or live')
    expect(() => told({ mode: 'live', intent: 'rehearse' })).to.throw('leave out -p live')
    expect(() =>
      told({ mode: 'live' }, { LOCKSTEP_BEGUN_BY: JSON.stringify({ why: 'plan', reports: '/tmp/r' }) }),
    ).to.throw('another run has begun this one')
  })

  it('is taken where it does', () => {
    for (const parameters of [{}, { mode: 'live' }, { mode: 'live', intent: 'plan' }, { intent: 'rehearse' }])
      told(parameters)
    told(
      { mode: 'live', intent: 'plan' },
      { LOCKSTEP_BEGUN_BY: JSON.stringify({ why: 'plan', reports: '/tmp/r' }) },
    )
  })
})
