import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { JournalPlace } from './event_cursor'
import { Scratch } from '../testing/scratch'
import { FakeClock, settled } from '../testing/fake_clock'
import { openPlace, savePlace, waitForPlace } from './place_file'

describe('the place up to which events are confirmed', () => {
  let scratch: Scratch
  let troubles: string[]
  beforeEach(() => {
    scratch = new Scratch()
    troubles = []
  })
  afterEach(() => scratch.remove())
  const path = () => join(scratch.path, 'bus', 'confirmed.json')
  const open = (first: JournalPlace) => openPlace(path(), first, (sentence) => troubles.push(sentence))
  const FIRST = { journal: 3, entries: 0 }

  it('is the first one until another is saved', () => {
    expect(open(FIRST)).to.deep.equal(FIRST)
    expect(open({ journal: 9, entries: 9 })).to.deep.equal(FIRST)
    savePlace(path(), { journal: 3, entries: 17 })
    expect(open({ journal: 4, entries: 0 })).to.deep.equal({ journal: 3, entries: 17 })
    expect(troubles).to.deep.equal([])
  })

  it('begins anew, and says so, where it is of journals that are gone: nothing new is taken for confirmed', () => {
    for (const gone of [
      { journal: 3, entries: 17 },
      { journal: 9, entries: 0 },
    ]) {
      open(FIRST)
      savePlace(path(), gone)
      expect(open(FIRST)).to.deep.equal(FIRST)
      expect(troubles.splice(0)).to.have.length(1)
      expect(open(FIRST)).to.deep.equal(FIRST)
      expect(troubles).to.deep.equal([])
    }
  })

  it('is waited for while its file says none, until a person has mended it, or ends the wait', async () => {
    open(FIRST)
    writeFileSync(path(), '{"jour')
    const clock = new FakeClock()
    const end = new AbortController()
    let found: JournalPlace | undefined
    const wait = () =>
      waitForPlace(
        path(),
        () => FIRST,
        (sentence) => troubles.push(sentence),
        { clock, signal: end.signal },
      )
    const waiting = wait().then((place) => (found = place))
    await settled()
    expect(found).to.equal(undefined)
    expect(troubles[0]).to.match(/confirmed\.json does not say which events .*; put it back, or remove it/)
    writeFileSync(path(), '{"journal":2,"entries":5}')
    await clock.next()
    await waiting
    expect(found).to.deep.equal({ journal: 2, entries: 5 })
    writeFileSync(path(), '')
    const other = wait()
    await settled()
    end.abort()
    expect(await other).to.equal(undefined)
    expect(readFileSync(path(), 'utf8')).to.equal('')
  })

  it('is refused where its file says none: events would be lost without a word', () => {
    open(FIRST)
    for (const text of [
      '',
      '{',
      '{"journal":3}',
      '{"journal":-1,"entries":0}',
      '{"journal":1,"entries":0.5}',
    ]) {
      writeFileSync(path(), text)
      expect(() => open(FIRST), text).to.throw(/confirmed\.json does not say which events.*; put it back/)
      expect(readFileSync(path(), 'utf8')).to.equal(text)
    }
  })
})
