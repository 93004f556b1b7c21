import { expect } from 'chai'
import { phraseOf } from '../testing/feature_lines'
import { stateOf } from '../run/run_state'
import { recoveriesOf, recoveryFeatureOf, recoveryOf } from './recovery'

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

  describe('of lines that are written in other ways', () => {
    const BLOCKS = '    When I update the package b\n'

    /** Returns what is left of a feature; scenarios are named by their line, with the wave that each took. */
    function left(source: string, scenarios: Record<string, string | undefined>, waves?: number[]): string {
      const lines = source.split('\n')
      const own = Object.entries(scenarios).map(([scenarioId, wave]) => {
        const at = Number(scenarioId)
        const of = lines.findLastIndex((line, index) => index < at && line.trim().startsWith('Scenario'))
        const rest = lines.findIndex((line, index) => index > of && /^\s*(Scenario|Rule|Examples)/.test(line))
        const steps = lines.flatMap((line, index) => {
          const [, keyword, text] = /^\s*((?:Given|And|When|Then) )(.*)$/.exec(line) ?? []
          const isBackground = lines[1]?.includes('Background') === true && index < 3
          const isOwn = isBackground || (index > of && (rest < 0 || index < rest))
          if (keyword === undefined || text === undefined || !isOwn) return []
          return [step(index + 1, text.replace(/take .*<.*/, 'take 1 host'), keyword)]
        })
        return { scenarioId, wave, steps }
      })
      return recoveryOf(source, { plan: own, hosts: ['web2', 'web3'], waves, header: [], title: 'r' })
    }

    it('takes a whole table of hosts away, with blank lines and comments between its rows', () => {
      const source = `Feature: X
  Background:
    Given I want to update the hosts:
      | web1 |

      # the second rack
      | web2 |
      | web3 |
    # the package
  Scenario: Y
${BLOCKS}`
      expect(left(source, { 10: undefined })).to.equal(`Feature: X (r)
  Background:
    Given I want to update the hosts:
        | web2 |
        | web3 |
    # the package
  Scenario: Y
${BLOCKS}`)
    })

    it('leaves no row of a scenario behind that is done, nor its tags', () => {
      const source = `Feature: X
  Background:
    Given I want to update hosts with class a
  @canary

  Scenario: One
    Given I take 1 host
    When I run the action a of the agent b with:
      # a comment
      | c | d |

      | e | f |
  Scenario: Two
    Given I take the rest
${BLOCKS}`
      expect(left(source, { 6: '1 host', 13: 'the rest' }, [0, 2])).to.equal(`Feature: X (r)
  Background:
    Given I want to update the hosts:
        | web2 |
        | web3 |
  Scenario: Two
    Given I take 2 hosts
${BLOCKS}`)
    })

    it('lists hosts in each scenario that selected them, whichever of them is done', () => {
      const source = `Feature: X
  Scenario Outline: One
    Given I want to update hosts with class a
    And I take <wave>
${BLOCKS}    Examples:
      | wave   |
      | 1 host |
  Scenario: Two
    Given I want to update hosts with class a
    And I take the rest
${BLOCKS}`
      const text = left(source, { 8: '1 host', 9: 'the rest' }, [0, 2])
      expect(text.slice(text.indexOf('  Scenario: Two'))).to.equal(`  Scenario: Two
    Given I want to update the hosts:
        | web2 |
        | web3 |
    And I take 2 hosts
${BLOCKS}`)
    })

    it('lists hosts where the scenario that selected them for all others is done', () => {
      const source = `Feature: X
  Scenario: One
    Given I want to update hosts with class a
    And I take 1 host
${BLOCKS}  Scenario: Two
    Given I take the rest
${BLOCKS}`
      expect(left(source, { 2: '1 host', 6: 'the rest' }, [0, 2])).to.equal(`Feature: X (r)
  Scenario: Two
    * I want to update the hosts:
        | web2 |
        | web3 |
    Given I take 2 hosts
${BLOCKS}`)
    })

    it('keeps the environment of the hosts beside their list, where its own scenario is done as well', () => {
      const own = `Feature: X
  Scenario: One
    Given I want to update hosts with class a
    And the hosts of environment test
    And I take 2 hosts
${BLOCKS}`
      expect(left(own, { 2: '2 hosts' }, [2])).to.equal(`Feature: X (r)
  Scenario: One
    Given I want to update the hosts:
        | web2 |
        | web3 |
    And the hosts of environment test
    And I take 2 hosts
${BLOCKS}`)
      const lost = `Feature: X
  Scenario: One
    Given the hosts of environment test
    And I take 1 host
${BLOCKS}  Scenario: Two
    Given I take the rest
${BLOCKS}`
      expect(left(lost, { 2: '1 host', 6: 'the rest' }, [0, 2])).to.equal(`Feature: X (r)
  Scenario: Two
    * the hosts of environment test
    * I want to update the hosts:
        | web2 |
        | web3 |
    Given I take 2 hosts
${BLOCKS}`)
    })

    it('gives a wave that is put together its own column', () => {
      const source = `Feature: X
  Background:
    Given I want to update hosts with class a
  Scenario Outline: One
    Given I take <n> hosts
${BLOCKS}    Examples:
      | n | note    |
      | 3 | 3 hosts |
      # a comment
      | 2 | a\\|b    |
`
      expect(left(source, { 9: '3 hosts', 11: '2 hosts' }, [1, 1])).to.equal(`Feature: X (r)
  Background:
    Given I want to update the hosts:
        | web2 |
        | web3 |
  Scenario Outline: One
    Given I take <hosts left>
${BLOCKS}    Examples:
      | n | note    | hosts left |
      | 3 | 3 hosts | 1 host |
      # a comment
      | 2 | a\\|b    | 1 host |
`)
    })

    it('changes the column of the wave, and no other one that looks like it', () => {
      const source = `Feature: X
  Background:
    Given I want to update hosts with class a
  Scenario Outline: One
    Given I take the next <wave>
${BLOCKS}    Examples:
      | note    | wave    |
      | 3 hosts | 3 hosts |
`
      expect(left(source, { 9: '3 hosts' }, [2])).to.contain('      | 3 hosts | 2 hosts |\n')
    })

    it('fills in values as the place of each needs them, and stays with the lines of the feature', () => {
      const source = `Feature: X
  Scenario: Y
    Given I want to update hosts with class a
    When I run the action a of the agent b with:
      | c | <text> |
    And I write:
      """
      | <text>
      Feature: <text>
      """
`
      const text = recoveryOf(source, {
        plan: [{ scenarioId: '2', wave: undefined, steps: [step(3, 'I want to update hosts with class a')] }],
        hosts: ['web2'],
        waves: undefined,
        header: [],
        title: 'r',
        values: new Map([['text', 'a|b\n\\']]),
      })
      expect(text).to.contain('      | c | a\\|b\\n\\\\ |\n')
      expect(text).to.contain('      | a|b\n\\\n      Feature: a|b\n\\\n      """\n')
      expect(text).to.contain('Feature: X (r)\n')
    })
  })

  it('keeps its lines where somebody has taken the end of the header away', () => {
    const source = '# What run r1 of x.feature did not bring to its end.\nFeature: X\n  #\n  Scenario: Y\n'
    const options = { plan: [], hosts: [], waves: undefined, header: [], title: 'r' }
    expect(recoveryOf(source, options)).to.equal('Feature: X (r)\n  #\n  Scenario: Y\n')
  })

  it('cannot be run before somebody has put back the secrets that are not written', () => {
    const at = '2026-11-22T00:00:00.000Z'
    const uri = 'x.feature'
    const scenario = { uri, scenarioId: '2', name: 'Y', tags: [], steps: [] }
    const invocation = { args: [], env: {}, cucumber: 'c', lockstep: 'l' }
    const written = (hasHidden: boolean) => {
      const state = stateOf([
        {
          at,
          type: 'read',
          version: 1,
          run: 'r1',
          invocation,
          scenarios: [scenario],
          remarks: [],
          variables: {},
        },
        { at, type: 'run', feature: uri, hash: '', mode: 'live', environment: 'e', pid: 1, order: 1 },
        { at, type: 'text', uri, text: 'Feature: X\n  Scenario: ***\n', values: {}, hasHidden },
        { at, type: 'roll call', hosts: ['web1'] },
        {
          at,
          type: 'asked',
          step: 'it is done',
          line: 3,
          requestId: 'q',
          agent: 'a',
          action: 'b',
          inputs: {},
          mutating: true,
          hosts: ['web1'],
        },
      ])
      return recoveriesOf(state, '').map((recovery) => recoveryFeatureOf(state, recovery)?.split('\n')[0])
    }
    expect(written(true)).to.deep.equal([
      'Put the secret back wherever *** stands below, and take this line away: no secret is written here.',
    ])
    expect(written(false)).to.deep.equal(['# What run r1 of x.feature did not bring to its end.'])
  })
})
