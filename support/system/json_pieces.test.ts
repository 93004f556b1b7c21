import { expect } from 'chai'
import fc from 'fast-check'
import { jsonPieces } from './json_pieces'

describe('the pieces of a JSON text', () => {
  it('are together what JSON.stringify says of an object', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.array(fc.jsonValue()))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), member), (value) => {
        expect([...jsonPieces(value)].join('')).to.equal(`${JSON.stringify(value, null, 2)}\n`)
      }),
    )
  })

  it('are one for each member of a list', () => {
    const members = Array.from({ length: 1000 }, (_, index) => ({ index }))
    const longest = Math.max(...[...jsonPieces({ members })].map(({ length }) => length))
    expect(longest).to.be.below(100)
  })
})
