import { expect } from 'chai'
import fc from 'fast-check'
import { decodeText, encodeText } from './text'

describe('A text for PostgreSQL', () => {
  it('has no NUL and no half of a pair, and comes back as it was', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
    const odd = fc.constantFrom('\0', '\\', '\\u0000', '\uD83D', '\uDE00', 'u', '0')
    fc.assert(
      fc.property(fc.array(fc.oneof(unit, odd)), (units) => {
        const text = units.join('')
        const encoded = encodeText(text)
        expect(encoded).not.to.include('\0')
        expect(Buffer.from(encoded).toString()).to.equal(encoded)
        expect(decodeText(encoded)).to.equal(text)
      }),
    )
  })

  it('stays readable', () => {
    expect(encodeText('production')).to.equal('production')
    expect(encodeText('a\0b')).to.equal('a\\u0000b')
  })
})
