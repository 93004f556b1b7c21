import { expect } from 'chai'
import fc from 'fast-check'
import { parseFlatJson } from './flat_json'

const NAME = fc.stringMatching(/^[A-Za-z][\w.:-]{0,20}$/)

describe('a JSON object of texts', () => {
  it('is read as JSON reads it', () => {
    fc.assert(
      fc.property(fc.dictionary(NAME, fc.string({ unit: 'binary' })), fc.nat(4), (fields, indent) => {
        const names = Object.keys(fields)
        fc.pre(!names.includes('__proto__'))
        const parsed = parseFlatJson(JSON.stringify(fields, null, indent))
        expect(parsed).to.deep.equal({ fields: { ...fields } })
      }),
    )
  })

  it('is nothing that JSON does not read so', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '"a"',
      '"b"',
      ':',
      ',',
      ' ',
      '"\\u0061"',
      '[',
      '1',
      '\\',
      '"',
      '\u0001',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(text, (json) => {
        const parsed = parseFlatJson(json)
        if ('fields' in parsed) expect(JSON.parse(json)).to.deep.equal(parsed.fields)
      }),
      { numRuns: 2_000 },
    )
  })

  it('has each name once, and not too many', () => {
    expect(parseFlatJson('{"a":"1","a":"1"}')).to.have.property('fault')
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`f${n}`, '']))
    expect(parseFlatJson(JSON.stringify(many))).to.have.property('fault')
  })
})
