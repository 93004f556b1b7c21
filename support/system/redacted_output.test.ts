import { expect } from 'chai'
import fc from 'fast-check'
import { RedactedOutput } from './redacted_output'

const SECRET = 'correct horse "batterü"'

function shown(pieces: readonly (string | Buffer)[], secrets: readonly string[] = [SECRET]): Buffer {
  const given: Buffer[] = []
  const output = new RedactedOutput(secrets, (piece) => given.push(piece))
  for (const piece of pieces) output.take(Buffer.from(piece))
  output.end()
  return Buffer.concat(given)
}

/** Cuts bytes at places, in pieces of any length. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to))
}

describe('output without its secrets', () => {
  it('has none, wherever its pieces are cut', () => {
    const forms = [SECRET, JSON.stringify(SECRET), Buffer.from(SECRET).toString('base64')]
    const bytes = Buffer.from(forms.map((form) => `before ${form} after\n`).join(''))
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 10 }), (at) => {
        const text = shown(cut(bytes, at)).toString()
        expect(text.match(/\*\*\*/g)).to.have.length(3)
        expect(text).not.to.match(/horse|Y29ycmVjd/)
      }),
    )
  })

  it('is what it was but for them, also where it is no text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, at) => {
        const whole = Buffer.from(bytes)
        expect(shown(cut(whole, at), ['never there at all'])).to.deep.equal(whole)
        expect(shown(cut(whole, at), [])).to.deep.equal(whole)
      }),
    )
  })

  it('has none in a line without an end, of which little is kept', () => {
    const line = 'x'.repeat(70_000)
    for (const before of [0, 1, 5, 10, 20])
      expect(
        shown([line.slice(before), SECRET.slice(0, before), SECRET.slice(before), line]).toString(),
      ).not.to.match(/horse|batter/)
    expect(shown([`${line}correct ho`, `rse "batterü" ${line}`]).toString()).not.to.match(/correct|batter/)
  })

  it('gives a line as soon as it has ended', () => {
    const given: string[] = []
    const output = new RedactedOutput([SECRET], (piece) => given.push(piece.toString()))
    output.take(Buffer.from('one\ntwo'))
    expect(given).to.deep.equal(['one\n'])
  })
})
