import { expect } from 'chai'
import fc from 'fast-check'
import { FakeClock } from '../testing/fake_clock'
import { MemoryFleets } from '../testing/memory_fleets'
import { MemoryPipelineLog } from '../testing/memory_pipeline_log'
import type { BuildResult } from './events'
import { Fetcher, type FetchRound } from './fetcher'

const [A, B, C] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)]
const ON = { repository: 'website', environment: 'test' }

function asked(has: readonly string[], missing: Readonly<Record<string, string>> = {}): FetchRound {
  return { kind: 'asked', has, missing: new Map(Object.entries(missing)), remarks: [] }
}

describe('the hosts that fetch what has passed its tests', () => {
  let log: MemoryPipelineLog
  let clock: FakeClock
  let fleets: MemoryFleets
  let troubles: string[]
  let over: AbortController
  let deliveries: number

  beforeEach(() => {
    log = new MemoryPipelineLog()
    clock = new FakeClock()
    fleets = new MemoryFleets(() => asked(['web1', 'web2']))
    troubles = []
    over = new AbortController()
    deliveries = 0
  })

  const open = () =>
    new Fetcher({
      ...ON,
      hostClass: 'roles::website',
      log,
      fleets,
      clock,
      onTrouble: (sentence) => troubles.push(sentence),
    })
  const see = async (commit: string, ref: string) => {
    const delivery = `d${(deliveries += 1)}`
    await log.take(delivery, ref, commit)
    const isToBuild = true
    await log.append({
      type: 'commit seen',
      delivery,
      repository: 'website',
      ref,
      after: commit,
      commit,
      isToBuild,
    })
  }
  const build = async (commit: string, result: BuildResult = 'succeeded') => {
    const name = `b${(deliveries += 1)}`
    await log.append({ type: 'build begun', build: name, repository: 'website', commit })
    await log.append({ type: 'build ended', build: name, result, why: null, seconds: 1 })
  }
  const remove = async (ref: string) => {
    const delivery = `d${(deliveries += 1)}`
    await log.take(delivery, ref, null)
    await log.append({ type: 'change passed over', delivery, ref, after: null, why: 'it was removed' })
  }
  const orders = () => fleets.orders.map(({ commit, tag }) => `${commit[0]} ${tag}`)
  const fetches = (commit: string) => log.state.commit('website', commit)?.fetches.get('test')
  const answers = () => log.added.filter(({ type }) => type === 'hosts have fetched')
  const advance = async (ms: number) => {
    clock.after(ms, () => {})
    await clock.next()
  }

  it('are asked for a commit at a tag, once its tests have succeeded, and not before', async () => {
    const fetcher = open()
    await see(A, 'refs/heads/main')
    await build(A)
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    await see(B, 'refs/tags/v1')
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    await build(B, 'failed')
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    await see(C, 'refs/tags/v2')
    await build(C, 'interrupted')
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    expect(fleets.orders).to.deep.equal([])
    await build(C)
    expect(await fetcher.look(over.signal)).to.equal(600_000)
    expect(fleets.orders).to.deep.equal([{ ...ON, commit: C, tag: 'v2', hostClass: 'roles::website' }])
    expect(fetches(C)?.answered?.has).to.deep.equal({ text: 'web[1-2]', count: 2 })
  })

  it('are asked for a commit that was tested before its tag was pushed', async () => {
    const fetcher = open()
    await see(A, 'refs/heads/main')
    await build(A)
    await see(A, 'refs/tags/v1')
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['a v1'])
  })

  it('are on disk as about to be asked before they are asked', async () => {
    await see(A, 'refs/tags/v1')
    await build(A)
    fleets.onOrder = () => {
      expect(log.added.at(-1)?.type).to.equal('fetch begun')
    }
    await open().look(over.signal)
    expect(fleets.orders).to.have.length(1)
  })

  it('are named where they lack it, and asked again with a growing pause, up to ten minutes', async () => {
    fleets.answer = () => asked(['web1'], { web2: 'no answer' })
    await see(A, 'refs/tags/v1')
    await build(A)
    const fetcher = open()
    const pauses: (number | undefined)[] = []
    for (let round = 0; round < 12; round += 1) {
      pauses.push(await fetcher.look(over.signal))
      expect(await fetcher.look(over.signal), 'too early').to.equal(pauses.at(-1))
      await advance(pauses.at(-1) ?? 0)
    }
    expect(fleets.orders).to.have.length(12)
    expect(pauses.slice(0, 4)).to.deep.equal([2_000, 4_000, 8_000, 16_000])
    expect(pauses.at(-1)).to.equal(600_000)
    expect(answers(), 'one that says the same is not written again').to.have.length(1)
    expect(fetches(A)?.answered?.missing).to.deep.equal([
      { why: 'no answer', hosts: { text: 'web2', count: 1 } },
    ])
    fleets.answer = () => asked(['web1', 'web2'])
    expect(await fetcher.look(over.signal)).to.equal(600_000)
    expect(fetches(A)?.answered).to.deep.include({ has: { text: 'web[1-2]', count: 2 }, missing: [] })
  })

  it('are asked again after ten minutes: one that was installed anew has it no longer', async () => {
    await see(A, 'refs/tags/v1')
    await build(A)
    const fetcher = open()
    await advance((await fetcher.look(over.signal)) ?? 0)
    fleets.answer = () => asked(['web1'], { web2: 'the server is away' })
    await fetcher.look(over.signal)
    expect(fetches(A)?.answered?.has.count).to.equal(1)
  })

  it('are asked at once for a newer one, and no longer for the one before', async () => {
    fleets.answer = () => asked([], { web1: 'no answer' })
    await see(A, 'refs/tags/v1')
    await build(A)
    const fetcher = open()
    for (let round = 0; round < 5; round += 1) await advance((await fetcher.look(over.signal)) ?? 0)
    await see(B, 'refs/tags/v2')
    expect(await fetcher.look(over.signal), 'not tested yet').to.be.greaterThan(2_000)
    await build(B)
    expect(await fetcher.look(over.signal)).to.equal(2_000)
    expect(orders().at(-1)).to.equal('b v2')
    expect([fetches(A)?.superseded, fetches(B)?.superseded]).to.deep.equal([true, false])
  })

  it('are asked for what became newer meanwhile as soon as they have answered', async () => {
    await see(A, 'refs/tags/v1')
    await build(A)
    fleets.onOrder = async () => {
      if (fleets.orders.length > 1) return
      await see(B, 'refs/tags/v2')
      await build(B)
    }
    const fetcher = open()
    expect(await fetcher.look(over.signal)).to.equal(0)
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['a v1', 'b v2'])
  })

  it('are not asked for an older one because it was tested again, nor because it was told of again', async () => {
    await see(A, 'refs/tags/v1')
    await see(B, 'refs/tags/v2')
    await build(A)
    await build(B)
    const fetcher = open()
    fleets.answer = () => asked(['web1'], { web2: 'no answer' })
    await fetcher.look(over.signal)
    await build(A, 'failed')
    await build(A)
    await see(A, 'refs/tags/v1')
    await advance(600_000)
    await fetcher.look(over.signal)
    expect(fleets.orders.map(({ tag }) => tag)).to.deep.equal(['v2', 'v2'])
    expect(fetches(B)?.superseded).to.equal(false)
  })

  it('are not asked for a tag that has moved on to a commit that failed, or is gone', async () => {
    await see(A, 'refs/tags/v1')
    await build(A)
    await see(B, 'refs/tags/v1')
    await build(B, 'failed')
    const fetcher = open()
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    await see(C, 'refs/tags/v2')
    await build(C)
    await remove('refs/tags/v2')
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    expect(orders()).to.deep.equal([])
  })

  it('are not asked for an older commit again whose tag is told again, or whose tests succeed again', async () => {
    await see(A, 'refs/tags/v1')
    await build(A)
    await see(B, 'refs/tags/v2')
    await build(B)
    const fetcher = open()
    await fetcher.look(over.signal)
    await see(A, 'refs/tags/v1')
    await fetcher.look(over.signal)
    await build(A)
    await fetcher.look(over.signal)
    await build(A, 'interrupted')
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['b v2'])
    expect(fetches(B)?.superseded).to.equal(false)
  })

  it('are not asked for the other tag of a commit because one is told again', async () => {
    await see(A, 'refs/tags/v1')
    await see(A, 'refs/tags/stable')
    await build(A)
    const fetcher = open()
    await fetcher.look(over.signal)
    await see(A, 'refs/tags/v1')
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['a stable'])
  })

  it('are not asked for an older commit whose tests had failed and succeed now', async () => {
    await see(A, 'refs/tags/v1')
    await build(A, 'failed')
    await see(B, 'refs/tags/v2')
    await build(B)
    const fetcher = open()
    await fetcher.look(over.signal)
    await build(A)
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['b v2'])
  })

  it('are asked for another tag of the same commit too', async () => {
    await see(A, 'refs/tags/v1')
    await build(A)
    const fetcher = open()
    await fetcher.look(over.signal)
    await see(A, 'refs/tags/stable')
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['a v1', 'a stable'])
    expect(fetches(A)).to.deep.include({ tag: 'stable' })
  })

  it('are said once not to be asked, while a broker is away, and have answered nothing', async () => {
    fleets.answer = () => ({ kind: 'not asked', why: 'the broker is away' })
    await see(A, 'refs/tags/v1')
    await build(A)
    const fetcher = open()
    for (let round = 0; round < 4; round += 1) await advance((await fetcher.look(over.signal)) ?? 0)
    expect(troubles).to.deep.equal(['the hosts of test cannot be asked to fetch website: the broker is away'])
    expect(answers()).to.deep.equal([])
    expect(fetches(A)?.answered).to.equal(undefined)
  })

  it('are none where no host answers, and that is not said to be all of them', async () => {
    fleets.answer = () => asked([])
    await see(A, 'refs/tags/v1')
    await build(A)
    expect(await open().look(over.signal)).to.equal(2_000)
    expect(troubles).to.deep.equal([
      'no host of test with class roles::website answers: none is asked to fetch website',
    ])
  })

  it('are not asked for a tag whose name hosts refuse', async () => {
    await see(A, 'refs/tags/v ü')
    await build(A)
    const fetcher = open()
    expect(await fetcher.look(over.signal)).to.equal(undefined)
    await see(A, 'refs/tags/v1')
    await fetcher.look(over.signal)
    expect(orders()).to.deep.equal(['a v1'])
    expect(troubles[0]).to.contain('hosts take no tag of the name "v ü"')
  })

  it('are asked for the newest commit that has a tag that they take, while the name of a newer one is said once', async () => {
    fleets.answer = () => ({ ...asked(['web1'], { web2: 'no answer' }), remarks: ['a remark'] })
    await see(A, 'refs/tags/v1')
    await build(A)
    const fetcher = open()
    await fetcher.look(over.signal)
    await see(B, 'refs/tags/v ü')
    await build(B)
    for (let round = 0; round < 3; round += 1) await advance((await fetcher.look(over.signal)) ?? 0)
    expect(orders()).to.deep.equal(['a v1', 'a v1', 'a v1'])
    expect(troubles).to.deep.equal([
      'a remark',
      `the commit ${B} of website is fetched by no host: hosts take no tag of the name "v ü"`,
    ])
  })

  it('are asked after a kill at any moment, and are then known to have what they answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 6 }), async (kills) => {
        log = new MemoryPipelineLog()
        await see(A, 'refs/tags/v1')
        await build(A)
        for (const kill of kills) {
          log = new MemoryPipelineLog(log.events, kill)
          await open()
            .look(over.signal)
            .catch(() => undefined)
        }
        log = new MemoryPipelineLog(log.events)
        await open().look(over.signal)
        expect(fetches(A)?.answered?.has.count).to.equal(2)
        expect(log.events.filter(({ type }) => type === 'fetch begun')).to.have.length(1)
      }),
      { numRuns: 50 },
    )
  })
})
