import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { JournalPlace } from './event_cursor'
import { Scratch } from '../testing/scratch'
import { openPlace, savePlace } from './place_file'

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
