import { expect } from 'chai'
import { ownContractOf } from '../rpc/contracts'
import { agentCallFaults } from './agent_calls'

const RUN = 'I run the action {word} of the agent {word}'
const RUN_WITH = `${RUN} with:`
const ANSWER_WITH = 'the action {word} of the agent {word} should answer {word} {string} with:'

describe('calls of an agent in a feature', () => {
  it('are found to be what the agent takes, as far as it is known', () => {
    for (const [expression, values, rows] of [
      [RUN, ['ping', 'rpcutil'], []],
      [RUN_WITH, ['restart', 'service'], [['service', 'mywebapp']]],
      [RUN_WITH, ['restart', 'service'], [['service', '<app>']]],
      [RUN_WITH, ['anything', 'ours'], [['x', 'y']]],
      [RUN_WITH, ['<action>', 'service'], []],
      ['a sentence of a team', ['restart', 'service'], [['x']]],
    ] as const)
      expect(agentCallFaults(expression, values, rows, ownContractOf), values.join(' ')).to.deep.equal([])
  })

  for (const [what, expression, values, rows, said] of [
    [
      'no such action',
      RUN,
      ['nosuch', 'service'],
      [],
      'the agent service has no action nosuch; it has: status',
    ],
    ['an action of its prototype', RUN, ['constructor', 'service'], [], 'has no action constructor'],
    ['an input that is missing', RUN, ['restart', 'service'], [], 'service restart: service is missing'],
    [
      'an unknown input',
      RUN_WITH,
      ['restart', 'service'],
      [
        ['service', 'x'],
        ['svc', 'x'],
      ],
      'no input named svc',
    ],
    [
      'an unknown input, filled in later',
      RUN_WITH,
      ['restart', 'service'],
      [
        ['service', 'x'],
        ['svc', '<x>'],
      ],
      'no input named svc',
    ],
    ['an odd value', ANSWER_WITH, ['status', 'service'], [['service', 'a b;c']], 'service status: service '],
    [
      'one column',
      RUN_WITH,
      ['restart', 'service'],
      [['service']],
      'two columns, a name and a value: service',
    ],
    [
      'three columns',
      RUN_WITH,
      ['x', 'ours'],
      [['a', 'b', 'c']],
      'two columns, a name and a value: a | b | c',
    ],
    [
      'an input twice',
      RUN_WITH,
      ['x', 'ours'],
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
      'has a twice',
    ],
  ] as const)
    it(`are refused with ${what}`, () => {
      const [found = ''] = agentCallFaults(expression, values, rows, ownContractOf)
      expect(found).to.contain(said)
    })
})
