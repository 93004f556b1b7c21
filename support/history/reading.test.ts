import { expect } from 'chai'
import fc from 'fast-check'
import { aRecord } from '../testing/a_record'
import { recordIn } from './reading'

describe('a record that is read', () => {
  it('is the one that was written', () => {
    expect(recordIn(JSON.stringify(aRecord()))).to.deep.equal(aRecord())
  })

  it('is none when any field is missing or of another kind', () => {
    const whole = aRecord()
    for (const name of Object.keys(whole)) {
      expect(recordIn(JSON.stringify({ ...whole, [name]: undefined })), name).to.equal(undefined)
      expect(recordIn(JSON.stringify({ ...whole, [name]: 7 })), name).to.equal(undefined)
    }
    expect(recordIn(JSON.stringify({ ...whole, changes: [{ host: 'a' }] }))).to.equal(undefined)
  })

  it('is none, and nothing is thrown, for anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(recordIn(text)).to.equal(undefined)
      }),
    )
  })
})
