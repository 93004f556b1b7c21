import { expect } from 'chai'
import fc from 'fast-check'
import { isOfRelease, judgeMove } from './code_version'

const ORDER = ['2026.11.1', '2026.11.2', '2026.11.10']

describe('the version of puppet code', () => {
  it('is of a release or of a commit by a whole word', () => {
    expect(isOfRelease('2026.11.1 0a1b', '2026.11.1')).to.equal(true)
    expect(isOfRelease('2026.11.1 0a1b', '0a1b')).to.equal(true)
    expect(isOfRelease('2026.11.10 0a1b', '2026.11.1')).to.equal(false)
    expect(isOfRelease('1795419734', '')).to.equal(false)
  })

  const moves: [string, string, string][] = [
    ['2026.11.1 a', '2026.11.1 a', 'same'],
    ['2026.11.1 a', '2026.11.2 b', 'forward'],
    ['2026.11.10 c', '2026.11.2 b', 'back'],
    ['2026.11.2 b', '2026.11.2 moved', 'not known'],
    ['2026.11.2 b', '2026.12.1 d', 'not known'],
    ['1795419734', '2026.11.2 b', 'not known'],
    ['', '', 'not known'],
  ]
  for (const [last, next, move] of moves)
    it(`from "${last}" to "${next}" is ${move}`, () => expect(judgeMove(ORDER, last, next)).to.equal(move))

  it('goes forward one way and back the other, in any order of releases', () => {
    const releases = fc.uniqueArray(fc.stringMatching(/^[a-z0-9.]{1,8}$/), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(releases, fc.nat(), fc.nat(), (order, first, second) => {
        const [a = '', b = ''] = [order[first % order.length], order[second % order.length]]
        const [i, j] = [order.indexOf(a), order.indexOf(b)]
        expect(judgeMove(order, a, b)).to.equal(i === j ? 'same' : i < j ? 'forward' : 'back')
      }),
    )
  })
})
