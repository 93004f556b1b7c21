import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import type { StartEvent } from './events'
import { readStarts, StartJournal, startsFolderIn } from './start_journal'

const ASKED: StartEvent = {
  type: 'start asked for',
  start: 's1',
  by: 'anna',
  feature: 'deploy.feature',
  environment: 'test',
  variables: {},
  release: null,
  ticket: null,
  limit: null,
  sha256: 'sha',
  code: 'code',
}

describe('the journals of starts', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const open = (expectOwned = () => {}) => new StartJournal(scratch.path, () => 0, expectOwned)
  const last = () =>
    join(startsFolderIn(scratch.path), readdirSync(startsFolderIn(scratch.path)).sort().at(-1) ?? '')

  it('tell each process what those before it have written, in their order', async () => {
    const first = open()
    await first.append(ASKED)
    await first.append({ type: 'step begun', start: 's1', step: 'lint', run: 'r1' })
    const second = open()
    expect(second.state.find('s1')?.steps).to.have.length(1)
    await second.append({ ...ASKED, start: 's2' })
    await Promise.all([first.close(), second.close()])
    const third = open()
    expect(third.state.starts.map(({ id }) => id)).to.deep.equal(['s1', 's2'])
    expect(third.faults).to.deep.equal([])
  })

  it('forget a line that a kill has cut off, and believe no damaged one', async () => {
    const first = open()
    await first.append(ASKED)
    await first.close()
    appendFileSync(last(), '{"at":"1970-01-')
    expect(open().faults).to.deep.equal([])
    expect(open().state.starts).to.have.length(1)
    writeFileSync(last(), readFileSync(last(), 'utf8').replace('"anna"', '"bert"'))
    expect(readStarts(scratch.path).faults[0]).to.match(/is damaged from line 2 on/)
    expect(open().faults).to.have.length(1)
  })

  it('hide no start of other journals where one has an entry of another build', async () => {
    const first = open()
    await first.append({ ...ASKED, start: 's0' })
    await first.close()
    const header = JSON.stringify({ at: 'x', type: 'journal', version: 1 })
    const at = '2026-01-01T00:00:00.000Z'
    const lines = [
      { at, ...ASKED },
      { at, type: 'start approved', start: 's1', plan: 'p', by: 'bert' },
      { at, ...ASKED, start: 's2' },
    ]
    scratch.write(
      'console/starts/starts-00000002-aaaa.journal.ndjson',
      journalText(header, ...lines.map((line) => JSON.stringify(line))),
    )
    const next = open()
    await next.append({ ...ASKED, start: 's3' })
    await next.close()
    const last = open()
    expect(last.state.starts.map(({ id }) => id)).to.deep.equal(['s0', 's1', 's3'])
    expect(last.state.find('s1')?.approved).to.equal(undefined)
    expect(last.faults.join()).to.match(
      /has an entry "start approved" that is not known, or not whole in line 3/,
    )
  })

  it('take nothing once another process has taken over', async () => {
    const journal = open(() => {
      throw new Error('taken over')
    })
    await journal.append(ASKED).then(
      () => expect.fail('it was written'),
      (error: unknown) => expect(String(error)).to.match(/taken over/),
    )
    expect(journal.state.starts).to.deep.equal([])
    expect(readStarts(scratch.path).events).to.deep.equal([])
  })
})
