import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { journalText } from '../testing/journal_text'
import { eachEntry, readJournal } from './journal_reading'

const HEAD = '{"type":"journal","version":1}'
const linesOf = (...jsons: readonly string[]) => journalText(...jsons).split(/(?<=\n)/)

describe('a journal that is read entry by entry', () => {
  const scratch = new Scratch()
  after(() => scratch.remove())

  const read = (entry: Record<string, unknown>) =>
    entry['type'] === 'odd'
      ? { fault: 'has an odd entry' }
      : { entry: entry['type'] === 'two' ? undefined : entry }
  const entry = fc.constantFrom('journal', 'one', 'two', 'odd', 'changed by somebody')
  const json = fc.oneof(
    { weight: 8, arbitrary: entry.map((type) => JSON.stringify({ type, version: 1 })) },
    fc.constant('3'),
  )
  const noise = fc.constantFrom('', '', '\n', 'no entry\n', journalText(HEAD))

  it('has the same entries and the same fault as one that is read at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(json, { maxLength: 6 }),
        noise,
        fc.nat(),
        fc.boolean(),
        async (jsons, between, cut, isHeaded) => {
          const lines = linesOf(...(isHeaded ? [HEAD] : []), ...jsons)
          const all = lines.toSpliced(cut % (lines.length + 1), 0, between).join('')
          const text = cut % 3 === 0 ? all.slice(0, cut % (all.length + 1)) : all
          const path = scratch.write('20260101-120000-abcd.journal.ndjson', text)
          const { entries, fault } = readJournal(path, read)
          const taken: unknown[] = []
          expect(await eachEntry(path, read, (each) => taken.push(each))).to.deep.equal(fault)
          expect(taken).to.deep.equal(entries)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is damaged where a line was taken out, doubled or moved, and tells what stood before it', () => {
    const entries = fc.array(fc.nat(), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(entries, fc.nat(), fc.constantFrom('out', 'twice', 'on'), (numbers, place, how) => {
        const lines = linesOf(HEAD, ...numbers.map((i) => JSON.stringify({ type: 'one', i })))
        const at = place % (lines.length - 1)
        const [line = '', next = ''] = lines.slice(at)
        const changed = { out: [next], twice: [line, line, next], on: [next, line] }[how]
        const path = scratch.write(
          '20260101-120000-abcd.journal.ndjson',
          lines.toSpliced(at, 2, ...changed).join(''),
        )
        const { entries: told, fault } = readJournal(path, read)
        expect(fault?.kind).to.equal('damaged')
        const before = numbers.slice(0, how === 'twice' ? at : Math.max(0, at - 1))
        expect(told.map((each) => each['i'])).to.deep.equal(before)
      }),
      { numRuns: 200 },
    )
  })

  it('says why it cannot be read', async () => {
    expect(await eachEntry(scratch.path, read, () => {})).to.deep.equal({
      kind: 'unreadable',
      what: 'cannot be read: it is a folder; expected a file',
    })
  })
})
