import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { Scratch } from '../testing/scratch'
import { JournalFile } from '../system/journal_file'
import { journalText } from '../testing/journal_text'
import { findLeftHosts, nextOrder } from '../rollout/model/out_of_rotation'
import { entryFault } from './journal_entries'
import { readRunJournals } from './journals'
import type { JournalEntry } from '../rollout/model/journal_entry'

const at = '2026-01-01T00:00:00.000Z'
const RUN: JournalEntry = {
  type: 'run',
  feature: 'x.feature',
  hash: '',
  mode: 'live',
  environment: 'test',
  pid: 1,
  order: 1,
}
const OPENED: JournalEntry = { type: 'opened', obligation: 'blocks 192.168.1.1', hosts: ['web1', 'web2'] }
const CLOSED: JournalEntry = { type: 'closed', obligation: 'blocks 192.168.1.1', hosts: ['web1', 'web2'] }

describe('journals of runs', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const lines = (entries: readonly object[]) =>
    journalText(
      ...[{ type: 'journal', version: 1 }, ...entries].map((entry) => JSON.stringify({ at, ...entry })),
    )
  const write = (content: string | Buffer, run = 'r1') => scratch.write(`${run}.journal.ndjson`, content)
  const isClear = () => {
    const { journals, faults } = readRunJournals(scratch.path)
    return faults.length === 0 && findLeftHosts(journals).length === 0
  }

  it('are clear when all that was opened was closed', async () => {
    const journal = new JournalFile(scratch.path, 'r1', () => 0)
    for (const entry of [RUN, OPENED, CLOSED, { type: 'rollouts ended', passed: true, reason: '' }])
      await journal.append(entry)
    await journal.close()
    expect(isClear()).to.equal(true)
  })

  it('are never clear where one was cut off or flipped anywhere before its end', () => {
    const whole = Buffer.from(
      lines([RUN, OPENED, { type: 'rollouts ended', passed: false, reason: 'diverged' }]),
    )
    fc.assert(
      fc.property(
        fc.nat(whole.length - 2),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (position, change, isCut) => {
          // A cut between two lines leaves a whole journal, which is not clear as soon as it has the second.
          const end = whole.indexOf('"opened"')
          fc.pre(!isCut || whole[position - 1] !== 0x0a || position > end)
          const content = Buffer.from(isCut ? whole.subarray(0, position) : whole)
          if (!isCut) content[position] = (content[position] ?? 0) ^ change
          write(content)
          expect(isClear()).to.equal(false)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('are not clear where a cut took nothing but the last newline', () => {
    const whole = lines([RUN])
    write(whole)
    expect(isClear()).to.equal(true)
    write(whole.slice(0, -1))
    expect(isClear()).to.equal(false)
  })

  it('are never clear over an entry of an unknown type, or of another shape', () => {
    const knownTypes = new Set(['opened', 'closed', 'run', 'release', 'activated', 'out', 'wave'])
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (fields, type) => {
        fc.pre(!knownTypes.has(type))
        const fault = entryFault({ ...fields, at, type })
        write(lines([RUN, { ...fields, type }]))
        expect(isClear()).to.equal(fault === undefined)
        expect(entryFault({ ...fields, at, type: 'opened' })).to.contain('another shape')
      }),
      { numRuns: 300 },
    )
  })

  it('say what they do not know, by path and line', () => {
    write(lines([RUN, { type: 'reopened', hosts: ['web1'] }]))
    write(lines([RUN, { type: 'opened', obligation: 'blocks 192.168.1.1', hosts: 'web1' }]), 'r2')
    scratch.write('r3.journal.ndjson.gz', 'x')
    expect(readRunJournals(scratch.path).faults).to.deep.equal([
      `the journal ${join(scratch.path, 'r1.journal.ndjson')} has an entry "reopened" that this build does not know in line 3; which hosts it leaves out is not known: look at them, then move it away`,
      `the journal ${join(scratch.path, 'r2.journal.ndjson')} has an entry "opened" of another shape in line 3; which hosts it leaves out is not known: look at them, then move it away`,
      `${join(scratch.path, 'r3.journal.ndjson.gz')} is no journal, and lies among those of live runs; look what it is, then move it away`,
    ])
  })

  it('that cannot be read may each have the place after the last', () => {
    write(lines([{ ...RUN, order: 7 }]))
    write('', 'r2')
    expect(nextOrder(readRunJournals(scratch.path).journals)).to.equal(9)
  })
})
