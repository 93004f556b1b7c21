import { expect } from 'chai'
import { FakeClock } from '../testing/fake_clock'
import { Refusals } from './refusals'

describe('what is told of refused requests', () => {
  it('is the first at once, and one line with a count every ten seconds', async () => {
    const clock = new FakeClock()
    const told: [number, string][] = []
    const refusals = new Refusals(clock, (count, why) => told.push([count, why]))
    for (let sent = 0; sent < 10_000; sent += 1) refusals.add('403')
    expect(told).to.deep.equal([[1, '403']])
    await clock.next()
    expect(told).to.deep.equal([
      [1, '403'],
      [9_999, '403'],
    ])
    await clock.next()
    expect(clock.pending, 'no timer without refusals').to.deep.equal([])
    refusals.add('413')
    refusals.add('403')
    refusals.stop()
    expect(told.slice(2)).to.deep.equal([
      [1, '413'],
      [1, 'and others before the end'],
    ])
  })
})
