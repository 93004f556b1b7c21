import { expect } from 'chai'
import fc from 'fast-check'
import { isOfRelease, judgeMove } from './code_version'

describe('the version of puppet code', () => {
  it('is of a release or of a commit by a whole word', () => {
    expect(isOfRelease('2026.11.1 0a1b', '2026.11.1')).to.equal(true)
    expect(isOfRelease('2026.11.1 0a1b', '0a1b')).to.equal(true)
    expect(isOfRelease('release 7, 0a1b', '7')).to.equal(true)
    expect(isOfRelease('2026.11.10 0a1b', '2026.11.1')).to.equal(false)
    expect(isOfRelease('', '')).to.equal(false)
  })

  const moves: [string, string, string][] = [
    ['2026.11.1 a', '2026.11.1 a', 'same'],
    ['2026.11.1 a', '2026.11.2 b', 'forward'],
    ['2026.11.10 c', '2026.11.2 b', 'back'],
    ['v1.4.0 c', 'v1.4.0~rc1 b', 'back'],
    ['2026.11.2 b', '2026.11.2 moved', 'not known'],
    ['1.0-1 b', '1.0 c', 'not known'],
    ['1795419734', '1795419734', 'not known'],
    ['1795419734', '2026.11.2 b', 'not known'],
    ['1.2 3.4', '1.3 3.5', 'not known'],
    ['', '2026.11.2 b', 'not known'],
  ]
  for (const [last, next, move] of moves)
    it(`from "${last}" to "${next}" is ${move}`, () => expect(judgeMove(last, next)).to.equal(move))

  it('goes forward one way and back the other, by numbers alone', () => {
    const release = fc.tuple(fc.nat(3000), fc.nat(99), fc.nat(99))
    fc.assert(
      fc.property(release, release, (one, other) => {
        const [a, b] = [`${one.join('.')} aa`, `${other.join('.')} aa`]
        const first = one.findIndex((number, index) => number !== other[index])
        const isForward = (one[first] ?? 0) < (other[first] ?? 0)
        expect(judgeMove(a, b)).to.equal(first < 0 ? 'same' : isForward ? 'forward' : 'back')
      }),
    )
  })
})
