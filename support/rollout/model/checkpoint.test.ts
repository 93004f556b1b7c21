import { expect } from 'chai'
import { BEGAN, rolloutOn } from '../../testing/fake_fleet'
import { failure } from '../../testing/failure'
import { ok, silent, WebFleet, webs, type Exceptions } from '../../testing/web_fleet'
import { checkpointOf, continueCheckpoint } from './checkpoint'
import type { JournalEntry } from './journal_entry'
import type { Rollout } from '../rollout'
import { count, describe as described, hasPassed, mayGoOn, type Verdict } from './verdict'

/** Runs the seed's rollout in two waves, as far as it gets. Returns what each line came to, by `line: passed`. */
async function rollOut(
  rollout: Rollout,
  waves: readonly string[] = ['1 host', 'the rest'],
): Promise<string[]> {
  const said: string[] = []
  for (const [index, wave] of waves.entries()) {
    await rollout.beginScenario(String(20 + index), wave)
    rollout.hosts.withClass('roles::web')
    rollout.traffic.throughBalancerAt('1.2.3.4')
    const lines: [number, string, () => Promise<Verdict | undefined>][] = [
      [
        10,
        'I take the next wave',
        () => rollout.waves.take(index === 0 ? { kind: 'hosts', count: 1 } : { kind: 'rest' }),
      ],
      [11, 'I block the load balancer', () => rollout.traffic.block()],
      [12, 'traffic should be blocked', () => rollout.traffic.shouldBe('blocked')],
      [13, 'I update the package mywebapp', () => rollout.packages.update('mywebapp')],
      [
        14,
        'the package version for mywebapp should be 2.0',
        () => rollout.packages.versionShouldBe('mywebapp', '2.0'),
      ],
      [15, 'I run the action migrate', () => rollout.agents.run('app', 'migrate', {})],
      [16, 'I unblock the load balancer', () => rollout.traffic.unblock()],
      [17, 'traffic should be unblocked', () => rollout.traffic.shouldBe('unblocked')],
    ]
    for (const [line, text, work] of lines) {
      rollout.line = line
      rollout.step = text
      const verdict = await work()
      said.push(
        `${line} ${verdict?.observations.map(({ kind, passed }) => (passed ? kind : `${kind}!`)).join(' ')}`,
      )
      if (verdict !== undefined && !mayGoOn(verdict)) {
        await rollout.endScenario(false)
        return said
      }
    }
    await rollout.endScenario(true)
  }
  return said
}

async function stopped(n: number, except: Exceptions) {
  const fleet = new WebFleet(webs(n), except)
  const one = rolloutOn(fleet)
  await one.rollout.ports.journal.append(BEGAN)
  await rollOut(one.rollout)
  return { fleet, journal: one.journal }
}

function resume(fleet: WebFleet, journal: readonly JournalEntry[], except: Exceptions = {}) {
  const again = new WebFleet(fleet.found, except)
  for (const host of fleet.blocked) again.blocked.add(host)
  for (const [host, version] of fleet.versions) again.versions.set(host, version)
  return { again, ...rolloutOn(again, { ports: { checkpoint: checkpointOf('r1', journal) } }) }
}

describe('a resumed rollout', () => {
  const failsOnce: Exceptions = { web2: ({ action }) => (action === 'update' ? silent : undefined) }

  it('proves again what was done, changes nothing there, and goes on from where it stopped', async () => {
    const { fleet, journal } = await stopped(3, failsOnce)
    const { rollout, again } = resume(fleet, journal)
    expect(await rollOut(rollout)).to.deep.equal([
      '10 known',
      '11 done before',
      '12 done before',
      '13 done before',
      '14 answered',
      '15 done before',
      '16 done before',
      '17 answered',
      '10 known known',
      '11 answered answered',
      '12 answered answered',
      '13 answered answered',
      '14 answered answered',
      '15 answered answered',
      '16 answered answered',
      '17 answered answered',
    ])
    expect(
      again.asked.filter(({ hosts }) => hosts.includes('web1')).map(({ request }) => request.action),
    ).to.deep.equal(['status', 'isblocked'])
    expect(again.versions.get('web2')).to.equal('2.0')
    expect([...again.blocked]).to.deep.equal([])
  })

  it('never trusts the journal: a host that is not as it says has diverged, and nothing follows', async () => {
    const { fleet, journal } = await stopped(3, failsOnce)
    fleet.versions.set('web1', '1.0')
    const { rollout, again } = resume(fleet, journal)
    expect(await rollOut(rollout)).to.deep.equal([
      '10 known',
      '11 done before',
      '12 done before',
      '13 done before',
      '14 answered!',
    ])
    expect(again.asked.some(({ request }) => request.mutating)).to.equal(false)
  })

  it('does not send a host an order twice that it may have done, where no look can show whether it has', async () => {
    const { fleet, journal } = await stopped(3, {
      web3: ({ action }) => (action === 'migrate' ? silent : undefined),
    })
    const { rollout, verdicts, again } = resume(fleet, journal)
    await rollOut(rollout)
    const last = verdicts.at(-1)
    expect(last === undefined ? '' : described(last)).to.contain('was told before, with unknown outcome')
    expect(again.asked.find(({ request }) => request.action === 'migrate')?.hosts).to.deep.equal(['web2'])
  })

  it('counts what was only done before as not answered', async () => {
    const { fleet, journal } = await stopped(3, failsOnce)
    const { rollout, verdicts } = resume(fleet, journal)
    await rollOut(rollout)
    const before = verdicts[1]
    expect(before === undefined ? {} : count(before)).to.include({
      expected: 1,
      answered: 0,
      diverged: 0,
      silent: 0,
    })
  })

  it('carries a scenario out in full when no line of it can prove that it was done', async () => {
    const entries: JournalEntry[] = [
      BEGAN,
      { type: 'roll call', hosts: ['web1'] },
      { type: 'scenario', scenarioId: '20', name: '' },
      {
        type: 'asked',
        step: 'restart',
        line: 11,
        requestId: 'x',
        agent: 'service',
        action: 'restart',
        inputs: { service: 'a' },
        mutating: true,
        hosts: ['web1'],
      },
      { type: 'scenario passed', scenarioId: '20' },
    ]
    expect(checkpointOf('r1', entries)?.scenarios.get('20')?.done).to.equal(false)
  })

  it('carries a scenario out in full that only a look at no host could prove', () => {
    const asked = { type: 'asked', step: 'the pool', requestId: 'x', inputs: { backend: 'www' } } as const
    const entries: JournalEntry[] = [
      BEGAN,
      { type: 'roll call', hosts: ['web1'] },
      { type: 'scenario', scenarioId: '20', name: '' },
      { ...asked, line: 11, agent: 'haproxy', action: 'pool', mutating: false, hosts: [] },
      { type: 'scenario passed', scenarioId: '20' },
    ]
    expect(checkpointOf('r1', entries)?.scenarios.get('20')?.done).to.equal(false)
  })

  it('that is resumed itself still knows what was known before it: versions, hosts that are out, unknown outcomes', async () => {
    const silentThen: Exceptions = { web3: ({ action }) => (action === 'migrate' ? silent : undefined) }
    const { fleet, journal } = await stopped(3, silentThen)
    const first = checkpointOf('r1', [...journal, { type: 'out', hosts: ['web9'] }])
    const again = resume(fleet, journal)
    await rollOut(again.rollout)
    const second = checkpointOf('r2', [BEGAN, ...again.journal])
    if (first === undefined || second === undefined) throw new Error('there was no roll call')
    const both = continueCheckpoint(first, second)
    expect(both.run).to.equal('r2')
    expect(both.out).to.include('web9')
    for (const host of first.attempted) expect(both.attempted.has(host), host).to.equal(true)
    for (const [id, { unknown }] of first.scenarios)
      for (const [line, hosts] of unknown)
        for (const host of hosts) expect(both.scenarios.get(id)?.unknown.get(line)?.has(host)).to.equal(true)
    const [[name, versions] = ['', new Map<string, string>()]] = first.had
    for (const [host, version] of versions) expect(both.had.get(name)?.get(host)).to.equal(version)
    expect([...both.scenarios.values()].some(({ unknown }) => unknown.size > 0)).to.equal(true)
  })

  it('does not tell a host twice either whose answer could not be trusted', async () => {
    const { fleet, journal } = await stopped(3, {
      web3: ({ action }) => (action === 'migrate' ? { kind: 'untrusted', reason: 'expired' } : undefined),
    })
    const { rollout, again } = resume(fleet, journal)
    await rollOut(rollout)
    expect(again.asked.find(({ request }) => request.action === 'migrate')?.hosts).to.deep.equal(['web2'])
  })

  it('has the hosts of the run that it resumes: a host that is missing or new since has diverged', async () => {
    const { fleet, journal } = await stopped(3, failsOnce)
    const { rollout, again } = resume(fleet, journal)
    again.found = ['web1', 'web2', 'web9']
    const verdict = await rollout.hosts.discover()
    expect(hasPassed(verdict)).to.equal(false)
    expect(described(verdict)).to.contain('web3').and.to.contain('unexpected: web9')
  })

  const listed = (hosts: readonly string[]) => (rollout: Rollout) => rollout.hosts.listed(hosts)
  /** Runs the two waves over a list, as far as they get. */
  async function inWaves(rollout: Rollout, select: (rollout: Rollout) => void) {
    const seen: string[] = []
    for (const size of [{ kind: 'hosts', count: 1 } as const, { kind: 'rest' } as const]) {
      await rollout.beginScenario(size.kind, `wave of ${size.kind}`)
      select(rollout)
      rollout.line = 9
      await rollout.waves.take(size)
      for (const [line, work] of [
        [10, () => rollout.packages.update('mywebapp')],
        [11, () => rollout.packages.versionShouldBe('mywebapp', '2.0')],
      ] as const) {
        rollout.line = line
        const verdict = await work()
        seen.push(verdict.observations.map(({ host, kind }) => `${host} ${kind}`).join(', '))
        if (!mayGoOn(verdict)) return seen
      }
      await rollout.endScenario(true)
    }
    return seen
  }

  async function stoppedInList(hosts: readonly string[], except: Exceptions = failsOnce) {
    const fleet = new WebFleet(hosts, except)
    const one = rolloutOn(fleet)
    await one.rollout.ports.journal.append(BEGAN)
    await one.rollout.beginScenario('before', 'before')
    await inWaves(one.rollout, listed(hosts))
    return { fleet, journal: one.journal }
  }

  it('refuses a wave that has other hosts than before: they would count as done and never be updated', async () => {
    const { fleet, journal } = await stoppedInList(['web1', 'web2', 'web3'])
    const { rollout, again } = resume(fleet, journal)
    const refused = await failure(inWaves(rollout, listed(['web3', 'web1', 'web2'])))
    expect(refused.code).to.equal('bad-input')
    expect(refused.message).to.equal(
      'the wave 1 host of the scenario "wave of hosts" has other hosts than in run r1, which is resumed: new: web3; gone: web1. A wave keeps its hosts: restore the list of hosts and their facts as that run had them, or run the feature from the start; no host of this wave was touched',
    )
    expect(rollout.halted).to.equal(refused)
    expect(again.asked).to.deep.equal([])
  })

  it('refuses it too in a wave that was not finished: an order that must not come twice is known by its wave', async () => {
    const { fleet, journal } = await stoppedInList(webs(3), {
      web1: ({ action }) => (action === 'update' ? silent : undefined),
    })
    const { rollout } = resume(fleet, journal)
    const refused = await failure(inWaves(rollout, listed(['web2', 'web1', 'web3'])))
    expect(refused.message).to.contain('new: web2; gone: web1')
  })

  it('refuses a wave by a fact that is another one now', async () => {
    const first = rolloutOn(new WebFleet(webs(4)))
    await first.rollout.ports.journal.append(BEGAN)
    const waves = async (rollout: Rollout) => {
      await rollout.beginScenario('20', 'a rack')
      rollout.hosts.withClass('roles::web')
      await rollout.waves.take({ kind: 'each', fact: 'rack' })
      await rollout.packages.versionShouldBe('mywebapp', '1.0')
      await rollout.endScenario(true)
    }
    await waves(first.rollout)
    const moved: Exceptions = {
      web3: ({ action }) => (action === 'get_fact' ? ok({ value: 'r2' }) : undefined),
    }
    const { rollout } = resume(new WebFleet(webs(4)), first.journal, moved)
    expect((await failure(waves(rollout))).message)
      .to.contain('the wave rack r1')
      .and.to.contain('gone: web3')
  })

  it('keeps the hosts of a wave through two runs that were stopped', async () => {
    const { journal } = await stoppedInList(webs(3))
    const first = checkpointOf('r1', journal)
    const second = checkpointOf('r2', [
      BEGAN,
      { type: 'roll call', hosts: webs(3) },
      { type: 'scenario', scenarioId: 'hosts', name: 'wave of hosts' },
    ])
    if (first === undefined || second === undefined) throw new Error('there was no roll call')
    const { waves, name } = continueCheckpoint(first, second).scenarios.get('hosts') ?? {}
    expect({ waves, name }).to.deep.equal({
      waves: [{ name: '1 host', hosts: ['web1'] }],
      name: 'wave of hosts',
    })
  })

  it('does not mind the order of a wave, nor hosts that are out', async () => {
    const { fleet, journal } = await stoppedInList(webs(3))
    const { rollout } = resume(fleet, journal)
    expect(await inWaves(rollout, listed(['web1', 'web3', 'web2']))).to.have.length(4)
  })

  it('that looks for drift only takes hosts in any waves: nothing is changed', async () => {
    const { fleet, journal } = await stoppedInList(webs(3), {})
    const checkpoint = checkpointOf('r1', journal)
    if (checkpoint === undefined) throw new Error('there was no roll call')
    const { rollout } = rolloutOn(fleet, { ports: { checkpoint: { ...checkpoint, isOfHistory: true } } })
    expect(await inWaves(rollout, listed(['web3', 'web1', 'web2']))).to.deep.equal([
      'web3 done before',
      'web3 answered',
      'web1 done before, web2 done before',
      'web1 answered, web2 answered',
    ])
  })

  it('can be resumed again, with the same outcome', async () => {
    const { fleet, journal } = await stopped(3, failsOnce)
    const second = resume(fleet, journal, failsOnce)
    await second.rollout.ports.journal.append(BEGAN)
    const before = await rollOut(second.rollout)
    expect(before.at(-1)).to.equal('13 silent! answered')
    const third = resume(second.again, second.journal)
    const said = await rollOut(third.rollout)
    expect(said.slice(0, 8)).to.deep.equal(before.slice(0, 8))
    expect(said).to.have.length(16)
  })

  it('leaves out hosts that were out', async () => {
    const entries: JournalEntry[] = [
      BEGAN,
      { type: 'roll call', hosts: webs(3) },
      { type: 'out', hosts: ['web2'] },
    ]
    const { rollout } = rolloutOn(new WebFleet(webs(3)), {
      ports: { checkpoint: checkpointOf('r1', entries) },
    })
    expect(await rollout.moving()).to.deep.equal(['web1', 'web3'])
  })

  it('of a run that never knew its hosts is a run from the start', () => {
    expect(checkpointOf('r1', [BEGAN])).to.equal(undefined)
  })
})
