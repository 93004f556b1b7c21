import { expect } from 'chai'
import { FakeFleet, rolloutOn, type RehearsalOptions } from '../../testing/fake_fleet'
import { failure } from '../../testing/failure'
import type { Answer } from '../model/answers'
import type { Checkpoint } from '../model/checkpoint'
import { describe as described, hasPassed } from '../model/verdict'

const NEEDED = [
  { agent: 'iptables', line: 3, text: 'I block the load balancer' },
  { agent: 'package', line: 5, text: 'I update the package mywebapp' },
]

/**
 * Returns a rollout to hosts of which `web2` does not run the agent package. `tells` is the answer of `web2` when it is
 * asked for its agents.
 */
function rollout(tells?: Answer, ports: RehearsalOptions['ports'] = {}) {
  const own = (agents: string[]) => ({
    kind: 'answered' as const,
    data: { agents: agents.map((agent) => ({ agent })) },
  })
  const fleet = new FakeFleet(['web1', 'web2', 'web3'], (_, { action }) =>
    action === 'agent_inventory' ? (tells ?? own(['rpcutil', 'iptables'])) : { kind: 'answered', data: {} },
  )
  fleet.lacks['web2'] = ['package']
  return { ...rolloutOn(fleet, { ports: { neededAgents: NEEDED, ...ports } }), fleet }
}

const SILENT: Answer = { kind: 'silent', waited: 10_000 }

/** Returns what an earlier run has left on hosts, to be compared with what they are now. */
function leftOn(hosts: readonly string[]): Checkpoint {
  return {
    run: 'r1',
    hash: 'h',
    hosts,
    out: [],
    outside: [],
    attempted: new Set(),
    seed: undefined,
    had: new Map(),
    tags: new Map(),
    puppetRuns: new Map(),
    puppetRunsEnded: new Set(),
    managed: new Map(),
    scenarios: new Map(),
    isOfHistory: true,
  }
}

const LACK = 'has no agent package, which line 5 needs: I update the package mywebapp'

describe('hosts that lack an agent', () => {
  it('are named at the roll call with what they lack and the line that needs it, and no host is touched', async () => {
    const { rollout: rolling, fleet, journal } = rollout()
    const verdict = await rolling.hosts.discover()
    expect(verdict.observations.map(({ host, passed, seen }) => [host, passed, seen])).to.deep.equal([
      ['web1', true, 'discovered'],
      ['web2', false, LACK],
      ['web3', true, 'discovered'],
    ])
    expect((await failure(rolling.packages.update('mywebapp'))).code).to.equal('diverged')
    expect(fleet.asked.map(({ request, hosts }) => [request.action, hosts])).to.deep.equal([
      ['agent_inventory', ['web2']],
    ])
    expect(journal.some((entry) => entry.type === 'asked' && entry.mutating)).to.equal(false)
  })

  it('stop the first step where none is about the roll call', async () => {
    const { rollout: rolling, fleet, verdicts } = rollout()
    expect((await failure(rolling.packages.update('mywebapp'))).code).to.equal('diverged')
    expect(described(verdicts[0] ?? { observations: [], unexpected: [] })).to.contain(`${LACK}  web2`)
    expect(fleet.asked.map(({ request }) => request.action)).to.deep.equal(['agent_inventory'])
  })

  it('are out where the failure budget allows for them', async () => {
    const { rollout: rolling, fleet } = rollout()
    rolling.budget.allow({ hosts: 1 }, 'rollout')
    expect(await rolling.hosts.discover()).to.include({ tolerated: true })
    await rolling.agents.shouldAllAnswer()
    expect(fleet.asked.at(-1)?.hosts).to.deep.equal(['web1', 'web3'])
  })

  it('are not asked where an earlier run has put them out already', async () => {
    const { rollout: rolling, fleet } = rollout()
    rolling.budget.putOut([{ host: 'web2', seen: 'failed before' }])
    await rolling.agents.shouldAllAnswer()
    expect(fleet.asked.map(({ request, hosts }) => [request.action, hosts])).to.deep.equal([
      ['ping', ['web1', 'web3']],
    ])
  })

  it('end a plan too, which would wait for them line by line', async () => {
    const { rollout: rolling, fleet } = rollout(undefined, {
      planning: { asNoop: () => undefined, isReadOnly: () => true },
    })
    expect(hasPassed(await rolling.hosts.discover())).to.equal(false)
    expect((await failure(rolling.packages.update('mywebapp'))).code).to.equal('diverged')
    expect(fleet.asked.map(({ request }) => request.action)).to.deep.equal(['agent_inventory'])
  })

  it('are set aside in a look for drift, which still looks at the others', async () => {
    const planning = { asNoop: () => undefined, isReadOnly: () => true }
    for (const first of ['discover', 'frozen'] as const) {
      const hosts = ['web1', 'web2', 'web3']
      const checkpoint = leftOn(hosts)
      const { rollout: rolling, fleet, verdicts } = rollout(SILENT, { planning, checkpoint })
      await rolling.hosts[first]()
      const verdict = await rolling.agents.shouldAllAnswer()
      expect(verdict.observations.map(({ host }) => host)).to.deep.equal(['web1', 'web3'])
      expect(fleet.asked.at(-1)?.hosts).to.deep.equal(['web1', 'web3'])
      const failures = verdicts.flatMap(({ observations }) => observations.filter(({ passed }) => !passed))
      expect(failures.map(({ host, kind }) => [host, kind])).to.deep.equal([['web2', 'silent']])
    }
  })

  it('end a look for drift where all do', async () => {
    const planning = { asNoop: () => undefined, isReadOnly: () => true }
    const { rollout: rolling } = rollout(SILENT, { planning, checkpoint: leftOn(['web2']) })
    expect(hasPassed(await rolling.hosts.discover())).to.equal(false)
    expect((await failure(rolling.agents.shouldAllAnswer())).code).to.equal('diverged')
  })

  it('are looked for once in a rollout, and not where no line needs an agent', async () => {
    const { rollout: rolling, fleet } = rollout()
    delete fleet.lacks['web2']
    await rolling.hosts.discover()
    fleet.lacks['web2'] = ['package']
    expect(hasPassed(await rolling.hosts.discover())).to.equal(true)
    const without = rollout(undefined, { neededAgents: [] })
    expect(hasPassed(await without.rollout.hosts.discover())).to.equal(true)
    expect([...fleet.asked, ...without.fleet.asked]).to.deep.equal([])
  })

  const answers: [string, Answer, RegExp | undefined][] = [
    ['silent', { kind: 'silent', waited: 10_000 }, /^no answer/],
    [
      'a refusal',
      { kind: 'failed', message: 'not authorized', data: {} },
      /iptables, package.*not authorized/,
    ],
    ['forged', { kind: 'untrusted', reason: 'bad signature' }, /^bad signature$/],
    [
      'no list',
      { kind: 'answered', data: { agents: 'all' } },
      /^has no agent iptables.*has no agent package/,
    ],
    [
      'all agents, its first answer being lost',
      { kind: 'answered', data: { agents: [{ agent: 'iptables' }, { agent: 'package' }] } },
      undefined,
    ],
  ]
  for (const [name, answer, seen] of answers) {
    it(`are judged by their own answer: ${name}`, async () => {
      const verdict = await rollout(answer).rollout.hosts.discover()
      const odd = verdict.observations.find(({ host }) => host === 'web2')
      if (seen === undefined) expect(odd).to.include({ passed: true })
      else expect(odd?.seen).to.match(seen)
    })
  }
})
