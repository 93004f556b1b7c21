import { expect } from 'chai'
import { isTemporary } from './temporary'

describe('an action that only holds something back', () => {
  it('is one about traffic, puppet or locks', () => {
    for (const [agent, action] of [
      ['iptables', 'block'],
      ['haproxy', 'drain'],
      ['lock', 'acquire'],
      ['puppet', 'disable'],
      ['puppet', 'enable'],
      ['package', 'refresh'],
    ] as const)
      expect(isTemporary(agent, action), `${agent} ${action}`).to.equal(true)
  })

  it('is none that changes what a host has', () => {
    for (const [agent, action] of [
      ['puppet', 'runonce'],
      ['package', 'update'],
      ['service', 'restart'],
      ['iptables2', 'block'],
    ] as const)
      expect(isTemporary(agent, action), `${agent} ${action}`).to.equal(false)
  })
})
