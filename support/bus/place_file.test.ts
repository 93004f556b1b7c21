import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { openPlace, savePlace } from './place_file'

describe('the place up to which events are confirmed', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const path = () => join(scratch.path, 'bus', 'confirmed.json')
  const FIRST = { journal: 3, entries: 0 }

  it('is the first one until another is saved', () => {
    expect(openPlace(path(), FIRST)).to.deep.equal(FIRST)
    expect(openPlace(path(), { journal: 9, entries: 9 })).to.deep.equal(FIRST)
    savePlace(path(), { journal: 3, entries: 17 })
    expect(openPlace(path(), FIRST)).to.deep.equal({ journal: 3, entries: 17 })
  })

  it('is refused where its file says none: events would be lost without a word', () => {
    openPlace(path(), FIRST)
    for (const text of [
      '',
      '{',
      '{"journal":3}',
      '{"journal":-1,"entries":0}',
      '{"journal":1,"entries":0.5}',
    ]) {
      writeFileSync(path(), text)
      expect(() => openPlace(path(), FIRST), text).to.throw(
        /confirmed\.json does not say which events.*; put it back/,
      )
      expect(readFileSync(path(), 'utf8')).to.equal(text)
    }
  })
})
