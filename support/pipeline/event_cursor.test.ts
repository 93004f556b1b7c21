import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { EventCursor, type JournalPlace } from './event_cursor'
import { openPipelineJournal, pipelineJournalsIn, type PipelineJournal } from './pipeline_journal'

describe('the tail of the journals of a pipeline', () => {
  let scratch: Scratch
  let journal: PipelineJournal
  let end: JournalPlace
  let tails: EventCursor[]
  beforeEach(() => {
    scratch = new Scratch()
    tails = []
    begin()
  })
  afterEach(async () => {
    await journal.close()
    for (const tail of tails) tail.close()
    scratch.remove()
  })

  function begin(): void {
    journal = openPipelineJournal(scratch.path, () => 0)
    end = { journal: journal.number, entries: 0 }
  }
  async function append(...builds: string[]): Promise<void> {
    for (const build of builds) {
      await journal.append({ type: 'build begun', build, repository: 'website', commit: 'c' })
      end = { ...end, entries: end.entries + 1 }
    }
  }
  const tailFrom = (from: JournalPlace) => {
    const tail = new EventCursor(pipelineJournalsIn(scratch.path), from, () => end)
    tails.push(tail)
    return tail
  }
  const rest = (tail: EventCursor) => {
    const all: [string, string, JournalPlace][] = []
    for (let next = tail.next(); next !== undefined; next = tail.next())
      all.push([next.id, 'build' in next.event ? next.event.build : '', next.behind])
    return all
  }
  const builds = (tail: EventCursor) => rest(tail).map(([, build]) => build)

  it('follows a journal while it is written, and goes on into those that others write', async () => {
    const tail = tailFrom({ journal: 1, entries: 0 })
    expect(rest(tail)).to.deep.equal([])
    await append('b1', 'b2')
    expect(builds(tail)).to.deep.equal(['b1', 'b2'])
    await append('b3')
    expect(builds(tail)).to.deep.equal(['b3'])
    await journal.close()
    begin()
    await append('b4', 'b5')
    expect(builds(tail)).to.deep.equal(['b4', 'b5'])
  })

  it('gives an event the same id and place from wherever it is read', async () => {
    await append('b1', 'b2')
    await journal.close()
    begin()
    await append('b3')
    const all = rest(tailFrom({ journal: 1, entries: 0 }))
    expect(new Set(all.map(([id]) => id)).size).to.equal(3)
    for (const [index, [, , behind]] of all.entries())
      expect(rest(tailFrom(behind))).to.deep.equal(all.slice(index + 1))
  })

  it('reads nothing behind the place that it is told: that may not be on disk', async () => {
    await append('b1', 'b2')
    const known = end
    end = { ...end, entries: 1 }
    const tail = tailFrom({ journal: 1, entries: 0 })
    expect(builds(tail)).to.deep.equal(['b1'])
    end = known
    expect(builds(tail)).to.deep.equal(['b2'])
  })

  it('goes on where a journal before it was lost', async () => {
    await append('b1')
    await journal.close()
    begin()
    await append('b2')
    const folder = pipelineJournalsIn(scratch.path)
    const [first = ''] = readdirSync(folder).sort()
    truncateSync(join(folder, first), 0)
    expect(builds(tailFrom({ journal: 1, entries: 0 }))).to.deep.equal(['b2'])
    expect(builds(tailFrom({ journal: 1, entries: 40 }))).to.deep.equal(['b2'])
  })

  it('is refused where somebody has changed what is written now', async () => {
    await append('b1', 'b2')
    const [name = ''] = readdirSync(pipelineJournalsIn(scratch.path))
    const path = join(pipelineJournalsIn(scratch.path), name)
    writeFileSync(path, 'something else\n')
    expect(() => rest(tailFrom({ journal: 1, entries: 0 }))).to.throw(
      /the journal .*serve-000000001\.journal\.ndjson lacks events that were written$/,
    )
  })
})
