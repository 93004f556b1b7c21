import { join, relative } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { traceFiles } from './traced_files'

describe('traced files', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const trace = (isFollowed?: (from: string, to: string) => boolean) => {
    const { files, packages } = traceFiles([join(scratch.path, 'first.js')], isFollowed)
    return { files: files.map((file) => relative(scratch.path, file)), packages }
  }

  it('are those that a file loads, also within a function, and those that these load', () => {
    scratch.write('first.js', 'require(\'./a\'); const later = () => import("./folder")\n')
    scratch.write('a.js', "require('./first'); require('node:fs'); require('@a/b/c'); require('d/e')\n")
    scratch.write(
      'folder/index.js',
      "// require('./gone')\n * require('./gone')\nrequire.resolve('../b.cjs', {})\n",
    )
    scratch.write('b.cjs', '')
    scratch.write('other.js', '')
    expect(trace()).to.deep.equal({
      files: ['a.js', 'b.cjs', 'first.js', 'folder/index.js'],
      packages: ['@a/b', 'd'],
    })
  })

  it('end where they are not to be followed', () => {
    scratch.write('first.js', "require('./a'); require('./b')\n")
    scratch.write('a.js', "require('./c')\n")
    for (const name of ['b', 'c']) scratch.write(`${name}.js`, '')
    expect(trace((_, to) => !to.endsWith('a.js')).files).to.deep.equal(['b.js', 'first.js'])
  })

  it('are not told without one that is missing', () => {
    scratch.write('first.js', "require('./gone')\n")
    expect(() => trace()).to.throw('first.js loads ./gone, which is not there')
  })
})
