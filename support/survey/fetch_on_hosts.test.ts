import { expect } from 'chai'
import type { Environment } from '../config/environment'
import { startEmbedded, type Surrounded } from '../simulation/embedded'
import { parseFault } from '../simulation/faults'
import { pretendCommit } from '../simulation/pretend_git'
import { systemClock } from '../system/clock'
import { Scratch } from '../testing/scratch'
import { fetchOnHosts, takesTag } from './fetch_on_hosts'
import { expectStompRoad } from '../config/road_places'

const OF_A_PROCESS = { env: {}, hostname: 'control', uid: 0 }

describe('a tag that hosts are asked to fetch', () => {
  let scratch: Scratch
  let surrounded: Surrounded
  let tags: string[]

  const start = async (faults: Readonly<Record<string, string>> = {}) => {
    tags = ['v1']
    const host = (identity: string, classes: string[], serves?: Record<string, string>) => ({
      identity,
      classes,
      facts: {},
      packages: {},
      services: {},
      checks: {},
      without: [],
      serves,
      fault: parseFault(faults[identity] ?? ''),
    })
    const website = ['roles::website']
    const hosts = [
      host('web1', website, { website: 'v1' }),
      host('web2', website, { website: 'v1' }),
      host('web3', website, { shop: 'v1' }),
      host('db1', ['roles::db'], { website: 'v1' }),
    ]
    const fleet = { name: 'test', repository: {}, git: { website: tags, shop: [] }, hosts, backends: {} }
    surrounded = await startEmbedded(fleet, OF_A_PROCESS)
  }
  beforeEach(() => {
    scratch = new Scratch()
  })
  afterEach(async () => {
    await surrounded.embedded?.stop()
    scratch.remove()
  })

  const performed = (action: string) =>
    Object.fromEntries(
      (surrounded.embedded?.fleet.hosts ?? []).map(({ description, performed: of }) => [
        description.identity,
        of.get(`git ${action}`) ?? 0,
      ]),
    )
  const expecting = (...names: string[]): Partial<Environment> => {
    const rows = names.map((name) => `${name},roles::website\n`).join('')
    const path = scratch.write('hosts.csv', `host,role\n${rows}`)
    return { inventory: [{ kind: 'csv', path, delimiter: 'comma' }] }
  }
  const fetch = (tag: string, more: Partial<Environment> = {}, commit = pretendCommit('website', tag)) =>
    fetchOnHosts(
      { repository: 'website', tag, commit, environment: 'test', hostClass: 'roles::website' },
      {
        environmentOf: () => ({ ...surrounded.environment, ...more }),
        clock: systemClock,
        askAgainWithin: 300,
      },
      new AbortController().signal,
    )

  it('is fetched by the hosts of the class that lack it, and by no other', async () => {
    await start()
    tags.push('v2')
    const round = await fetch('v2')
    expect(round).to.deep.include({ kind: 'asked', has: ['web1', 'web2'], remarks: [] })
    expect(round.kind === 'asked' && [...round.missing]).to.deep.equal([
      ['web3', 'No repository website is configured on this host (configured: shop)'],
    ])
    expect(performed('fetch')).to.deep.equal({ web1: 1, web2: 1, web3: 0, db1: 0 })
    expect(performed('deploy')).to.deep.equal({ web1: 0, web2: 0, web3: 0, db1: 0 })
  })

  it('is not fetched again by a host that has it now', async () => {
    await start()
    expect(await fetch('v1')).to.deep.include({ has: ['web1', 'web2'] })
    expect(performed('fetch')).to.deep.include({ web1: 0, web2: 0 })
  })

  it('is not there where a host has it at another commit', async () => {
    await start()
    const other = 'f'.repeat(40)
    const round = await fetch('v1', {}, other)
    const at = pretendCommit('website', 'v1')
    expect(round).to.deep.include({ has: [] })
    expect(round.kind === 'asked' && round.missing.get('web1')).to.equal(
      `it has the tag v1 at ${at}, and not at ${other}`,
    )
  })

  it('is not there where the server has none, or has moved it', async () => {
    await start({ web2: 'moved tag' })
    const round = await fetch('v1', {}, 'f'.repeat(40))
    expect(round.kind === 'asked' && round.missing.get('web2')).to.match(/has moved on the server/)
    const gone = await fetch('v9')
    expect(gone.kind === 'asked' && gone.missing.get('web1')).to.match(/has no tag v9$/)
  })

  it('is missing on each host of the inventory that is silent, or whose answer cannot be believed', async () => {
    await start({ web1: 'silent', web2: 'wrong secret' })
    const round = await fetch('v1', expecting('web1', 'web2', 'web9'))
    expect(round).to.deep.include({ kind: 'asked', has: [] })
    const missing = round.kind === 'asked' ? Object.fromEntries(round.missing) : {}
    expect(Object.keys(missing).sort()).to.deep.equal(['web1', 'web2', 'web9'])
    expect(missing).to.deep.include({ web9: 'no answer' })
  })

  for (const fault of [
    'contradicts',
    'truncated from step 1',
    'stale from step 1',
    'fails',
    'dies at step 1',
  ])
    it(`is not said to be on a host whose answer is no proof: ${fault}`, async () => {
      await start({ web1: fault })
      const round = await fetch('v1', expecting('web1', 'web2', 'web3'))
      expect(round).to.deep.include({ kind: 'asked', has: ['web2'] })
      expect(round.kind === 'asked' && [...round.missing.keys()]).to.include('web1')
    })

  it('is for no host that the inventory does not have, and that host is named', async () => {
    await start()
    tags.push('v2')
    const round = await fetch('v2', expecting('web1'))
    expect(round).to.deep.include({
      has: ['web1'],
      remarks: [
        'web[2-3] answer with class roles::website, and are not in the inventory of test: they are not asked to fetch',
      ],
    })
    expect(performed('fetch')).to.deep.equal({ web1: 1, web2: 0, web3: 0, db1: 0 })
  })

  it('is for the hosts whose row has the environment, and for no other with the class', async () => {
    await start()
    tags.push('v2')
    const rows = 'web1,test,roles::website\nweb2,production,roles::website\nweb3,prod,roles::website\n'
    const path = scratch.write('hosts.csv', `host,environment,role\n${rows}`)
    const round = await fetch('v2', {
      inventory: [{ kind: 'csv', path, delimiter: 'comma' }],
      environments: ['test', 'production', 'prod'],
    })
    expect(round).to.deep.include({ kind: 'asked', has: ['web1'] })
    expect(performed('fetch')).to.deep.equal({ web1: 1, web2: 0, web3: 0, db1: 0 })
  })

  it('is given up at once where the process is to end, and nothing is said of hosts then', async () => {
    await start({ web1: 'silent' })
    const end = new AbortController()
    const environmentOf = () => {
      setImmediate(() => end.abort())
      return { ...surrounded.environment, ...expecting('web1', 'web2', 'web3') }
    }
    const commit = pretendCommit('website', 'v1')
    const wanted = {
      repository: 'website',
      tag: 'v1',
      commit,
      environment: 'test',
      hostClass: 'roles::website',
    }
    const round = await fetchOnHosts(
      wanted,
      { environmentOf, clock: systemClock, askAgainWithin: 3_600_000 },
      end.signal,
    )
    expect(round.kind).to.equal('not asked')
  })

  it('is asked of nobody while the broker is away, which says nothing of hosts', async () => {
    await start()
    const { road } = expectStompRoad(surrounded.environment, 'a test')
    const [broker] = road.brokers
    const round = await fetch('v1', { road: { ...road, brokers: [{ host: broker?.host ?? '', port: 1 }] } })
    expect(round.kind).to.equal('not asked')
  })
})

describe('the name of a tag', () => {
  it('is one that hosts take, or none that is asked for', () => {
    expect(takesTag('v1.2')).to.equal(true)
    for (const tag of ['v ü', '-x', 'a'.repeat(101)]) expect(takesTag(tag)).to.equal(false)
  })
})
