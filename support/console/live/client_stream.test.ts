import { expect } from 'chai'
import { EventReader } from '../../testing/event_reader'
import { FakeClock, settled } from '../../testing/fake_clock'
import { BEAT_EVERY_MS, streamTo } from './client_stream'
import { pageFeed } from './page_feed'
import { formatPlace, parsePlace, PartBook } from './part_book'

const LARGE = 'x'.repeat(100_000)

describe('the events for one client', () => {
  const start = () => {
    const clock = new FakeClock()
    const book = new PartBook()
    const listeners = new Set<() => void>()
    let ended = 0
    const show = (offset: number, text: string) => {
      book.update({ offset, course: 'under way' }, [['head', text]])
      for (const listener of listeners) listener()
    }
    show(1, LARGE)
    const stream = streamTo({
      watcher: {
        failure: undefined,
        listen(listener) {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
      },
      feed: pageFeed({ book, isClosed: false }, undefined),
      clock,
      signal: new AbortController().signal,
      onEnd: () => (ended += 1),
    })
    return { clock, stream, show, listeners, ended: () => ended }
  }

  it('are cut where nobody reads them, after a minute', async () => {
    const { clock, stream, show, listeners, ended } = start()
    for (let n = 2; n < 1_000; n += 1) show(n, `${LARGE}${n}`)
    for (let beat = 0; beat < 3; beat += 1) await clock.next()
    expect(ended()).to.equal(0)
    await clock.next()
    expect([ended(), clock.elapsed(), listeners.size]).to.deep.equal([1, 4 * BEAT_EVERY_MS, 0])
    expect(clock.pending).to.deep.equal([])
    const reader = new EventReader('')
    await reader.follow(stream)
    expect(reader.heard).to.deep.equal([])
  })

  it('are few for one who reads slowly: what has changed meanwhile comes as one', async () => {
    const { stream, show } = start()
    for (let n = 2; n < 1_000; n += 1) show(n, `${LARGE}${n}`)
    const reader = new EventReader('')
    void reader.follow(stream)
    await settled()
    expect(reader.heard.map(({ id }) => id)).to.deep.equal(['1', '999'])
    expect(reader.parts.get('head')).to.equal(`${LARGE}999`)
    await reader.leave()
  })
})

describe('the id of an event', () => {
  it('is the bytes of the journal that were read, and how the run is where it does not just go on', () => {
    expect(formatPlace({ offset: 12, course: 'under way' })).to.equal('12')
    for (const course of ['under way', 'ended', 'gone', 'unknown', 'broken'] as const)
      expect(parsePlace(formatPlace({ offset: 7, course }))).to.deep.equal({ offset: 7, course })
    for (const text of ['', '-1', '1e3', '12-x', '9'.repeat(16), '1 2', '12-ended-ended'])
      expect(parsePlace(text), text).to.equal(undefined)
  })

  it('is believed in nothing where it is ahead of the journal, or of another course', () => {
    const book = new PartBook()
    book.update({ offset: 10, course: 'under way' }, [['head', 'a']])
    expect(book.sincePlace({ offset: 10, course: 'under way' })).to.equal(undefined)
    for (const place of [
      undefined,
      { offset: 11, course: 'under way' },
      { offset: 10, course: 'unknown' },
    ] as const)
      expect(book.sincePlace(place)?.parts).to.deep.equal([['head', 'a']])
  })
})
