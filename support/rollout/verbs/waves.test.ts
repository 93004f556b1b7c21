import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { BEGAN, rolloutOn } from '../../testing/fake_fleet'
import { failure } from '../../testing/failure'
import { silent, WebFleet, webs } from '../../testing/web_fleet'
import { checkpointOf } from '../model/checkpoint'
import type { JournalEntry } from '../model/journal_entry'
import { describe as described, hasPassed, mayGoOn } from '../model/verdict'
import { nextWave, parseWaveSize, planWaves, shuffle, type WaveSize } from '../model/wave_plan'

const size = (written: string): WaveSize => {
  const parsed = parseWaveSize(written)
  if (parsed === undefined) throw new Error(`${written} is no size`)
  return parsed
}
const rackOf = (host: string) => (Number(host.slice(3)) % 2 === 0 ? 'r2' : 'r1')

describe('the size of a wave', () => {
  it('is read as people write it', () => {
    expect(parseWaveSize('1 host')).to.deep.equal({ kind: 'hosts', count: 1 })
    expect(parseWaveSize('25%')).to.deep.equal({ kind: 'percent', percent: 25 })
    expect(parseWaveSize('the rest')).to.deep.equal({ kind: 'rest' })
    expect(parseWaveSize('each rack')).to.deep.equal({ kind: 'each', fact: 'rack' })
  })

  for (const written of ['0 hosts', '-1 hosts', '1e9 hosts', '0%', '101%', '2.5%', 'rest', 'each', '5', '']) {
    it(`is not ${JSON.stringify(written)}`, () => expect(parseWaveSize(written)).to.equal(undefined))
  }

  it('in percent is of the whole roll call, rounded down, at least one host', () => {
    const take = (percent: string, n: number) =>
      nextWave(size(percent), webs(n), webs(n), rackOf).hosts.length
    expect([take('50%', 1), take('25%', 10), take('1%', 10), take('100%', 3)]).to.deep.equal([1, 2, 1, 3])
    expect(nextWave(size('25%'), ['web9'], webs(12), rackOf).hosts).to.deep.equal(['web9'])
  })

  it('by a fact is all hosts that share the value of the first one left', () => {
    expect(nextWave(size('each rack'), webs(5), webs(5), rackOf)).to.deep.equal({
      name: 'rack r1',
      hosts: ['web1', 'web3', 'web5'],
    })
  })

  it('never puts a host into two waves, nor loses one', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: 9 }).map((count): WaveSize => ({ kind: 'hosts', count })),
      fc.integer({ min: 1, max: 100 }).map((percent): WaveSize => ({ kind: 'percent', percent })),
      fc.constantFrom<WaveSize>({ kind: 'rest' }, { kind: 'each', fact: 'rack' }),
    )
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (rows, n) => {
        const { waves, left } = planWaves(rows, webs(n), webs(n), rackOf)
        const all = [...waves.flatMap(({ hosts }) => hosts), ...left]
        expect([...all].sort()).to.deep.equal([...webs(n)].sort())
        if (rows.some(({ kind }) => kind === 'rest')) expect(left).to.deep.equal([])
      }),
    )
  })

  it('shuffled is the same for the same seed, and no host is lost', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 50 }), (seed, n) => {
        expect(shuffle(webs(n), seed)).to.deep.equal(shuffle(webs(n), seed))
        expect(shuffle(webs(n), seed).sort()).to.deep.equal([...webs(n)].sort())
      }),
    )
    expect(shuffle(webs(20), 1)).not.to.deep.equal(shuffle(webs(20), 2))
  })
})

describe('waves', () => {
  it('move one after the other, and steps are for the hosts of the wave alone', async () => {
    const fleet = new WebFleet(webs(5))
    const { rollout } = rolloutOn(fleet)
    rollout.waves.foretold(['1 host', '50%', 'the rest'].map(size))
    const moved: string[][] = []
    for (const row of ['1 host', '50%', 'the rest']) {
      await rollout.beginScenario(row, row)
      rollout.hosts.withClass('roles::web')
      await rollout.waves.take(size(row))
      const { observations } = await rollout.packages.update('mywebapp')
      moved.push(observations.map(({ host }) => host))
      await rollout.endScenario(true)
    }
    expect(moved).to.deep.equal([['web1'], ['web2', 'web3'], ['web4', 'web5']])
    expect(rollout.waves.left).to.deep.equal([])
  })

  it('that leave hosts over are refused before any host is touched', async () => {
    const fleet = new WebFleet(webs(5))
    const { rollout } = rolloutOn(fleet)
    rollout.waves.foretold(['1 host', '2 hosts'].map(size))
    const error = await failure(rollout.waves.take(size('1 host')))
    expect(error.message).to.equal(
      'the waves 1 host, 2 hosts take 3 of 5 hosts; in no wave: web[4-5]. Let the last wave be: the rest; no host was touched',
    )
    expect((await failure(rollout.packages.update('mywebapp'))).message).to.equal(error.message)
    expect(fleet.actions).to.deep.equal([])
  })

  it('by a fact need a row for each of its values, and say how many those are', async () => {
    const { rollout } = rolloutOn(new WebFleet(webs(4)))
    rollout.waves.foretold([size('each rack')])
    expect((await failure(rollout.waves.take(size('each rack')))).message).to.contain(
      'There are 2 values of rack (r1, r2): write the row "each rack" as many times',
    )
  })

  it('by a fact name the host that has none', async () => {
    const { rollout } = rolloutOn(
      new WebFleet(webs(3), { web2: ({ action }) => (action === 'get_fact' ? silent : undefined) }),
    )
    const verdict = await rollout.waves.take(size('each rack'))
    expect(verdict === undefined ? '' : described(verdict)).to.contain('web2')
  })

  it('by a fact that a host lacks move no host at all, with any failure budget', async () => {
    const fleet = new WebFleet(webs(4), {
      web2: ({ action }) => (action === 'get_fact' ? silent : undefined),
    })
    const { rollout } = rolloutOn(fleet)
    rollout.traffic.throughBalancerAt('1.2.3.4')
    rollout.budget.allow({ hosts: 2 }, 'rollout')
    const verdict = await rollout.waves.take(size('each rack'))
    expect(verdict !== undefined && mayGoOn(verdict)).to.equal(false)
    await rollout.traffic.block().catch(() => {})
    expect(fleet.blocked.size).to.equal(0)
  })

  const rackAsked = (fleet: WebFleet) =>
    fleet.asked.find(({ request }) => request.action === 'get_fact')?.hosts
  const outOf = (hosts: readonly string[], entries: readonly JournalEntry[] = []) =>
    checkpointOf('r1', [BEGAN, { type: 'roll call', hosts: webs(4) }, ...entries, { type: 'out', hosts }])

  it('by a fact ask no host for it that is out, and go on without that host', async () => {
    const fleet = new WebFleet(webs(4), { web2: () => silent })
    const { rollout } = rolloutOn(fleet, { ports: { checkpoint: outOf(['web2']) } })
    rollout.waves.foretold([size('each rack'), size('each rack')])
    const waves: string[][] = []
    for (const scenario of ['1', '2']) {
      await rollout.beginScenario(scenario, scenario)
      const verdict = await rollout.waves.take(size('each rack'))
      waves.push(verdict?.observations.map(({ host }) => host) ?? [])
      await rollout.endScenario(true)
    }
    expect(rackAsked(fleet)).to.deep.equal(['web1', 'web3', 'web4'])
    expect(waves).to.deep.equal([['web1', 'web3'], ['web4']])
    expect(rollout.waves.left).to.deep.equal([])
  })

  it('by a fact keep a host that is out in the wave that it had in the run before', async () => {
    const fleet = new WebFleet(webs(4), { web1: () => silent })
    const checkpoint = outOf(
      ['web1'],
      [
        { type: 'scenario', scenarioId: '1', name: 's' },
        { type: 'wave', name: 'rack r1', hosts: ['web1', 'web3'] },
      ],
    )
    const { rollout } = rolloutOn(fleet, { ports: { checkpoint } })
    await rollout.beginScenario('1', 's')
    rollout.waves.foretold([size('each rack'), size('each rack')])
    await rollout.waves.take(size('each rack'))
    expect(rackAsked(fleet)).to.deep.equal(['web2', 'web3', 'web4'])
    expect(rollout.waves.current).to.deep.equal({ name: 'rack r1', hosts: ['web1', 'web3'] })
  })

  for (const [n, rows] of [
    [2, ['1 host', '25%', '25%', 'the rest']],
    [3, ['1 host', '1 host', '1 host', '1 host']],
    [4, ['each rack', 'each rack', 'each rack']],
    [1, ['the rest', '1 host']],
  ] as const)
    it(`of more rows than ${n} hosts can make (${rows.join(', ')}) are refused before any host gets an order`, async () => {
      const fleet = new WebFleet(webs(n))
      const { rollout } = rolloutOn(fleet)
      rollout.waves.foretold(rows.map(size))
      const refused = await failure(rollout.waves.take(size(rows[0])))
      expect(refused.code).to.equal('bad-feature')
      expect(refused.message).to.match(/can make: nobody is left for wave \d of \d, .*; no host was touched/)
      await failure(rollout.packages.update('mywebapp'))
      expect(fleet.actions.filter((action) => action.includes('update'))).to.deep.equal([])
    })

  it('that no host is left for take none, and the run notes it', async () => {
    const { rollout, notes } = rolloutOn(new WebFleet(webs(1)))
    await rollout.waves.take(size('1 host'))
    await rollout.endScenario(true)
    expect(await rollout.waves.take(size('the rest'))).to.equal(undefined)
    expect(notes).to.deep.equal(['nobody was left for the wave the rest'])
  })

  it('wait between each other as long as the feature says', async () => {
    const { rollout } = rolloutOn(new WebFleet(webs(2)))
    const { clock } = rollout.ports
    rollout.waves.soak(60_000)
    await rollout.waves.take(size('1 host'))
    expect(clock.elapsed()).to.equal(0)
    await rollout.endScenario(true)
    await rollout.waves.take(size('the rest'))
    expect(clock.elapsed()).to.equal(60_000)
  })

  it('come in the order of the list, or shuffled with a seed that the journal has', async () => {
    const listed = ['web3', 'web1', 'web2']
    const fleet = new WebFleet(listed)
    const one = rolloutOn(fleet)
    one.rollout.hosts.beginSelection()
    one.rollout.hosts.listed(listed)
    expect((await one.rollout.waves.take(size('1 host')))?.observations[0]?.host).to.equal('web3')
    const other = rolloutOn(fleet)
    other.rollout.waves.inOrder({ seed: 7 })
    await other.rollout.waves.take(size('the rest'))
    expect(other.journal).to.deep.include({ type: 'order', seed: 7 })
    expect(other.notes).to.deep.equal(['the hosts were taken in random order, with seed 7'])
  })

  it('have every host, one too that has left the list since: it comes last', async () => {
    const checkpoint = checkpointOf('r1', [
      BEGAN,
      { type: 'roll call', hosts: webs(3) },
      { type: 'out', hosts: ['web2'] },
    ])
    const { rollout } = rolloutOn(new WebFleet(webs(3)), { ports: { checkpoint } })
    rollout.hosts.beginSelection()
    rollout.hosts.listed(['web3', 'web1'])
    await rollout.waves.take(size('1 host'))
    expect([...(rollout.waves.current?.hosts ?? []), ...rollout.waves.left]).to.deep.equal([
      'web3',
      'web1',
      'web2',
    ])
  })

  it('that were not attempted are known by their hosts', async () => {
    const fleet = new WebFleet(webs(4), { web1: ({ action }) => (action === 'update' ? silent : undefined) })
    const { rollout } = rolloutOn(fleet)
    rollout.waves.foretold(['2 hosts', 'the rest'].map(size))
    await rollout.waves.take(size('2 hosts'))
    await rollout.packages.update('mywebapp')
    await rollout.endScenario(false)
    expect(rollout.waves.left).to.deep.equal(['web3', 'web4'])
    expect(rollout.remaining(false)).to.deep.equal({ hosts: webs(4), waves: [2, 2] })
  })
})

describe('a failure budget', () => {
  const quiet = (...names: string[]) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        ({ action }: { action: string }) => (action === 'update' ? silent : undefined),
      ]),
    )

  it('lets as many hosts fail as it says; they take no further part and are named', async () => {
    const fleet = new WebFleet(webs(4), quiet('web2'))
    const { rollout, journal } = rolloutOn(fleet)
    rollout.budget.allow({ hosts: 1 }, 'rollout')
    const verdict = await rollout.packages.update('mywebapp')
    expect([hasPassed(verdict), mayGoOn(verdict)]).to.deep.equal([false, true])
    const next = await rollout.packages.versionShouldBe('mywebapp', '2.0')
    expect(hasPassed(next)).to.equal(true)
    expect(next.out).to.deep.equal(['web2'])
    expect(fleet.asked.at(-1)?.hosts).to.deep.equal(['web1', 'web3', 'web4'])
    expect([...rollout.budget.out]).to.deep.equal([['web2', 'no answer (asked 20 s ago)']])
    expect(journal).to.deep.include({ type: 'out', hosts: ['web2'] })
  })

  it('is used up by all that failed before', async () => {
    const { rollout } = rolloutOn(
      new WebFleet(webs(4), {
        ...quiet('web2'),
        web3: ({ action }) => (action === 'status' ? silent : undefined),
      }),
    )
    rollout.budget.allow({ hosts: 1 }, 'rollout')
    await rollout.packages.update('mywebapp')
    expect(mayGoOn(await rollout.packages.versionShouldBe('mywebapp', '2.0'))).to.equal(false)
  })

  it('in percent is of all hosts, or of those of the wave', async () => {
    const run = async (scope: 'rollout' | 'wave') => {
      const { rollout } = rolloutOn(new WebFleet(webs(20), quiet('web1')))
      rollout.budget.allow({ percent: 5 }, scope)
      await rollout.waves.take(size('2 hosts'))
      return mayGoOn(await rollout.packages.update('mywebapp'))
    }
    expect([await run('rollout'), await run('wave')]).to.deep.equal([true, false])
  })

  it('never lets a whole wave fail', async () => {
    const { rollout } = rolloutOn(new WebFleet(webs(20), quiet('web1', 'web2')))
    rollout.budget.allow({ hosts: 10 }, 'rollout')
    await rollout.waves.take(size('2 hosts'))
    expect(mayGoOn(await rollout.packages.update('mywebapp'))).to.equal(false)
  })

  it('never covers an unexpected answer', async () => {
    const fleet = new WebFleet(webs(4), quiet('web2'))
    fleet.unexpected = [{ kind: 'unexpected', host: 'evil', detail: 'was not asked', fails: true }]
    const { rollout } = rolloutOn(fleet)
    rollout.budget.allow({ hosts: 3 }, 'rollout')
    expect(mayGoOn(await rollout.packages.update('mywebapp'))).to.equal(false)
  })

  it('does not look for a host again that has failed', async () => {
    const fleet = new WebFleet(webs(3), quiet('web2'))
    const { rollout } = rolloutOn(fleet)
    rollout.budget.allow({ hosts: 1 }, 'rollout')
    await rollout.packages.update('mywebapp')
    await rollout.endScenario(true)
    fleet.found = ['web1', 'web3']
    expect(hasPassed(await rollout.hosts.discover())).to.equal(true)
  })
})

describe('the waves of the feature that people copy', () => {
  const text = readFileSync(
    resolve(__dirname, '..', '..', '..', 'features/deployments/rolling.feature'),
    'utf8',
  )
  const least = Number(/there should be at least (\d+) hosts/.exec(text)?.[1])
  const rows = [...text.matchAll(/^ +\| (.+?) +\|$/gm)].flatMap(([, row = '']) => parseWaveSize(row) ?? [])

  it('can be made of as many hosts as it asks for, and of any number above', () => {
    expect(rows).to.have.length(4)
    for (let n = least; n <= 200; n += 1) {
      const hosts = Array.from({ length: n }, (_, index) => `web${index}`)
      const { waves, left } = planWaves(rows, hosts, hosts, () => '')
      const empty = waves.filter(({ hosts: own }, row) => own.length === 0 && rows[row]?.kind !== 'rest')
      expect({ empty, left }, `${n} hosts`).to.deep.equal({ empty: [], left: [] })
    }
  })
})
