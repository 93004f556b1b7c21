import { expect } from 'chai'
import { phraseOf } from '../testing/feature_lines'
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
  const [, keyword, text] = /^\s*((?:Given|And|When|Then) )(.*)$/.exec(line) ?? []
  return keyword === undefined || text === undefined ? [] : [step(index + 1, text, keyword)]
})
function step(line: number, text: string, keyword = 'Given ') {
  return { line, keyword, expression: phraseOf(text.replace('<wave>', '1 host')) }
}
const plan = [
  { scenarioId: '18', wave: '1 host', steps },
  { scenarioId: '19', wave: '25%', steps },
  { scenarioId: '20', wave: 'the rest', steps },
]

describe('a recovery feature', () => {
  it('is the feature itself, with the hosts that are not done and the waves that are left', () => {
    const text = recoveryOf(SOURCE, {
      plan,
      hosts: ['web2', 'web3', 'web4', 'web5'],
      waves: [0, 2, 2],
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
        {
          scenarioId: '2',
          wave: undefined,
          steps: [step(3, 'I want to update hosts with class a')],
        },
      ],
      hosts: ['web1'],
      waves: undefined,
      header: [],
      title: 'r',
    })
    expect(text).to.equal(
      'Feature: X (r)\n  Scenario: Y\n    Given I want to update the hosts:\n        | web1 |\n    When I update the package b\n',
    )
  })

  it('leaves any sentences of a team’s own as they are', () => {
    const source = `Feature: X
  Scenario: Y
    * I want to update hosts with class a
    And I want to update the hosts of the cluster
    And there should be many hosts
    And I take as much time as it needs
    When I update the package b
`
    const own = source.split('\n').flatMap((line, index) => {
      const [, keyword, text] = /^\s*((?:\*|And|When) )(.*)$/.exec(line) ?? []
      return keyword === undefined || text === undefined ? [] : [step(index + 1, text, keyword)]
    })
    const text = recoveryOf(source, {
      plan: [{ scenarioId: '2', wave: '2 hosts', steps: own }],
      hosts: ['web1'],
      waves: [1],
      header: [],
      title: 'r',
    })
    expect(text).to.equal(
      source
        .replace('Feature: X', 'Feature: X (r)')
        .replace('* I want to update hosts with class a', '* I want to update the hosts:\n        | web1 |'),
    )
  })

  it('leaves its waves as they are where none was taken', () => {
    const text = recoveryOf(SOURCE, { plan, hosts: ['web2'], waves: undefined, header: [], title: 'r' })
    expect(text).to.contain('| 1 host   |').and.to.contain('| 25%      |').and.to.contain('| the rest |')
  })

  it('has no scenario of a wave that is done, and the size of one that is not, without a table as well', () => {
    const source = `Feature: X
  Background:
    Given I want to update hosts with class a
  @canary
  Scenario: One
    Given I take 1 host
    When I run the action a of the agent b with:
      | c | d |
  # In between
  Scenario: The others
    Given I take the rest
    When I update the package b
  Scenario: All
    Then the package b should be installed
`
    const own = (...list: [number, string][]) => [
      step(3, 'I want to update hosts with class a'),
      ...list.map(([line, text]) => step(line, text)),
    ]
    const text = recoveryOf(source, {
      plan: [
        {
          scenarioId: '5',
          wave: '1 host',
          steps: own([6, 'I take 1 host'], [7, 'I run the action a of the agent b with:']),
        },
        {
          scenarioId: '10',
          wave: 'the rest',
          steps: own([11, 'I take the rest'], [12, 'I update the package b']),
        },
        { scenarioId: '13', wave: undefined, steps: own([14, 'the package b should be installed']) },
      ],
      hosts: ['web2', 'web3'],
      waves: [0, 2],
      header: [],
      title: 'r',
    })
    expect(text).to.equal(`Feature: X (r)
  Background:
    Given I want to update the hosts:
        | web2 |
        | web3 |
  # In between
  Scenario: The others
    Given I take 2 hosts
    When I update the package b
  Scenario: All
    Then the package b should be installed
`)
  })

  it('of a recovery feature has one header and one title, its own', () => {
    const options = { plan: [], hosts: ['web2'], waves: undefined }
    const header = ['What run r1 of x.feature did not bring to its end.', 'Done: web9.', '']
    const first = recoveryOf('Feature: X\n', { ...options, header, title: 'recovery of run r1' })
    const again = { ...options, header: ['What run r2 of r.feature did not bring to its end.', ''] }
    expect(recoveryOf(first, { ...again, title: 'recovery of run r2' })).to.equal(
      '# What run r2 of r.feature did not bring to its end.\n#\nFeature: X (recovery of run r2)\n',
    )
  })
})
