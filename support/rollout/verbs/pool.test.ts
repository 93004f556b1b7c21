import { expect } from 'chai'
import { rolloutOn } from '../../testing/fake_fleet'
import { WebFleet, webs } from '../../testing/web_fleet'

describe('the room in a pool', () => {
  it('is what may be out at once: of fewer hosts, fewer', () => {
    const { pool } = rolloutOn(new WebFleet(webs(5))).rollout.traffic
    expect(pool.hasRoomFor([3], 3)).to.equal(true)
    pool.keepAtLeast({ percent: 50 })
    expect([
      pool.hasRoomFor([2, 2, 1], 5),
      pool.hasRoomFor([2, 1], 3),
      pool.hasRoomFor([1, 1, 1], 3),
    ]).to.deep.equal([true, false, true])
    pool.keepAtLeast({ hosts: 3 })
    expect([pool.hasRoomFor([2], 5), pool.hasRoomFor([1], 3)]).to.deep.equal([true, false])
  })
})
