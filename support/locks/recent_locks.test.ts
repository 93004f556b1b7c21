import { expect } from 'chai'
import { failure } from '../testing/failure'
import { FakeClock } from '../testing/fake_clock'
import { recentLocks } from './recent_locks'

describe('Recent locks', () => {
  it('are asked for once by all who look at the same time', async () => {
    const clock = new FakeClock()
    let asked = 0
    const look = recentLocks({ list: async () => ((asked += 1), []) }, clock)
    await Promise.all([look(), look()])
    await look()
    expect(asked).to.equal(1)
    clock.after(2_000, () => {})
    await clock.next()
    await look()
    expect(asked).to.equal(2)
  })

  it('are not waited for without end', async () => {
    const clock = new FakeClock()
    const looked = failure(recentLocks({ list: () => new Promise(() => {}) }, clock)())
    await clock.next()
    expect((await looked).message).to.equal('the shared locks did not answer within 3 s')
  })
})
