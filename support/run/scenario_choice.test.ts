import { expect } from 'chai'
import { enclose, faultOfChoice, faultOfConfiguredChoice } from './scenario_choice'

describe('the choice of scenarios', () => {
  it('is one that cucumber can make', () => {
    expect(faultOfChoice(['@a', '(@a or @b) and not @c', '(@a) or (@b)'], ['the website', '^a|b$'])).to.equal(
      undefined,
    )
  })

  it('is refused where it cannot be read: cucumber would say so in a stack trace', () => {
    for (const expression of ['not', '@a or', '@a @b', '@a (', '@a) or (@b', '()'])
      expect(faultOfChoice([expression], [])).to.contain(
        `--tags ${JSON.stringify(expression)} is no expression of tags`,
      )
    expect(faultOfChoice([], ['a['])).to.equal(
      '--name "a[" is no pattern of names; write a backslash before its brackets; nothing was sent',
    )
  })

  it('is refused where the configuration of cucumber has it', () => {
    expect(faultOfConfiguredChoice('(not @b) and (@a and)', [])).to.contain(
      'the configuration of cucumber: tags "(not @b) and (@a and)" is no expression of tags',
    )
    expect(faultOfConfiguredChoice('', ['a['])).to.contain('the configuration of cucumber: name "a[" is no')
    expect(faultOfConfiguredChoice('', [])).to.equal(undefined)
  })

  it('is refused where it is empty: every scenario would be run', () => {
    expect(faultOfChoice([''], [])).to.contain('--tags "" is empty')
    expect(faultOfChoice([], [' '])).to.contain('--name " " is empty')
  })

  it('is enclosed as a whole', () => {
    for (const expression of ['(@a or @b)', '((@a) or (@b))', String.raw`(@a\))`])
      expect(enclose(expression)).to.equal(expression)
    for (const expression of ['@a', '(@a) or (@b)', String.raw`(@a\)`])
      expect(enclose(expression)).to.equal(`(${expression})`)
  })
})
