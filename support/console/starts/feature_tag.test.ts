import { expect } from 'chai'
import { tagIn } from './feature_tag'

const feature = (...lines: readonly string[]) =>
  `Feature: x\n  Background:\n${lines.map((line) => `    ${line}\n`).join('')}`
const WHOLE = [
  'Given the repository website',
  'And the tag <tag>',
  'And I want to update hosts with class roles::web',
  'And I want to update hosts with fact country=de',
]

describe('the tag that a feature leaves to be chosen', () => {
  it('is of its repository, and on the hosts that its background selects', () => {
    expect(tagIn(feature(...WHOLE))).to.deep.equal({
      repository: 'website',
      variable: 'tag',
      hosts: { classes: ['roles::web'], facts: ['country=de'] },
    })
  })

  it('is none where the feature names it, or where its repository cannot be told', () => {
    expect(tagIn(feature('Given the repository website', 'And the tag v1'))).to.equal(undefined)
    expect(tagIn(feature('Given the repository website', 'And the tag v<minor>'))).to.equal(undefined)
    expect(tagIn(feature('Given the repository <which>', 'And the tag <tag>'))).to.equal(undefined)
    expect(tagIn(feature(...WHOLE, 'And the repository other'))).to.equal(undefined)
    expect(tagIn(feature(...WHOLE, 'And the tag <other>'))).to.equal(undefined)
    expect(tagIn(feature('"""', ...WHOLE, '"""'))).to.equal(undefined)
  })

  it('has hosts that are not asked where the background alone does not say which', () => {
    const whyOf = (...more: readonly string[]) => {
      const hosts = tagIn(feature(...WHOLE, ...more))?.hosts
      return hosts !== undefined && 'why' in hosts ? hosts.why : hosts
    }
    expect(whyOf('And I want to update hosts with class <role>')).to.match(/still to be given/)
    expect(whyOf('And I want to update hosts with class --json')).to.match(/cannot be read/)
    expect(whyOf('And I want to update hosts with identity web1')).to.match(/one by one/)
    expect(whyOf('And I want to update the hosts:', '  | web1 |')).to.match(/one by one/)
    expect(whyOf('And I want to update the hosts listed in x.txt')).to.match(/one by one/)
    const own = `${feature(...WHOLE)}  Scenario: y\n    Given I want to update hosts with class roles::db\n`
    expect(tagIn(own)?.hosts).to.have.property('why')
  })
})
