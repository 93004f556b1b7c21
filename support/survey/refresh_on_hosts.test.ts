import { expect } from 'chai'
import type { Environment } from '../config/environment'
import { startEmbedded, type Surrounded } from '../simulation/embedded'
import { parseFault } from '../simulation/faults'
import { systemClock } from '../system/clock'
import { Scratch } from '../testing/scratch'
import { refreshOnHosts, type WantedRefresh } from './refresh_on_hosts'
import { expectStompRoad } from '../config/road_places'

const OF_A_PROCESS = { env: {}, hostname: 'control', uid: 0 }

describe('package lists that hosts are asked to refresh', () => {
  let scratch: Scratch
  let surrounded: Surrounded
  beforeEach(() => (scratch = new Scratch()))
  afterEach(async () => {
    await surrounded.embedded?.stop()
    scratch.remove()
  })

  const start = async (faults: Readonly<Record<string, string>> = {}, without: readonly string[] = []) => {
    const host = (identity: string, classes: string[]) => ({
      identity,
      classes,
      facts: {},
      packages: { mywebapp: '1.0' },
      services: {},
      checks: {},
      without: identity === 'web2' ? [...without] : [],
      fault: parseFault(faults[identity] ?? ''),
    })
    const base = ['roles::base']
    const hosts = [host('web1', base), host('web2', base), host('web3', base), host('db1', ['roles::db'])]
    const repository = { mywebapp: ['1.0', '2.0'] }
    surrounded = await startEmbedded({ name: 'test', repository, hosts, backends: {} }, OF_A_PROCESS)
  }
  const performed = (action: string) =>
    (surrounded.embedded?.fleet.hosts ?? []).map(({ performed: of }) => of.get(`package ${action}`) ?? 0)
  const expecting = (...names: string[]): Partial<Environment> => {
    const rows = names.map((name) => `${name},roles::base\n`).join('')
    return {
      inventory: [
        { kind: 'csv', path: scratch.write('hosts.csv', `host,role\n${rows}`), delimiter: 'comma' },
      ],
    }
  }
  const refresh = (wanted: Partial<WantedRefresh> = {}, more: Partial<Environment> = {}) =>
    refreshOnHosts(
      {
        environment: 'test',
        hostClass: 'roles::base',
        packages: [{ name: 'mywebapp', version: '2.0' }],
        done: new Set(),
        missing: new Set(),
        ...wanted,
      },
      {
        environmentOf: () => ({ ...surrounded.environment, ...more }),
        clock: systemClock,
        askAgainWithin: 300,
      },
      new AbortController().signal,
    )
  const missingIn = (round: Awaited<ReturnType<typeof refresh>>) =>
    round.kind === 'asked' ? Object.fromEntries(round.missing) : expect.fail(round.why)

  it('are refreshed by the hosts of the class alone, which install nothing', async () => {
    await start()
    expect(await refresh()).to.deep.equal({
      kind: 'asked',
      has: ['web1', 'web2', 'web3'],
      missing: new Map(),
      remarks: [],
    })
    expect(performed('refresh')).to.deep.equal([1, 1, 1, 0])
    expect([performed('install'), performed('update')]).to.deep.equal([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
  })

  it('are not there on a host whose lists lack a version', async () => {
    await start()
    const round = await refresh({ packages: [{ name: 'mywebapp', version: '3.0' }] })
    expect(round).to.deep.include({ has: [] })
    expect(missingIn(round)['web1']).to.equal(
      'mywebapp 3.0 could not be installed: no repository offers mywebapp 3.0',
    )
  })

  it('are not asked for again of hosts that have them, also where those have gone', async () => {
    await start({ web1: 'silent' })
    const done = new Set(['web1', 'web3'])
    const round = await refresh({ done }, expecting('web1', 'web2', 'web3'))
    expect(round).to.deep.include({ has: ['web1', 'web2', 'web3'] })
    expect(performed('refresh')).to.deep.equal([0, 1, 0, 0])
  })

  it('are still missing on a host that lacked them and is off by now, also without an inventory', async () => {
    await start()
    const round = await refresh({ missing: new Set(['web1', 'web9']) })
    expect(round).to.deep.include({ has: ['web1', 'web2', 'web3'] })
    expect(missingIn(round)).to.deep.equal({ web9: 'no answer' })
  })

  it('are missing on each host that is silent, has no package agent, or cannot be believed', async () => {
    await start({ web1: 'silent', web3: 'wrong secret' }, ['package'])
    const round = await refresh({}, expecting('web1', 'web2', 'web3', 'web9'))
    expect(round).to.deep.include({ has: [] })
    expect(Object.keys(missingIn(round)).sort()).to.deep.equal(['web1', 'web2', 'web3', 'web9'])
  })

  for (const fault of [
    'contradicts',
    'truncated from step 1',
    'stale from step 1',
    'fails',
    'dies at step 1',
  ])
    it(`are not said to be on a host whose answer is no proof: ${fault}`, async () => {
      await start({ web1: fault })
      const round = await refresh({}, expecting('web1', 'web2', 'web3'))
      expect(round).to.deep.include({ has: ['web2', 'web3'] })
      expect(missingIn(round)).to.have.all.keys('web1')
    })

  it('are asked of nobody while the broker is away, which says nothing of hosts', async () => {
    await start()
    const { road } = expectStompRoad(surrounded.environment, 'a test')
    const [broker] = road.brokers
    const round = await refresh({}, { road: { ...road, brokers: [{ host: broker?.host ?? '', port: 1 }] } })
    expect(round.kind).to.equal('not asked')
  })
})
