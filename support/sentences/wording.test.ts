import { expect } from 'chai'
import { SENTENCES } from './catalogue'
import { EFFECTS } from './effects'
import { likeSentencesThat } from './wording'

describe('a text that no definition was matched with', () => {
  it('reads like each phrase of its own group, for any values', () => {
    for (const [phrase, { effect }] of SENTENCES) {
      const text = phrase.replace('(s)', 's').replaceAll(/\{\w+\}/g, 'some <value>')
      expect(likeSentencesThat(EFFECTS[effect].group)(text), text).to.equal(true)
    }
  })

  it('reads like a gate only where it is one as a whole', () => {
    for (const text of [
      'I wait for approval',
      'only between 9:00 and 17:00 on monday',
      'I wait up to <soon> for other rollouts',
    ])
      expect(likeSentencesThat('gates')(text), text).to.equal(true)
    for (const text of [
      'I wait for approval of the customer',
      'I update the package a',
      'we wait for approval',
      '',
    ])
      expect(likeSentencesThat('gates')(text), text).to.equal(false)
  })
})
