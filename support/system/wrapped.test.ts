import { expect } from 'chai'
import fc from 'fast-check'
import { wrapWords } from './wrapped'

describe('a text in lines', () => {
  it('is broken between words, and no word is lost', () => {
    expect(wrapWords('one two three', 7)).to.deep.equal(['one two', 'three'])
    expect(wrapWords('longer-than-a-line x', 5)).to.deep.equal(['longer-than-a-line', 'x'])
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (words) => {
        const lines = wrapWords(words.join(' '), 12)
        expect(lines.join(' ')).to.equal(words.join(' '))
        expect(lines.every((line) => line.length <= 12)).to.equal(true)
      }),
    )
  })
})
