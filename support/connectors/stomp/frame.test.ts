import { expect } from 'chai'
import fc from 'fast-check'
import { encodeFrame, FrameError, FrameParser, FRAME_LIMITS, headers, type Frame } from './frame'

function parse(bytes: Buffer | string, sizes: readonly number[] = [], limits = FRAME_LIMITS): Frame[] {
  const frames: Frame[] = []
  const parser = new FrameParser((frame) => frames.push(frame), limits)
  parser.version = '1.2'
  let rest = Buffer.from(bytes)
  for (let i = 0; rest.length > 0; i += 1) {
    const size = sizes[i % Math.max(1, sizes.length)] ?? rest.length
    parser.push(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
  return frames
}

describe('STOMP frames', () => {
  it('survive any slicing, with any headers and bodies', () => {
    const frame = fc.record({
      names: fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== 'content-length'),
        fc.string(),
      ),
      body: fc.uint8Array({ maxLength: 300 }),
    })
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (list, sizes) => {
          const bytes = Buffer.concat(
            list.map(({ names, body }) => encodeFrame('SEND', headers(names), Buffer.from(body))),
          )
          const read = parse(bytes, sizes)
          expect(read.map(({ body }) => Buffer.from(body))).to.deep.equal(
            list.map(({ body }) => Buffer.from(body)),
          )
          read.forEach((each, i) => {
            for (const [name, value] of Object.entries(list[i]?.names ?? {}))
              expect(each.headers[name]).to.equal(value)
          })
        },
      ),
      { numRuns: 500 },
    )
  })

  it('treat the names of JavaScript’s own properties as names', () => {
    const [frame] = parse('MESSAGE\nhasOwnProperty:1\n__proto__:2\nconstructor:3\ntoString:4\n\n\0')
    expect({ ...frame?.headers }).to.deep.equal({
      hasOwnProperty: '1',
      ['__proto__']: '2',
      constructor: '3',
      toString: '4',
    })
  })

  it('keep the first of repeated headers, end lines with CRLF too, and pass over heart-beats', () => {
    const [frame] = parse('\n\r\n\nMESSAGE\r\na:1\r\na:2\r\n\r\nbody\0\n\n', [1])
    expect(frame?.headers['a']).to.equal('1')
    expect(frame?.body.toString()).to.equal('body')
  })

  it('pass over bodies that are too large, whether they say their length or not, and tell it', () => {
    const limits = { ...FRAME_LIMITS, bodyBytes: 10 }
    const whole = fc.record({
      length: fc.nat(40),
      says: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(whole), fc.array(fc.integer({ min: 1, max: 30 })), (bodies, sizes) => {
        const bytes = bodies.map(({ length, says }) =>
          says
            ? encodeFrame('MESSAGE', {}, Buffer.alloc(length, 'x'))
            : Buffer.from(`MESSAGE\na:b\n\n${'x'.repeat(length)}\0`),
        )
        const found = parse(Buffer.concat(bytes), sizes, limits)
        expect(found.map(({ body, dropped }) => dropped ?? body.length)).to.deep.equal(
          bodies.map(({ length }) => length),
        )
        expect(found.every(({ body }) => body.length <= 10)).to.equal(true)
      }),
    )
  })

  it('put a body that does not say its length together in linear time', () => {
    const bytes = Buffer.concat([
      Buffer.from('MESSAGE\na:b\n\n'),
      Buffer.alloc(8 * 1024 * 1024, 'x'),
      Buffer.of(0),
    ])
    const before = Buffer.concat
    let copied = 0
    Buffer.concat = (list, length) => {
      const whole = before(list, length)
      copied += whole.length
      return whole
    }
    try {
      expect(parse(bytes, [1_460])[0]?.body).to.have.length(8 * 1024 * 1024)
    } finally {
      Buffer.concat = before
    }
    expect(copied).to.be.below(3 * bytes.length)
  })

  it('keep no more of a body that is too large than its limit and one piece', () => {
    const limits = { ...FRAME_LIMITS, bodyBytes: 10_000 }
    const saysLength = encodeFrame('MESSAGE', {}, Buffer.alloc(100_000, 'x'))
    const saysNone = Buffer.from(`MESSAGE\na:b\n\n${'x'.repeat(100_000)}\0`)
    fc.assert(
      fc.property(
        fc.constantFrom(saysLength, saysNone),
        fc.integer({ min: 1, max: 2_000 }),
        (whole, size) => {
          const parser = new FrameParser(() => {}, limits)
          let most = 0
          for (let at = 0; at < whole.length; at += size) {
            parser.push(whole.subarray(at, at + size))
            most = Math.max(most, parser.keptBytes)
          }
          expect(most).to.be.at.most(limits.bodyBytes + size + 100)
          expect(parser.betweenFrames).to.equal(true)
        },
      ),
    )
  })

  it('skip a body that is too large and report its size', () => {
    const limits = { ...FRAME_LIMITS, bodyBytes: 10 }
    const [big, small] = parse(
      Buffer.concat([
        encodeFrame('MESSAGE', {}, Buffer.alloc(50)),
        encodeFrame('MESSAGE', {}, Buffer.from('ok')),
      ]),
      [7],
      limits,
    )
    expect(big?.dropped).to.equal(50)
    expect(small?.body.toString()).to.equal('ok')
  })

  const refused: [string, string][] = [
    ['a content-length of -1', 'MESSAGE\ncontent-length:-1\n\n\0'],
    ['a content-length of 4abc', 'MESSAGE\ncontent-length:4abc\n\nabcd\0'],
    ['a content-length of +5', 'MESSAGE\ncontent-length:+5\n\nabcde\0'],
    ['a content-length of 2⁵³', 'MESSAGE\ncontent-length:9007199254740992\n\n\0'],
    ['a body longer than its content-length', 'MESSAGE\ncontent-length:2\n\nabc\0'],
    ['a header without a colon', 'MESSAGE\nnothing\n\n\0'],
    ['a header without a name', 'MESSAGE\n:x\n\n\0'],
    ['an unknown escape', 'MESSAGE\na:\\t\n\n\0'],
    ['an escape that ends too soon', 'MESSAGE\na:x\\\n\n\0'],
    ['no command', 'GET / HTTP/1.1\n\n'],
    ['a head without an end', `MESSAGE\n${'a'.repeat(70_000)}`],
    ['too many headers', `MESSAGE\n${Array.from({ length: 200 }, (_, i) => `h${i}:1`).join('\n')}\n\n\0`],
  ]
  for (const [name, text] of refused)
    it(`refuse ${name}`, () => expect(() => parse(text)).to.throw(FrameError))

  it('answer random bytes with frames or a FrameError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 20 }), (bytes, size) => {
        try {
          parse(Buffer.concat([Buffer.from('MESSAGE\n'), bytes]), [size])
        } catch (error) {
          expect(error).to.be.instanceOf(FrameError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
