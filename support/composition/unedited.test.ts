import { expect } from 'chai'
import { expectUnedited } from './unedited'

describe('a feature that is edited after it was read', () => {
  it('is refused before anything of it is done', () => {
    expect(() => expectUnedited('x.feature', 'Feature: Y', 'Feature: X')).to.throw(
      'x.feature has been changed since this run has read it; nothing of it was done: run it as it is now',
    )
  })

  it('is the same one with and without a byte order mark, and where cucumber told no text', () => {
    expectUnedited('x.feature', '\uFEFFFeature: X\r\n', 'Feature: X\r\n')
    expectUnedited('x.feature', 'Feature: X', '\uFEFFFeature: X')
    expectUnedited('x.feature', 'Feature: X', undefined)
  })
})
