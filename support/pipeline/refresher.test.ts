import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import type { FetchRound } from './fetcher'
import { Refresher, type RefreshOrder } from './refresher'

const ON = { repository: 'apt', environment: 'test' }

function asked(has: readonly string[], missing: Readonly<Record<string, string>> = {}): FetchRound {
  return { kind: 'asked', has, missing: new Map(Object.entries(missing)), remarks: [] }
}

describe('the hosts that refresh what was announced', () => {
  let log: MemoryPipelineLog
  let clock: FakeClock
  let orders: RefreshOrder[]
  let answer: (order: RefreshOrder) => FetchRound
  let troubles: string[]
  const signal = new AbortController().signal

  beforeEach(() => {
    log = new MemoryPipelineLog()
    clock = new FakeClock()
    orders = []
    answer = () => asked(['web1', 'web2'])
    troubles = []
  })

  const open = () =>
    new Refresher({
      ...ON,
      hostClass: 'roles::base',
      log,
      fleets: {
        async refresh(order) {
          orders.push(order)
          return answer(order)
        },
      },
      clock,
      onTrouble: (sentence) => troubles.push(sentence),
    })
  const announce = (announcement: string, ...packages: [string, string | null][]) =>
    log.append({
      type: 'packages announced',
      announcement,
      repository: 'apt',
      by: null,
      packages: packages.map(([name, version]) => ({ name, version })),
      packageCount: packages.length,
    })
  const advance = (ms: number) => {
    clock.after(ms, () => {})
    return clock.next()
  }
  /** Looks as the part does, through all pauses, so many times. */
  const look = async (refresher: Refresher, times = 2) => {
    let rest: number | undefined
    for (let each = 0; each < times; each += 1) {
      rest = await refresher.look(signal)
      if (rest !== undefined) await advance(rest)
    }
    return rest
  }
  const types = () => log.added.map(({ type }) => type)

  it('are asked for nothing before anything is announced, and no more once all have done so', async () => {
    const refresher = open()
    expect(await refresher.look(signal)).to.equal(undefined)
    await announce('a1', ['mywebapp', '2.0'])
    expect(await look(refresher)).to.equal(undefined)
    expect(orders).to.have.length(1)
    expect(orders[0]).to.deep.include({
      environment: 'test',
      hostClass: 'roles::base',
      announcement: 'a1',
      packages: [{ name: 'mywebapp', version: '2.0' }],
    })
    expect(types()).to.deep.equal(['packages announced', 'refresh begun', 'hosts have refreshed'])
    expect(await refresher.look(signal)).to.equal(undefined)
  })

  it('are asked once for announcements that follow each other, about the last version of each package', async () => {
    const refresher = open()
    await announce('a1', ['mywebapp', '2.0'], ['old', '1'])
    expect(await refresher.look(signal)).to.equal(3_000)
    await advance(2_000)
    await announce('a2', ['mywebapp', '3.0'], ['old', null])
    await announce('a3', ['other', '1'])
    expect(await refresher.look(signal)).to.equal(1_000)
    await advance(1_000)
    expect(await refresher.look(signal)).to.equal(undefined)
    expect(orders.map(({ announcement, packages }) => [announcement, packages])).to.deep.equal([
      [
        'a3',
        [
          { name: 'mywebapp', version: '3.0' },
          { name: 'other', version: '1' },
        ],
      ],
    ])
  })

  it('are asked again where they have not done so, and the others are not', async () => {
    answer = () => asked(['web1'], { web2: 'no answer' })
    const refresher = open()
    await announce('a1')
    expect(await look(refresher)).to.equal(2_000)
    expect(await look(refresher, 1)).to.equal(4_000)
    expect(types().filter((type) => type === 'hosts have refreshed')).to.have.length(1)
    answer = () => asked(['web1', 'web2'])
    expect(await look(refresher, 1)).to.equal(undefined)
    expect(orders.map(({ done }) => [...done])).to.deep.equal([[], ['web1'], ['web1']])
    expect(orders.map(({ missing }) => [...missing])).to.deep.equal([[], ['web2'], ['web2']])
    await announce('a2')
    await look(refresher)
    const last = orders.at(-1)
    expect([...(last?.done ?? []), ...(last?.missing ?? [])]).to.deep.equal([])
  })

  it('are asked about a version until they have it, also after an announcement of others', async () => {
    answer = () => asked(['web1'], { web2: 'mywebapp 2.0 could not be installed: x' })
    const refresher = open()
    await announce('a1', ['mywebapp', '2.0'])
    await look(refresher)
    await announce('a2', ['other', '1'])
    await look(refresher)
    expect(orders.at(-1)?.packages).to.deep.equal([
      { name: 'mywebapp', version: '2.0' },
      { name: 'other', version: '1' },
    ])
  })

  it('are asked again for what came while they were asked', async () => {
    let isFirst = true
    answer = () => {
      if (isFirst) void announce('a2', ['other', '1'])
      isFirst = false
      return asked(['web1'])
    }
    const refresher = open()
    await announce('a1')
    await look(refresher, 4)
    expect(orders.map(({ announcement }) => announcement)).to.deep.equal(['a1', 'a2'])
    expect(await refresher.look(signal)).to.equal(undefined)
  })

  it('are asked by the next process where one was killed, and not where all had done so', async () => {
    answer = () => asked(['web1'], { web2: 'no answer' })
    await announce('a1', ['mywebapp', '2.0'])
    await look(open())
    answer = () => asked(['web1', 'web2'])
    await look(open())
    expect(orders).to.have.length(2)
    expect(log.state.announced.wanted('apt', 'test')).to.equal(undefined)
    await look(open())
    expect(orders).to.have.length(2)
  })

  it('have not done so where none answers, or none could be asked, and that is said once', async () => {
    const refresher = open()
    await announce('a1')
    answer = () => ({ kind: 'not asked', why: 'the broker is away' })
    await look(refresher, 3)
    answer = () => asked([])
    await look(refresher, 2)
    expect(log.state.announced.wanted('apt', 'test')).to.not.equal(undefined)
    expect(troubles).to.deep.equal([
      'the hosts of test cannot be asked to refresh the lists of apt: the broker is away',
      'no host of test with class roles::base answers: none is asked to refresh the lists of apt',
    ])
  })
})
