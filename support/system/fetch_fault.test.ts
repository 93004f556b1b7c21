import { expect } from 'chai'
import { wordsOfFetchFault } from './fetch_fault'

describe('a fetch without an answer', () => {
  const because = (cause?: unknown) => wordsOfFetchFault(new TypeError('fetch failed', { cause }))

  it('says why, also where a name has several addresses, and none of them answers', () => {
    expect(because(new Error('connect ECONNREFUSED 127.0.0.1:1'))).to.equal(
      'connect ECONNREFUSED 127.0.0.1:1',
    )
    const each = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1']
    expect(because(new AggregateError(each.map((why) => new Error(why))))).to.equal(each.join(', '))
  })

  it('says that it failed where nothing says why', () => {
    for (const cause of [undefined, new Error(''), new AggregateError([])])
      expect(because(cause)).to.equal('fetch failed')
  })
})
