import { expect } from 'chai'
import fc from 'fast-check'
import { AnswerStopwatch } from './answer_times'

describe('the moments of answers', () => {
  const timesOf = (moments: readonly number[], sentAt = 1_000) => {
    let now = sentAt
    const stopwatch = new AnswerStopwatch(() => now)
    stopwatch.start()
    for (const moment of moments) {
      now = sentAt + moment
      stopwatch.lap()
    }
    return stopwatch.times
  }

  it('are those of the first, the median, the nineteenth of twenty and the last', () => {
    const moments = Array.from({ length: 20 }, (_, index) => (index + 1) * 10)
    expect(timesOf(moments)).to.deep.equal({ answered: 20, first: 10, median: 100, p95: 190, last: 200 })
    expect(timesOf([7])).to.deep.equal({ answered: 1, first: 7, median: 7, p95: 7, last: 7 })
  })

  it('are none where no host answered, or nothing was sent', () => {
    expect(timesOf([])).to.equal(undefined)
    const unsent = new AnswerStopwatch(() => 5)
    unsent.lap()
    expect(unsent.times).to.equal(undefined)
  })

  it('count from the first time that a request was sent', () => {
    let now = 0
    const stopwatch = new AnswerStopwatch(() => now)
    stopwatch.start()
    now = 30
    stopwatch.start()
    now = 40
    stopwatch.lap()
    expect(stopwatch.times?.first).to.equal(40)
  })

  it('are in order, and the median and the 95 % are moments of answers, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60_000), { minLength: 1, maxLength: 200 }), (given) => {
        const moments = [...given].sort((a, b) => a - b)
        const { first, median, p95, last } = timesOf(moments, 0) ?? { first: 1, median: 0, p95: 0, last: 0 }
        expect([first, median, p95, last]).to.deep.equal([first, median, p95, last].sort((a, b) => a - b))
        expect([moments[0], moments.at(-1)]).to.deep.equal([first, last])
        expect(moments).to.include.members([median, p95])
      }),
    )
  })
})
