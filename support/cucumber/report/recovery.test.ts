import { expect } from 'chai'
import { recoveryOf } from './recovery'

const SOURCE = `# language: en
Feature: Update the website
    Background:
        Given the load balancer has ip address 192.168.1.1
        And I want to update hosts with class roles::web
        And I want to update the hosts:
            | web9 |
        And the hosts are taken in random order
        And I want to pre-discover how many hosts to update
        And there should be at least 5 hosts

    Scenario Outline: Update on <wave>
        Given I take the next <wave>
        When I update the package <package>

        Examples:
            | wave     | package  |
            | 1 host   | mywebapp |
            | 25%      | mywebapp |
            | the rest | mywebapp |
`
const steps = SOURCE.split('\n').flatMap((line, index) => {
  const [, text] = /^\s*(?:Given|And|When|Then) (.*)$/.exec(line) ?? []
  return text === undefined ? [] : [{ line: index + 1, text }]
})
const plan = [
  { unit: '18', wave: '1 host', steps },
  { unit: '19', wave: '25%', steps },
  { unit: '20', wave: 'the rest', steps },
]

describe('a recovery feature', () => {
  it('is the feature itself, with the hosts that are not done and the waves that are left', () => {
    const text = recoveryOf(SOURCE, {
      plan,
      hosts: ['web2', 'web3', 'web4', 'web5'],
      waves: [2, 2],
      header: ['What was not done.', ''],
      title: 'recovery of run r1',
    })
    expect(text).to.equal(`# language: en
# What was not done.
#
Feature: Update the website (recovery of run r1)
    Background:
        Given the load balancer has ip address 192.168.1.1
        And I want to update the hosts:
            | web2 |
            | web3 |
            | web4 |
            | web5 |
        And I want to pre-discover how many hosts to update

    Scenario Outline: Update on <wave>
        Given I take the next <wave>
        When I update the package <package>

        Examples:
            | wave     | package  |
            | 2 hosts | mywebapp |
            | 2 hosts | mywebapp |
`)
  })

  it('of a feature without waves has all of its hosts', () => {
    const source =
      'Feature: X\n  Scenario: Y\n    Given I want to update hosts with class a\n    When I update the package b\n'
    const text = recoveryOf(source, {
      plan: [
        { unit: '2', wave: undefined, steps: [{ line: 3, text: 'I want to update hosts with class a' }] },
      ],
      hosts: ['web1'],
      waves: [],
      header: [],
      title: 'r',
    })
    expect(text).to.equal(
      'Feature: X (r)\n  Scenario: Y\n    Given I want to update the hosts:\n        | web1 |\n    When I update the package b\n',
    )
  })
})
