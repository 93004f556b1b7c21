import { expect } from 'chai'
import fc from 'fast-check'
import { impatient, oneOfMany } from './delays'

describe('the pauses between attempts to reach a broker', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

  it('are never longer than five seconds for one that somebody is waiting for', () => {
    fc.assert(
      fc.property(fc.nat(10_000), random, (n, r) => impatient(n, r) <= 5_000 && impatient(n, r) >= 50),
    )
  })

  it('are at most four seconds for a host in the first attempts, and never more than thirty', () => {
    fc.assert(fc.property(fc.nat(29), random, (n, r) => oneOfMany(n, r) <= 4_000))
    fc.assert(
      fc.property(fc.nat(10_000), random, (n, r) => oneOfMany(n, r) <= 30_000 && oneOfMany(n, r) >= 100),
    )
  })

  it('spread ten thousand hosts, so that no tenth of a second has more than a twentieth of them', () => {
    const next = (seed: number) => ((seed * 16_807) % 2_147_483_647) / 2_147_483_647
    let seed = 42
    const slots = new Map<number, number>()
    for (let host = 0; host < 10_000; host += 1) {
      seed = Math.floor(next(seed) * 2_147_483_647)
      const slot = Math.floor(oneOfMany(5, seed / 2_147_483_647) / 100)
      slots.set(slot, (slots.get(slot) ?? 0) + 1)
    }
    expect(Math.max(...slots.values())).to.be.below(500)
  })

  it('are long enough in the first minute for hosts to get through it, and to be back soon after', () => {
    const first = Array.from({ length: 29 }, (_, n) => oneOfMany(n, 0.5)).reduce((sum, each) => sum + each, 0)
    expect(first).to.be.within(45_000, 90_000)
  })
})
