import { existsSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { makeFolder } from './folders'

describe('a folder that is to be there', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const at = (...names: string[]) => join(scratch.path, ...names)

  it('is made with those above it, and the uppermost one is told', () => {
    expect(makeFolder(at('a', 'b', 'c'), 0o700)).to.equal(at('a'))
    expect(['a', 'a/b', 'a/b/c'].map((name) => statSync(at(name)).mode & 0o777)).to.deep.equal([
      0o700, 0o700, 0o700,
    ])
    expect(makeFolder(at('a', 'b', 'c'))).to.equal(undefined)
  })

  it('is an error, at once, where nothing can be made', () => {
    for (const path of ['/proc/x', '/proc/x/y/z', '/proc/self/x']) {
      expect(() => makeFolder(path)).to.throw(/ENOENT/)
      expect(existsSync(path)).to.equal(false)
    }
  })

  it('is an error where a file or a link to nowhere stands in its way', () => {
    scratch.write('file', '')
    symlinkSync('nowhere', at('link'))
    expect(() => makeFolder(at('file'))).to.throw('is no folder')
    expect(() => makeFolder(at('file', 'x'))).to.throw(/ENOTDIR/)
    expect(() => makeFolder(at('link'))).to.throw(/ENOENT/)
  })
})
