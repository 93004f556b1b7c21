import { expect } from 'chai'
import { contracts } from '.'
import { inputFault, readOnly, oneOf, text, type Contract } from './contract'
import { rubyDdl } from './ddl_ruby'

const odd: Contract = {
  agent: 'odd',
  description: 'says "#{exit}" and \\',
  timeout: 5,
  actions: {
    see: readOnly('looks', {
      inputs: { a: text(/^it's \d+$/, 9, 'one'), b: oneOf('x', 'y"') },
      outputs: { seen: 'what is seen' },
    }),
  },
}

describe('the name of a package', () => {
  const fault = (name: string) => inputFault(contracts.package.actions.status, { package: name })
  for (const name of ['a', 'mywebapp', 'g++', 'libc6:amd64', 'python3.11', 'A_b-c'])
    it(`may be ${name}`, () => expect(fault(name)).to.equal(undefined))
  for (const name of ['', '-y', 'a-', 'a b', 'a;b', '../a', 'a/b', 'a*', '@group', 'a=1', 'a\nb', '$(a)'])
    it(`may not be ${JSON.stringify(name)}`, () => expect(fault(name)?.kind).to.equal('invalid'))
})

describe('the DDL for Ruby’s mco', () => {
  it('quotes what Ruby would take for code', () => {
    const ddl = rubyDdl(odd, '1.0')
    expect(ddl).to.contain('"says \\"\\#{exit}\\" and \\\\"')
    expect(ddl).to.contain(`:validation  => '\\\\Ait\\'s \\\\d+\\\\z'`)
    expect(ddl).to.contain(':list        => ["x", "y\\""]')
  })

  it('tells whether an action changes anything: what looks is always shown', () => {
    expect(rubyDdl(contracts.iptables, '1.0').match(/display :always/g)).to.have.length(2)
  })

  for (const contract of Object.values<Contract>(contracts)) {
    it(`names every action, input and output of ${contract.agent}`, () => {
      const ddl = rubyDdl(contract, '1.0')
      for (const [name, { inputs, tells }] of Object.entries(contract.actions)) {
        expect(ddl).to.contain(`action "${name}", :description => "`)
        for (const input of Object.keys(inputs)) expect(ddl).to.contain(`input :${input},`)
        for (const output of Object.keys(tells)) expect(ddl).to.contain(`output :${output},`)
      }
    })
  }
})
