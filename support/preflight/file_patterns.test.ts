import { expect } from 'chai'
import { isPattern, patternFor } from './file_patterns'

describe('the path of a file', () => {
  it('is a pattern where it has signs of one', () => {
    for (const path of ['a*.feature', 'a?', 'a [b].feature', 'a{b,c}', 'a{1..3}', '+(a)', 'x@(y)', '!(z)'])
      expect(isPattern(path), path).to.equal(true)
    for (const path of ['features/a.feature', 'a (b) #1 é.feature', 'a{b}', 'a+b', 'x@y'])
      expect(isPattern(path), path).to.equal(false)
  })

  it('has a pattern of its own, in which no folder above takes part', () => {
    expect(patternFor('/a {x,y}/b/hooks.js', '/a {x,y}')).to.equal('b/hooks.js')
    expect(patternFor('/a/b [x]/c*.js', '/a')).to.equal('b [[]x[]]/c[*].js')
  })

  it('has none where a choice is written in it', () => {
    expect(patternFor('/a/b {x,y}/c.js', '/a')).to.equal(undefined)
    expect(patternFor('/a/@(b)/c.js', '/a')).to.equal(undefined)
  })
})
