import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { journalLine } from './journal_lines'
import { eachEntry, readJournal } from './journal_reading'

describe('a journal that is read entry by entry', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  const check = ({ type }: Record<string, unknown>) => (type === 'odd' ? 'has an odd entry' : undefined)
  const entry = fc.constantFrom('journal', 'one', 'two', 'odd', 'changed by somebody')
  const line = fc.oneof(
    { weight: 8, arbitrary: entry.map((type) => journalLine(JSON.stringify({ type, version: 1 }))) },
    fc.constantFrom('\n', 'no entry\n', journalLine('3')),
  )

  it('has the same entries and the same fault as one that is read at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 6 }),
        fc.nat(),
        fc.boolean(),
        async (lines, cut, isHeaded) => {
          const all = (isHeaded ? journalLine('{"type":"journal","version":1}') : '') + lines.join('')
          const text = cut % 3 === 0 ? all.slice(0, cut % (all.length + 1)) : all
          const path = scratch.write('20260101-120000-abcd.journal.ndjson', text)
          const { entries, fault } = readJournal(path, check)
          const taken: unknown[] = []
          expect(await eachEntry(path, check, (each) => taken.push(each))).to.deep.equal(fault)
          expect(taken).to.deep.equal(entries)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('says why it cannot be read', async () => {
    expect(await eachEntry(scratch.path, check, () => {})).to.deep.equal({
      kind: 'unreadable',
      what: 'cannot be read: it is a folder; expected a file',
    })
  })
})
