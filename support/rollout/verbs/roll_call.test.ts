import { expect } from 'chai'
import fc from 'fast-check'
import { failure } from '../../testing/failure'
import { FakeFleet, rolloutOn } from '../../testing/fake_fleet'
import type { Checkpoint } from '../model/checkpoint'
import { WebFleet } from '../../testing/web_fleet'
import { compareWith } from '../model/compare_with'
import { parseLimit } from '../model/limit'
import type { RolloutPorts, Selection } from '../ports'
import type { Rollout } from '../rollout'
import { count, hasPassed } from '../model/verdict'

const CLAIMS: Checkpoint = {
  run: 'r1',
  hash: 'h',
  hosts: ['web1', 'web2'],
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
}

const NONE: ReadonlyMap<string, string> = new Map()

/** Returns a rollout to hosts of which `found` answer and `written` are in the inventory. */
function rollout(found: readonly string[], written: readonly string[], checkpoint?: Checkpoint) {
  const fleet = new FakeFleet(found, () => ({ kind: 'answered', data: { ensure: '2.0' } }))
  const asked: Selection[] = []
  const inventory = {
    matching: async (selection: Selection) => {
      asked.push(selection)
      return written
    },
    outsideOf: async () => NONE,
  }
  return { ...rolloutOn(fleet, { ports: { inventory, checkpoint } }), fleet, asked }
}

describe('the roll call of a limited run', () => {
  const hosts = ['web1', 'web2', 'web3', 'web4']
  const limit = parseLimit('web[1-2]')
  const limited = (found: readonly string[], more: Partial<RolloutPorts> = {}) => {
    const fleet = new WebFleet(found)
    return { ...rolloutOn(fleet, { ports: { limit, ...more } }), fleet }
  }

  it('is the whole one, of which the limited hosts take part', async () => {
    const { rollout: rolling, journal, fleet } = limited(hosts)
    expect(count(await rolling.hosts.discover())).to.include({ expected: 2, unexpected: 0 })
    expect(journal[0]).to.deep.equal({
      type: 'roll call',
      hosts: ['web1', 'web2'],
      outside: ['web3', 'web4'],
    })
    expect(hasPassed(await rolling.hosts.expectExactly(4))).to.equal(true)
    await rolling.packages.update('mywebapp')
    expect([...fleet.versions.keys()]).to.deep.equal(['web1', 'web2'])
    expect(hasPassed(await rolling.hosts.discover()), 'the others are no strangers').to.equal(true)
  })

  it('refuses a limit to a host that is silent, before any host is asked', async () => {
    const { rollout: rolling, fleet } = limited(['web1', 'web3'])
    expect((await failure(rolling.packages.update('mywebapp'))).message).to.match(/names web2 \(the closest/)
    expect(fleet.asked).to.deep.equal([])
  })

  it('refuses a limit to a host that is not in the inventory before hosts are looked for', async () => {
    const inventory = { matching: async () => ['web1', 'web3'], outsideOf: async () => NONE }
    const { rollout: rolling, fleet } = limited(hosts, { inventory })
    fleet.onDiscovery = () => expect.fail('hosts were looked for')
    expect((await failure(rolling.hosts.discover())).code).to.equal('bad-input')
    expect(rolling.halted?.code).to.equal('bad-input')
  })

  it('fails for a limited host of the inventory that is silent, and not for another one', async () => {
    const inventory = { matching: async () => hosts, outsideOf: async () => NONE }
    const silent = limited(['web1', 'web3', 'web4'], { inventory })
    expect(count(await silent.rollout.hosts.discover())).to.include({ expected: 2, silent: 1 })
    const other = limited(['web1', 'web2', 'web3'], { inventory })
    expect(hasPassed(await other.rollout.hosts.discover())).to.equal(true)
  })

  it('finds no host where none is there', async () => {
    expect((await failure(limited([]).rollout.hosts.discover())).code).to.equal('nobody-discovered')
  })

  it('stays as it was in a run that goes on, where all are written down again', async () => {
    const checkpoint = { ...CLAIMS, outside: ['web3', 'web4'] }
    const inventory = { matching: async () => hosts, outsideOf: async () => NONE }
    const resumed = limited(hosts, { inventory, checkpoint })
    expect(hasPassed(await resumed.rollout.hosts.discover())).to.equal(true)
    expect(resumed.journal[0]).to.have.deep.property('outside', ['web3', 'web4'])
  })

  it('has the whole pool in service that has to stay there', async () => {
    const { rollout: rolling, fleet } = limited(hosts)
    rolling.traffic.throughBalancerAt('1.2.3.4')
    rolling.traffic.pool.keepAtLeast({ percent: 50 })
    fleet.blocked.add('web4')
    expect((await failure(rolling.traffic.block())).message).to.contain(
      '3 of 4 hosts of the pool are in service; with 2 hosts out there would be 1, and 2 must stay',
    )
  })

  it('has its locks on the whole roll call', async () => {
    const taken: unknown[] = []
    const locks = {
      patience: 0,
      expectOwned: () => {},
      take: async (...all: unknown[]) => void taken.push(all),
    }
    await limited(hosts, { locks }).rollout.packages.update('mywebapp')
    expect(taken[0]).to.deep.equal([
      ['web1', 'web2'],
      ['web3', 'web4'],
    ])
  })

  it('keeps a step of a team from changing a host outside the limit', async () => {
    const { rollout: rolling, fleet } = limited(hosts)
    await rolling.hosts.discover()
    const order = { agent: 'service', action: 'restart', inputs: {}, mutating: true }
    expect((await failure(rolling.ask(order, ['web1', 'web3']))).message).to.contain(
      'restart of service was about to be sent to web3, outside the limit of this run; it was not sent',
    )
    expect(fleet.actions).not.to.contain('restart')
  })
})

describe('a roll call with an inventory', () => {
  it('passes when exactly those answer that are in it', async () => {
    const { rollout: rolling, journal, asked } = rollout(['web2', 'web1'], ['web1', 'web2'])
    expect(hasPassed(await rolling.hosts.discover())).to.equal(true)
    expect(journal[0]).to.deep.equal({ type: 'roll call', hosts: ['web1', 'web2'] })
    expect(asked.map(({ classes }) => classes)).to.deep.equal([['roles::web']])
  })

  it('names the host that should be there and is not', async () => {
    const { rollout: rolling } = rollout(['web1'], ['web1', 'web2'])
    const verdict = await rolling.hosts.discover()
    expect(count(verdict)).to.include({ expected: 2, answered: 1, silent: 1, unexpected: 0 })
    expect(verdict.observations[1]).to.deep.equal({
      host: 'web2',
      passed: false,
      kind: 'silent',
      seen: 'in the inventory, not discovered',
    })
    expect((await failure(rolling.packages.update('mywebapp'))).code).to.equal('diverged')
  })

  it('fails on a host that is there and should not be', async () => {
    const { rollout: rolling } = rollout(['web1', 'web9'], ['web1'])
    const verdict = await rolling.hosts.discover()
    expect(verdict.unexpected).to.deep.equal([
      {
        kind: 'unexpected',
        host: 'web9',
        detail: 'discovered, and not in the inventory with class roles::web',
        fails: true,
      },
    ])
    expect(hasPassed(verdict)).to.equal(false)
  })

  it('only notes such a host where the feature leaves it alone, and does not touch it', async () => {
    const { rollout: rolling, fleet } = rollout(['web1', 'web9'], ['web1'])
    rolling.hosts.leaveStrangersAlone()
    const verdict = await rolling.hosts.discover()
    expect(hasPassed(verdict)).to.equal(true)
    expect(verdict.unexpected.map(({ host, fails }) => [host, fails])).to.deep.equal([['web9', false]])
    await rolling.packages.versionShouldBe('mywebapp', '2.0')
    expect(fleet.asked.map(({ hosts }) => hosts)).to.deep.equal([['web1']])
  })

  it('does not let the next scenario leave alone what only the one before did', async () => {
    const { rollout: rolling } = rollout(['web1', 'web9'], ['web1'])
    rolling.hosts.leaveStrangersAlone()
    await rolling.hosts.discover()
    await rolling.beginScenario('2', 'another')
    rolling.hosts.withClass('roles::web')
    expect(hasPassed(await rolling.hosts.discover())).to.equal(false)
  })

  describe('that no step asks for', () => {
    it('is of the hosts in the inventory', async () => {
      const { rollout: rolling, fleet } = rollout(['web1', 'web2'], ['web1', 'web2', 'web3'])
      await rolling.packages.versionShouldBe('mywebapp', '2.0')
      expect(fleet.asked[0]?.hosts).to.deep.equal(['web1', 'web2', 'web3'])
    })

    it('keeps the first step from beginning when a host is there that should not be', async () => {
      const { rollout: rolling, fleet } = rollout(['web1', 'web9'], ['web1'])
      const error = await failure(rolling.packages.update('mywebapp'))
      expect(error.message).to.equal(
        '1 host discovered, and not in the inventory with class roles::web: web9; no host was touched',
      )
      expect(fleet.asked).to.deep.equal([])
      expect((await failure(rolling.packages.update('mywebapp'))).message).to.equal(error.message)
    })

    it('notes with its first verdict whom the feature leaves alone', async () => {
      const { rollout: rolling } = rollout(['web1', 'web9'], ['web1'])
      rolling.hosts.leaveStrangersAlone()
      const verdict = await rolling.packages.versionShouldBe('mywebapp', '2.0')
      expect(hasPassed(verdict)).to.equal(true)
      expect(verdict.unexpected.map(({ host }) => host)).to.deep.equal(['web9'])
    })
  })

  it('has no host when the inventory has none that is selected', async () => {
    const { rollout: rolling } = rollout(['web1'], [])
    const error = await failure(rolling.hosts.discover())
    expect(error.code).to.equal('nobody-discovered')
    expect(error.message).to.equal('the inventory has no host with class roles::web; nothing was done')
  })

  it('of a list in the feature goes by the list alone', async () => {
    const { rollout: rolling, asked } = rollout(['web1'], ['web7'])
    rolling.hosts.listed(['web1', 'web2'])
    const verdict = await rolling.hosts.discover()
    expect(verdict.observations.map(({ host, seen }) => [host, seen])).to.deep.equal([
      ['web1', 'discovered'],
      ['web2', 'not discovered'],
    ])
    expect(asked).to.deep.equal([])
  })

  it('of a resumed run has to have the hosts of that run: a new one would not be asked, and one that is gone would', async () => {
    for (const [written, other] of [
      [['web1', 'web2', 'web3'], 'new: web3'],
      [['web1'], 'gone: web2'],
    ] as const)
      for (const first of ['discover', 'frozen'] as const) {
        const { rollout: rolling, fleet } = rollout(['web1', 'web2'], written, CLAIMS)
        const refused = await failure(rolling.hosts[first]())
        expect(refused.code).to.equal('bad-input')
        expect(refused.message).to.equal(
          `the inventory has other hosts than run r1, which is resumed: ${other}. A rollout keeps its hosts: restore the inventory as that run had it, or run the feature from the start; no host was touched`,
        )
        expect(rolling.halted).to.equal(refused)
        expect(fleet.asked).to.deep.equal([])
      }
  })

  it('of a resumed run does not have to have the hosts that are out', async () => {
    const { rollout: rolling } = rollout(['web1'], ['web1'], { ...CLAIMS, out: ['web2'] })
    expect(hasPassed(await rolling.hosts.discover())).to.equal(true)
  })

  it('of a resumed run is refused for a list that has other hosts now', async () => {
    const { rollout: rolling } = rolloutOn(new FakeFleet(['web1'], () => ({ kind: 'answered', data: {} })), {
      ports: { checkpoint: CLAIMS },
    })
    rolling.hosts.beginSelection()
    rolling.hosts.listed(['web1', 'web2', 'web9'])
    const refused = await failure(rolling.hosts.frozen())
    expect(refused.message).to.match(/^the list of hosts has other hosts than run r1.*: new: web9\./)
  })

  it('of a look for drift is of the hosts of that run, and tells newcomers apart by the inventory', async () => {
    const { rollout: rolling } = rollout(['web1', 'web2', 'web3', 'web9'], ['web1', 'web2', 'web3'], {
      ...CLAIMS,
      isOfHistory: true,
    })
    rolling.hosts.leaveStrangersAlone()
    const verdict = await rolling.hosts.discover()
    expect(verdict.observations.map(({ host }) => host)).to.deep.equal(['web1', 'web2'])
    expect(verdict.unexpected.map(({ host, detail, fails }) => [host, detail, fails])).to.deep.equal([
      ['web3', 'was not there at the first roll call', true],
      ['web9', 'discovered, and not in the inventory with class roles::web', false],
    ])
  })

  it('is not promised where there is no inventory', async () => {
    const { rollout: rolling } = rolloutOn(new FakeFleet(['web1'], () => ({ kind: 'answered', data: {} })))
    expect(() => rolling.hosts.leaveStrangersAlone()).to.throw(/^there is no inventory/)
  })
})

describe('a roll call of the hosts of an environment', () => {
  const others = new Map([
    ['web8', 'production'],
    ['web9', ''],
  ])
  const own: Record<string, string | null> = { web1: 'test', web2: 'test' }
  const inTest = (found: readonly string[], written: readonly string[], facts = own) => {
    const fleet = new FakeFleet(found, (host, { action }) =>
      action === 'get_fact'
        ? { kind: 'answered', data: { fact: 'environment', value: facts[host] ?? null } }
        : { kind: 'answered', data: { ensure: '2.0' } },
    )
    const asked: Selection[] = []
    const inventory = {
      async matching(selection: Selection) {
        asked.push(selection)
        return written
      },
      outsideOf: async () => others,
    }
    const made = rolloutOn(fleet, { ports: { inventory } })
    made.rollout.hosts.ofEnvironment('test')
    return { ...made, fleet, asked }
  }
  const touched = (fleet: FakeFleet) =>
    fleet.asked.filter(({ request }) => request.action === 'status').map(({ hosts }) => hosts)

  it('leaves alone the hosts of other rows, though they answer with the class, and names them', async () => {
    const {
      rollout: rolling,
      fleet,
      notes,
      asked,
      journal,
    } = inTest(['web1', 'web2', 'web8', 'web9'], ['web1', 'web2'])
    const verdict = await rolling.hosts.discover()
    expect(hasPassed(verdict)).to.equal(true)
    expect(count(verdict)).to.include({ expected: 2, answered: 2, unexpected: 0 })
    expect(asked.map(({ environment, classes }) => [environment, classes])).to.deep.equal([
      ['test', ['roles::web']],
    ])
    expect(journal[0]).to.deep.equal({ type: 'roll call', hosts: ['web1', 'web2'] })
    expect(notes).to.deep.equal([
      'left alone, by their row of the inventory: web9 in none; web8 in production',
    ])
    await rolling.packages.versionShouldBe('mywebapp', '2.0')
    expect(touched(fleet)).to.deep.equal([['web1', 'web2']])
    expect(fleet.asked.flatMap(({ hosts }) => hosts)).not.to.include.members(['web8'])
  })

  it('leaves them alone where no step asks for it, and where one answers late', async () => {
    const { rollout: rolling, fleet } = inTest(['web1', 'web2', 'web8'], ['web1', 'web2'])
    await rolling.packages.versionShouldBe('mywebapp', '2.0')
    expect(touched(fleet)).to.deep.equal([['web1', 'web2']])
    const late = inTest([], ['web1', 'web2'])
    late.fleet.onDiscovery = (discovery) => {
      discovery.answer('web1')
      discovery.answer('web2')
      discovery.answer('web8')
      discovery.endWindow()
    }
    await late.rollout.hosts.discover()
    await late.rollout.hosts.windowsAreOver()
    expect(hasPassed(await late.rollout.packages.versionShouldBe('mywebapp', '2.0'))).to.equal(true)
  })

  it('fails for a host of the column that does not answer, and for one of no row that does', async () => {
    const silent = await inTest(['web1'], ['web1', 'web2']).rollout.hosts.discover()
    expect(count(silent)).to.include({ expected: 2, silent: 1 })
    const stranger = await inTest(['web1', 'web7'], ['web1']).rollout.hosts.discover()
    expect(stranger.unexpected.map(({ host, detail, fails }) => [host, detail, fails])).to.deep.equal([
      ['web7', 'discovered, and not in the inventory of environment test with class roles::web', true],
    ])
  })

  it('names the host that is in another environment by its own fact, and begins on none', async () => {
    const facts = { web1: 'test', web2: 'production' }
    const { rollout: rolling, fleet } = inTest(['web1', 'web2'], ['web1', 'web2'], facts)
    const verdict = await rolling.hosts.discover()
    expect(verdict.observations.map(({ host, passed, seen }) => [host, passed, seen])).to.deep.equal([
      ['web1', true, 'discovered'],
      ['web2', false, 'is in production by its own fact environment, and in test by the inventory'],
    ])
    await failure(rolling.packages.update('mywebapp'))
    const unasked = inTest(['web1', 'web2'], ['web1', 'web2'], facts)
    await failure(unasked.rollout.packages.update('mywebapp'))
    for (const each of [fleet, unasked.fleet])
      expect(each.asked.filter(({ request }) => request.mutating)).to.deep.equal([])
  })

  it('goes by the inventory alone where a host has no such fact, and says so', async () => {
    const { rollout: rolling, notes } = inTest(['web1', 'web2'], ['web1', 'web2'], { web1: 'test' })
    expect(hasPassed(await rolling.hosts.discover())).to.equal(true)
    expect(notes).to.deep.equal([
      'the environment of 1 host is known from the inventory alone: web2 has no fact environment',
    ])
  })

  it('fails for a host that does not tell its fact', async () => {
    const fleet = new FakeFleet(['web1'], (_, { action }) =>
      action === 'get_fact'
        ? { kind: 'failed', message: 'You are not authorized', data: {} }
        : { kind: 'answered', data: {} },
    )
    const inventory = { matching: async () => ['web1'], outsideOf: async () => NONE }
    const { rollout: rolling } = rolloutOn(fleet, { ports: { inventory } })
    rolling.hosts.ofEnvironment('test')
    const verdict = await rolling.hosts.discover()
    expect(verdict.observations[0]?.seen).to.equal(
      'does not tell its fact environment: You are not authorized',
    )
    expect(hasPassed(verdict)).to.equal(false)
  })

  it('has the hosts of a list beside it, and begins on none where one is not of the environment', async () => {
    const mine = inTest(['web1'], ['web1', 'web2'])
    mine.rollout.hosts.listed(['web1'])
    expect(hasPassed(await mine.rollout.hosts.discover())).to.equal(true)
    await mine.rollout.packages.update('mywebapp')
    expect(new Set(mine.fleet.asked.flatMap(({ hosts }) => hosts))).to.deep.equal(new Set(['web1']))
    for (const [host, where] of [
      ['web8', 'in production by its row'],
      ['web9', 'in none by its row'],
      ['web7', 'not in the inventory'],
    ] as const) {
      const message = `the list has ${host}, which is ${where}; expected hosts whose row has the environment test`
      // The other one has no line that looks for the hosts.
      for (const act of [
        (hosts: Rollout) => hosts.hosts.discover(),
        (hosts: Rollout) => hosts.packages.update('mywebapp'),
      ]) {
        const { rollout: rolling, fleet } = inTest(['web1', host], ['web1'])
        rolling.hosts.listed(['web1', host])
        expect((await failure(act(rolling))).message).to.equal(message)
        await failure(rolling.packages.update('mywebapp'))
        expect(fleet.asked).to.deep.equal([])
      }
    }
  })

  it('is refused beside another environment, and without an inventory', async () => {
    const { rollout: rolling } = inTest(['web1'], ['web1'])
    expect(() => rolling.hosts.ofEnvironment('production')).to.throw(/environment test are selected already/)
    const none = rolloutOn(new FakeFleet(['web1'], () => ({ kind: 'answered', data: {} }))).rollout
    expect(() => none.hosts.ofEnvironment('test')).to.throw(/^there is no inventory that has the environment/)
  })

  it('is refused for a second environment in a later scenario', async () => {
    const { rollout: rolling } = inTest(['web1'], ['web1'])
    await rolling.hosts.discover()
    await rolling.beginScenario('2', 'another')
    rolling.hosts.withClass('roles::web')
    rolling.hosts.ofEnvironment('production')
    expect((await failure(rolling.hosts.discover())).message).to.contain(
      'hosts of environment production with class roles::web are selected, and those of this rollout were found of environment test with class roles::web',
    )
  })
})

describe('a roll call that nothing is compared with', () => {
  const discovered = () => rolloutOn(new FakeFleet(['web1'], () => ({ kind: 'answered', data: {} }))).rollout

  it('is the hosts that answered, until a line counts them', async () => {
    const rolling = discovered()
    expect(rolling.hosts.areWhoeverAnswered, 'nobody was looked for').to.equal(false)
    await rolling.hosts.discover()
    expect(rolling.hosts.areWhoeverAnswered).to.equal(true)
    await rolling.hosts.expectExactly(1)
    expect(rolling.hosts.areWhoeverAnswered).to.equal(false)
  })

  it('is not where hosts are listed, inventoried, or those of an earlier run', async () => {
    const listed = discovered()
    listed.hosts.listed(['web1'])
    const { rollout: written } = rollout(['web1'], ['web1'])
    const { rollout: resumed } = rolloutOn(new FakeFleet(['web1'], () => ({ kind: 'answered', data: {} })), {
      ports: { checkpoint: CLAIMS },
    })
    for (const rolling of [listed, written, resumed]) {
      await rolling.hosts.frozen()
      expect(rolling.hosts.areWhoeverAnswered).to.equal(false)
    }
  })
})

describe('hosts that were found', () => {
  const begun = async () => {
    const fleet = new FakeFleet(['web1'], () => ({ kind: 'answered', data: { ensure: '2.0' } }))
    const { rollout: rolling } = rolloutOn(fleet)
    await rolling.hosts.discover()
    await rolling.beginScenario('9', 'the next')
    return { rolling, fleet }
  }

  it('are those of each scenario that selects the same, or none', async () => {
    const { rolling } = await begun()
    await rolling.packages.update('mywebapp')
    rolling.hosts.withClass('roles::web')
    await rolling.hosts.discover()
    await rolling.packages.update('mywebapp')
  })

  it('are not touched by a scenario that selects others', async () => {
    const { rolling, fleet } = await begun()
    rolling.hosts.withClass('roles::database')
    const asked = fleet.asked.length
    const error = await failure(rolling.packages.update('mywebapp'))
    expect(error.code).to.equal('bad-feature')
    expect(error.message).to.contain('with class roles::database are selected')
    expect(error.message).to.contain('found with class roles::web')
    expect((await failure(rolling.hosts.discover())).code).to.equal('bad-feature')
    expect(fleet.asked).to.have.length(asked)
  })

  it('are not touched behind a filter that came too late, in a wave neither', async () => {
    for (const waves of [false, true]) {
      const { rolling } = await begun()
      rolling.hosts.withClass('roles::web')
      if (waves) await rolling.waves.take({ kind: 'rest' })
      rolling.hosts.withFact({ fact: 'country', operator: '==', value: 'de' })
      expect((await failure(rolling.packages.update('mywebapp'))).code).to.equal('bad-feature')
    }
  })
})

describe('the expected and the discovered hosts', () => {
  const hosts = fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'))

  it('differ by those that are missing and those that are not expected', () => {
    fc.assert(
      fc.property(hosts, hosts, (expected, found) => {
        const { missing, strangers } = compareWith(expected, found)
        const there = expected.filter((host) => !missing.includes(host))
        expect([...there, ...strangers].sort()).to.deep.equal([...found].sort())
        expect(missing.filter((host) => found.includes(host))).to.deep.equal([])
        expect(strangers.filter((host) => expected.includes(host))).to.deep.equal([])
      }),
    )
  })
})
