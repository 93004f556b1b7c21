import { expect } from 'chai'
import { agentInputs } from './agent_inputs'

describe('the inputs of an action', () => {
  it('are texts, but for what is written like a truth or a whole number', () => {
    const rows = [
      ['package', 'mywebapp'],
      ['force', 'true'],
      ['count', '-12'],
      ['version', '007'],
    ]
    expect(agentInputs(rows)).to.deep.equal({ package: 'mywebapp', force: true, count: -12, version: '007' })
  })

  it('are refused where a row is not a name and a value', () => {
    expect(() => agentInputs([['package', 'mywebapp', '1.2']])).to.throw('has two columns')
    expect(() => agentInputs([['package']])).to.throw('has two columns')
  })
})
