import { expect } from 'chai'
import { giveWayEvery } from './give_way'

describe('long work', () => {
  it('lets others have their turn each time that it has gone on for so long, and no sooner', async () => {
    let now = 0
    let turns = 0
    const count = () => {
      turns += 1
      immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    const giveWay = giveWayEvery(10, { elapsed: () => now })
    const seen: number[] = []
    for (const step of [9, 0, 1, 9, 1, 30]) {
      now += step
      const before = turns
      await giveWay()
      seen.push(turns - before)
    }
    clearImmediate(immediate)
    expect(seen).to.deep.equal([0, 0, 1, 0, 1, 1])
  })
})
