import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_RECEIVED_BYTES, parseReceived } from './received'

const ID = 'a'.repeat(40)
const NONE = '0'.repeat(40)

describe('what git hands to a pre-receive', () => {
  it('is a line for each ref', () => {
    const refs = fc.array(
      fc.record({
        ref: fc.constantFrom('refs/heads/main', 'refs/heads/a b', '-x', '../y'),
        isNew: fc.boolean(),
        isGone: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(refs, (all) => {
        const text = all
          .map(({ ref, isNew, isGone }) => `${isNew ? NONE : ID} ${isGone ? NONE : ID} ${ref}\n`)
          .join('')
        expect(parseReceived(text)).to.deep.equal({
          changes: all.map(({ ref, isNew, isGone }) => ({
            ref,
            before: isNew ? undefined : ID,
            after: isGone ? undefined : ID,
          })),
        })
      }),
    )
  })

  it('is refused where a line is missing, cut off or another', () => {
    const fault = (text: string) => {
      const parsed = parseReceived(text)
      return 'fault' in parsed ? parsed.fault : 'none'
    }
    expect(fault('')).to.equal('git has told of no ref')
    expect(fault(`${ID} ${ID} refs/heads/main`)).to.contain('the last line has no end')
    expect(fault(`${ID} ${ID} refs/heads/main\n\n`)).to.contain('git has told of ')
    expect(fault(`${ID} x\u001b[2J\n`)).to.contain(String.raw`x\u{1b}[2J`)
    expect(fault(`${ID} ${ID} r\n`.repeat(10_001))).to.contain('the push has 10001 refs')
  })

  it('never throws, and never loses a line', () => {
    const line = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(`${ID} ${ID} refs/heads/main`))
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.map((each) => `${each}\n`).join('')
        const parsed = parseReceived(text)
        if ('changes' in parsed) expect(parsed.changes).to.have.length(text.split('\n').length - 1)
      }),
    )
  })

  it('is refused as too many refs where it is longer than what is read of it', () => {
    expect(parseReceived('x'.repeat(MAX_RECEIVED_BYTES + 1))).to.deep.equal({
      fault: 'the push has too many refs; at most 10000 are checked: push fewer at a time',
    })
  })
})
