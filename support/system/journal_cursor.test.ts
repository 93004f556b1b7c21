import { appendFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { JournalCursor } from './journal_cursor'

const HEADER = '{"type":"journal","version":1}'

describe('a cursor in a journal', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const cursorAt = (path: string) => new JournalCursor(path, (value) => ({ entry: value['says'] }))
  const take = (cursor: JournalCursor<unknown>) => {
    const found: { entry: unknown; offset: number }[] = []
    for (let next = cursor.next(); next !== undefined; next = cursor.next()) found.push(next)
    return found
  }

  it('has each entry once, with the byte behind its line, wherever the writer pauses', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 12 })
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
    fc.assert(
      fc.property(texts, cuts, (says, cutAt) => {
        const whole = Buffer.from(journalText(HEADER, ...says.map((each) => JSON.stringify({ says: each }))))
        const path = scratch.write('x.journal.ndjson', '')
        const cursor = cursorAt(path)
        const found: { entry: unknown; offset: number }[] = []
        let written = 0
        for (const end of [...cutAt.map((at) => Math.floor(at * whole.length)), whole.length].toSorted(
          (a, b) => a - b,
        )) {
          appendFileSync(path, whole.subarray(written, end))
          written = end
          found.push(...take(cursor))
          // Half a line is none.
          expect(whole.subarray(0, written).subarray(cursor.offset).includes(0x0a)).to.equal(false)
        }
        expect(found.map(({ entry }) => entry)).to.deep.equal(says)
        for (const { offset } of found) expect(whole[offset - 1]).to.equal(0x0a)
        expect(new Set(found.map(({ offset }) => offset)).size).to.equal(says.length)
        expect([cursor.offset, cursor.fault]).to.deep.equal([whole.length, undefined])
      }),
    )
  })

  it('reads lines that are longer than what is read at once', () => {
    const says = ['x'.repeat(200_000), 'y']
    const text = journalText(HEADER, ...says.map((each) => JSON.stringify({ says: each })))
    const cursor = cursorAt(scratch.write('x.journal.ndjson', text))
    expect(take(cursor).map(({ entry }) => entry)).to.deep.equal(says)
  })

  it('stops at the first line that is not what was written, and goes on behind it never again', () => {
    const lines = journalText(HEADER, '{"says":1}', '{"says":2}', '{"says":3}').split('\n')
    const path = scratch.write(
      'x.journal.ndjson',
      lines.toSpliced(2, 1, lines[2]?.replace('2', '4') ?? '').join('\n'),
    )
    const cursor = cursorAt(path)
    expect(take(cursor).map(({ entry }) => entry)).to.deep.equal([1])
    expect(cursor.fault?.kind).to.equal('damaged')
    writeFileSync(path, lines.join('\n'))
    expect(cursor.next()).to.equal(undefined)
  })
})
