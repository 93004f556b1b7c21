import { expect } from 'chai'
import fc from 'fast-check'
import { decodeJson, encodeJson } from './json'
import { DEFAULT_LIMITS } from './marshal/decode'
import { RubyFloat, RubyHash, symbolHash } from './marshal/values'
import { toPlain } from './plain'
import { Refusal } from './refusal'

const read = (text: string) => toPlain(decodeJson(text))
const code = (text: string) => {
  try {
    decodeJson(text)
    return 'read'
  } catch (error) {
    return error instanceof Refusal ? error.code : `no refusal: ${String(error)}`
  }
}

describe('JSON of a peer', () => {
  it('is read as JavaScript reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small', noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.parse(encodeJson(decodeJson(text)))).to.deep.equal(JSON.parse(text))
      }),
    )
  })

  it('is read, or refused, and nothing else, whatever it is', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ':',
      ',',
      '1',
      '-',
      '.',
      'e',
      'true',
      ' ',
      'ü',
    )
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        const came = code(text)
        expect(came).not.to.contain('no refusal')
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        if (!isJson) expect(came).not.to.equal('read')
      }),
    )
  })

  it('keeps whole numbers of any size, and the kind of others', () => {
    expect(decodeJson('9223372036854775807')).to.equal(9223372036854775807n)
    expect(encodeJson(9223372036854775807n)).to.equal('9223372036854775807')
    expect(decodeJson('1.0')).to.deep.equal(new RubyFloat(1))
    expect(encodeJson(symbolHash({ statuscode: 0, at: new RubyFloat(1.5) }))).to.equal(
      '{"statuscode":0,"at":1.5}',
    )
  })

  it('is refused where it is nested, long or ambiguous', () => {
    expect(code('['.repeat(100_000))).to.equal('too-deep')
    expect(code(`${'['.repeat(100)}${']'.repeat(100)}`)).to.equal('too-deep')
    expect(code(`"${'x'.repeat(DEFAULT_LIMITS.bytes)}"`)).to.equal('too-large')
    expect(code(`[${'1,'.repeat(600_000)}1]`)).to.equal('too-large')
    expect(code('9'.repeat(2_000))).to.equal('too-large')
    expect(code('{"a":1,"a":2}')).to.equal('malformed')
    expect(code('{"a":1,"\\u0061":2}')).to.equal('malformed')
    expect(code('"\\ud800"')).to.equal('malformed')
    expect(code('"\ud800"')).to.equal('malformed')
    expect(code('{"a":')).to.equal('truncated')
    expect(code('')).to.equal('truncated')
  })

  it('makes of __proto__ a key', () => {
    const value = decodeJson('{"__proto__":{"a":1}}') as RubyHash
    expect(value.entries.has('__proto__')).to.equal(true)
    expect(read('{"__proto__":1}')).to.have.own.property('__proto__', 1)
  })
})
