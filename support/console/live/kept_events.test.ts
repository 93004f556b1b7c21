import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { journalText } from '../../testing/journal_text'
import { Scratch } from '../../testing/scratch'
import { KeptEvents } from './kept_events'
import { RunEvents } from './run_events'

const AT = '2026-11-22T12:00:00.000Z'
const RUN = '20261122-120000-aaaa'

describe('the readers of journals where pages have ended', () => {
  let scratch: Scratch
  let path: string
  let kept: KeptEvents
  beforeEach(() => {
    scratch = new Scratch()
    kept = new KeptEvents()
    path = scratch.write('x.journal.ndjson', textOf(40))
  })
  afterEach(() => scratch.remove())

  const textOf = (notes: number) =>
    journalText(
      JSON.stringify({ type: 'journal', version: 1 }),
      ...Array.from({ length: notes }, (_, at) =>
        JSON.stringify({ at: AT, type: 'note', text: `note ${at}` }),
      ),
    )
  const seenIn = (environment: string) => ({
    journal: { run: RUN, path, name: 'live/x.journal.ndjson' },
    environment,
  })
  const seen = () => seenIn('test')
  const readerBehind = (events: number) => {
    const reader = new RunEvents(seen().journal, 'test')
    for (let at = 0; at < events; at += 1) expect(reader.next()).not.to.equal(undefined)
    return reader
  }

  it('are given once, to the one who asks for what is behind', () => {
    const reader = readerBehind(3)
    kept.keep(seen(), reader)
    expect(kept.take(seen(), reader.offset - 1)).to.equal(undefined)
    expect(kept.take(seenIn('production'), reader.offset)).to.equal(undefined)
    expect(kept.take(seen(), reader.offset)).to.equal(reader)
    expect(kept.take(seen(), reader.offset)).to.equal(undefined)
  })

  it('go on in a journal that grows', () => {
    const reader = readerBehind(40)
    kept.keep(seen(), reader)
    const more = textOf(41)
    appendFileSync(path, more.slice(textOf(40).length))
    expect(kept.take(seen(), reader.offset)?.next()?.offset).to.equal(more.length)
  })

  it('are not for another file at the path, nor for one that is shorter or gone', () => {
    for (const spoil of [
      () => renameSync(scratch.write('y', textOf(40)), path),
      () => writeFileSync(path, textOf(1)),
      () => renameSync(path, `${path}.old`),
    ]) {
      writeFileSync(path, textOf(40))
      const reader = readerBehind(3)
      kept.keep(seen(), reader)
      spoil()
      expect(kept.take(seen(), reader.offset)).to.equal(undefined)
    }
  })

  it('are few, the newest', () => {
    const readers = Array.from({ length: 17 }, (_, at) => readerBehind(at + 1))
    for (const reader of readers) kept.keep(seen(), reader)
    expect(readers.map(({ offset }) => kept.take(seen(), offset) !== undefined)).to.deep.equal([
      false,
      ...Array.from({ length: 16 }, () => true),
    ])
  })
})
