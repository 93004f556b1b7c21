import { expect } from 'chai'
import fc from 'fast-check'
import { ReplayCache, READS_REMEMBERED_S, type RememberedRequest, type ReplayLimits } from './replay_cache'

const NOW = 1_700_000_000
const SMALL: ReplayLimits = { reads: 100, readsOfCaller: 40, changes: 64, changesOfCaller: 20 }

let ids = 0
const request = (caller: string, kind: RememberedRequest['kind'], more: object = {}): RememberedRequest => ({
  id: String((ids += 1)),
  caller,
  kind,
  until: NOW + 120,
  ...more,
})
const take = (cache: ReplayCache, count: number, ...what: Parameters<typeof request>) =>
  Array.from({ length: count }, () => cache.take(request(...what), NOW)).filter((each) => each === 'new')
    .length

describe('the requests that a host remembers', () => {
  it('of one caller take no room from its changes, nor from other callers', () => {
    const cache = new ReplayCache()
    expect(take(cache, 205_000, 'uid=0', 'readOnly')).to.equal(30_000)
    expect(cache.take(request('uid=0', 'mutating'), NOW)).to.equal('new')
    expect(cache.take(request('uid=1', 'readOnly'), NOW)).to.equal('new')
    expect(cache.take(request('uid=1', 'mutating'), NOW)).to.equal('new')
    expect(cache.size).to.equal(30_003)
  })

  it('of invented callers take no room either: their oldest reads are forgotten', () => {
    const cache = new ReplayCache([], SMALL)
    const first = request('uid=first', 'readOnly')
    cache.take(first, NOW)
    for (let caller = 0; caller < 1_000; caller += 1)
      expect(cache.take(request(`uid=${caller}`, 'readOnly'), NOW)).to.equal('new')
    expect(cache.size).to.equal(SMALL.reads)
    expect(cache.take(request('uid=me', 'mutating'), NOW)).to.equal('new')
    expect(cache.take(first, NOW)).to.equal('new')
  })

  it('that change leave room for one more caller, and are never forgotten for room', () => {
    const cache = new ReplayCache([], SMALL)
    const first = request('uid=first', 'mutating')
    cache.take(first, NOW)
    const taken = ['a', 'b', 'c', 'd'].map((caller) => take(cache, 100, `uid=${caller}`, 'mutating'))
    expect(taken[0]).to.equal(20)
    expect(taken.every((count) => count > 0)).to.equal(true)
    expect(cache.size).to.be.at.most(SMALL.changes)
    expect(cache.take(first, NOW)).to.equal('seen')
  })

  it('are forgotten when they are over: reads after a minute, changes when they have expired', () => {
    const cache = new ReplayCache([], SMALL)
    const [read, change] = [request('uid=0', 'readOnly'), request('uid=0', 'mutating')]
    cache.take(read, NOW)
    cache.take(change, NOW)
    take(cache, 100, 'uid=0', 'readOnly')
    const later = NOW + READS_REMEMBERED_S + 1
    expect(cache.take(change, later)).to.equal('seen')
    expect(cache.take(read, later)).to.equal('new')
    expect(cache.take(request('uid=0', 'mutating', { until: NOW + 999 }), NOW + 121)).to.equal('new')
    expect(cache.size).to.be.at.most(4)
  })

  it('are known from before a restart', () => {
    const cache = new ReplayCache([{ id: 'x', caller: 'uid=0', until: NOW + 60 }])
    expect(cache.take(request('uid=0', 'mutating', { id: 'x' }), NOW)).to.equal('seen')
    expect(cache.take(request('uid=0', 'readOnly', { id: 'x' }), NOW)).to.equal('seen')
  })

  it('keep a caller out no longer than they are fresh when the clock is set back', () => {
    const cache = new ReplayCache([], SMALL)
    for (let each = 0; each < 40; each += 1) cache.take(request('uid=0', 'readOnly'), NOW + 86_400)
    expect(cache.take(request('uid=0', 'readOnly'), NOW)).to.equal('new')
  })

  it('that change are carried out once while they are fresh, under any flood, in bounded room', () => {
    const event = fc.record({
      id: fc.nat(60).map(String),
      caller: fc.constantFrom('uid=0', 'uid=1', 'uid=2'),
      kind: fc.constantFrom('readOnly' as const, 'mutating' as const),
      ttl: fc.nat(120),
      passes: fc.nat(5),
    })
    const limits = { reads: 8, readsOfCaller: 5, changes: 12, changesOfCaller: 6 }
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const cache = new ReplayCache([], limits)
        const carriedOut = new Map<string, number>()
        let now = NOW
        for (const { id, caller, kind, ttl, passes } of events) {
          now += passes
          const taken = cache.take({ id, caller, kind, until: now + ttl }, now)
          const until = carriedOut.get(id)
          if (until !== undefined && until >= now) expect(taken).to.equal('seen')
          if (kind === 'mutating' && taken === 'new') carriedOut.set(id, now + ttl)
          expect(cache.size).to.be.at.most(limits.reads + limits.changes)
        }
      }),
    )
  })
})
