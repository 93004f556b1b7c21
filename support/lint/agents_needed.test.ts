import { expect } from 'chai'
import { featureOf } from '../testing/feature_lines'
import { agentsNeeded } from './agents_needed'

describe('the agents that a feature needs', () => {
  const needed = (text: string) => agentsNeeded(featureOf(text)).map(({ agent, line }) => `${line} ${agent}`)

  it('are those that its lines ask, each with the first line that needs it', () => {
    const feature = `Scenario
      Given the load balancer has ip address 192.168.1.1
      When I block the load balancer
      And I update the package mywebapp
      Then the package version for mywebapp should be 2
      And the service mywebapp should be running
      And the check check_http should be ok
      When I disable puppet
      And I run the action flush of the agent cache
      Then the action status of the agent cache should answer state "empty"
      When I unblock the load balancer`
    expect(needed(feature)).to.deep.equal([
      '3 iptables',
      '4 package',
      '6 service',
      '7 nrpe',
      '8 puppet',
      '9 cache',
    ])
  })

  it('are none for a load balancer that is not on the hosts, for a step of a team’s own, and for a variable', () => {
    const feature = `Scenario
      Given the load balancer is the haproxy backend web
      When I drain the load balancer
      And a step of our own
      And I run the action flush of the agent <agent>
      Then every host should answer`
    expect(needed(feature)).to.deep.equal([])
  })
})
