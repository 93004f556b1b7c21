import { expect } from 'chai'
import fc from 'fast-check'
import { Refusal } from '../refusal'
import { decodeMarshal, DEFAULT_LIMITS } from './decode'
import { encodeMarshal } from './encode'
import { RubyFloat, RubyHash, RubyString, symbol, type RubyValue } from './values'
import { rubyValue } from '../../testing/arbitraries'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const refusal = (bytes: Buffer, limits = DEFAULT_LIMITS): string => {
  try {
    decodeMarshal(bytes, limits)
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'accepted'
}

describe('Ruby Marshal', () => {
  const examples: [string, string, RubyValue][] = [
    ['nil', '0408 30', null],
    ['true', '0408 54', true],
    ['0', '0408 6900', 0],
    ['-1', '0408 69fa', -1],
    ['122', '0408 697f', 122],
    ['123', '0408 69017b', 123],
    ['-124', '0408 69ff84', -124],
    ['-256', '0408 69ff00', -256],
    ['-257', '0408 69fefffe', -257],
    ['2³⁰-1', '0408 6904ffffff3f', 2 ** 30 - 1],
    ['-2³⁰', '0408 69fc000000c0', -(2 ** 30)],
    ['2³⁰, which is a bignum', '0408 6c2b0700000040', 2 ** 30],
    ['2⁶⁴ as a bigint', '0408 6c2b0a00000000000000000100', 2n ** 64n],
    ['a UTF-8 string', '0408 492207c3a9063a064554', 'é'],
    ['a binary string', '0408 2206ff', new RubyString(Buffer.from([0xff]))],
    ['an array', '0408 5b07690669 07', [1, 2]],
    ['1.0, which is no 1', '0408 660631', new RubyFloat(1)],
  ]
  for (const [name, bytes, value] of examples) {
    it(`reads and writes ${name}`, () => {
      expect(decodeMarshal(hex(bytes))).to.deep.equal(value)
      expect(encodeMarshal(value).toString('hex')).to.equal(hex(bytes).toString('hex'))
    })
  }

  it('reads back all that it writes', () => {
    fc.assert(
      fc.property(rubyValue(), (value) => {
        const bytes = encodeMarshal(value)
        expect(encodeMarshal(decodeMarshal(bytes)).equals(bytes)).to.equal(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps a hash default, a key named __proto__ and both kinds of key', () => {
    const hash = new RubyHash(
      new Map<RubyValue, RubyValue>([
        ['__proto__', 1],
        [symbol('__proto__'), 2],
      ]),
      'otherwise',
    )
    expect(decodeMarshal(encodeMarshal(hash))).to.deep.equal(hash)
  })

  const refused: [string, Buffer, string][] = [
    ['nothing at all', Buffer.alloc(0), 'truncated'],
    ['another version', hex('0409 30'), 'malformed'],
    ['bytes after the end', hex('0408 3030'), 'malformed'],
    ['a length of 2³⁰', hex('0408 22 0400000040'), 'truncated'],
    ['a negative length', hex('0408 22 fa'), 'malformed'],
    ['an array longer than its message', hex('0408 5b 0400000040'), 'truncated'],
    ['an object', Buffer.from('\x04\x08o:\x0bObject\x00', 'latin1'), 'forbidden-type'],
    ['a user-marshalled object', Buffer.from('\x04\x08U:\x06X0', 'latin1'), 'forbidden-type'],
    ['a Time', Buffer.from('\x04\x08Iu:\x09Time\x0d12345678\x00', 'latin1'), 'forbidden-type'],
    ['a regular expression', Buffer.from('\x04\x08I/\x06a\x00\x06:\x06EF', 'latin1'), 'forbidden-type'],
    ['a class', Buffer.from('\x04\x08c\x0bString', 'latin1'), 'forbidden-type'],
    ['a value that contains itself', hex('0408 5b06 4000'), 'malformed'],
    ['a link to nothing', hex('0408 4009'), 'malformed'],
    ['a symbol link to nothing', hex('0408 3b09'), 'malformed'],
    ['a float that overflows', Buffer.from('\x04\x08f\x0a1e999', 'latin1'), 'malformed'],
    ['a hexadecimal float', Buffer.from('\x04\x08f\x090x10', 'latin1'), 'malformed'],
    [
      'nesting 5,000 deep',
      Buffer.concat([hex('0408'), Buffer.from('5b06'.repeat(5000), 'hex'), hex('30')]),
      'too-deep',
    ],
  ]
  for (const [name, bytes, code] of refused)
    it(`refuses ${name}`, () => expect(refusal(bytes)).to.equal(code))

  it('refuses links that multiply into more values than allowed', () => {
    let value: RubyValue = ['x', 'x']
    for (let i = 0; i < 30; i += 1) value = [value, value]
    expect(refusal(encodeMarshal(value))).to.equal('too-large')
  })

  it('refuses a message that is too long without reading it', () => {
    expect(refusal(Buffer.alloc(100), { ...DEFAULT_LIMITS, bytes: 99 })).to.equal('too-large')
  })

  it('answers every truncation and every flipped byte with a value or a refusal, nothing else', () => {
    fc.assert(
      fc.property(rubyValue(), fc.nat(), fc.integer({ min: 0, max: 255 }), (value, position, byte) => {
        const bytes = encodeMarshal(value)
        refusal(bytes.subarray(0, position % bytes.length))
        const flipped = Buffer.from(bytes)
        flipped[position % bytes.length] = byte
        refusal(flipped)
      }),
      { numRuns: 3000 },
    )
  })

  it('answers random bytes with a value or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refusal(Buffer.concat([hex('0408'), bytes]))
      }),
      { numRuns: 3000 },
    )
  })
})
