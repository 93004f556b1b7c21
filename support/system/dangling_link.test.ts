import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { danglingLinkIn } from './dangling_link'

describe('a link to nowhere', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const at = (name: string) => join(scratch.path, name)

  it('is found wherever it stands in a path', () => {
    symlinkSync('nowhere', at('state'))
    expect(danglingLinkIn(at('state'))).to.equal(at('state'))
    expect(danglingLinkIn(at('state/live'))).to.equal(at('state'))
  })

  it('is none that leads to a folder, nor a folder that is not there yet', () => {
    mkdirSync(at('disk'))
    symlinkSync('disk', at('state'))
    expect(danglingLinkIn(at('state/live'))).to.equal(undefined)
    expect(danglingLinkIn(at('other/live'))).to.equal(undefined)
  })

  it('is none of a file that stands in the way', () => {
    writeFileSync(at('state'), '')
    expect(danglingLinkIn(at('state'))).to.equal(undefined)
  })
})
