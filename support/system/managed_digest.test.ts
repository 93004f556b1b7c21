import { expect } from 'chai'
import fc from 'fast-check'
import { digestOfManaged } from './managed_digest'

const name = fc.string({ unit: fc.constantFrom('a', '\n', '"', ',', '\\', 'é', '\u2028') })

describe('the digest of what puppet manages', () => {
  it('is another for any other set, also where names have line breaks and quotes', () => {
    expect(digestOfManaged(['a\nb'])).not.to.equal(digestOfManaged(['a', 'b']))
    fc.assert(
      fc.property(fc.array(name), fc.array(name), (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect(digestOfManaged(one) === digestOfManaged(other)).to.equal(isSame)
      }),
    )
  })
})
