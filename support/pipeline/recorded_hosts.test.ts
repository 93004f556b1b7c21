import { expect } from 'chai'
import fc from 'fast-check'
import { recordHosts, recordReasons } from './recorded_hosts'

describe('hosts in an event', () => {
  it('are folded, and the same in any order', () => {
    const hosts = ['web2.example.net', 'web1.example.net', 'web10.example.net']
    expect(recordHosts(hosts)).to.deep.equal({ text: 'web[1-2,10].example.net', count: 3 })
    expect(recordHosts([])).to.deep.equal({ text: '', count: 0 })
  })

  it('take bounded room, and are all counted, with 10,000 names and a reason each', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `${(index * 7919).toString(36)}x.example.net`)
    const { text, count } = recordHosts(names)
    expect(count).to.equal(10_000)
    expect(text).to.match(/,…$/).and.have.length.lessThan(4_100)
    const reasons = recordReasons(new Map(names.map((name) => [name, `${name}: ${'x'.repeat(500)}`])))
    expect(JSON.stringify(reasons).length).to.be.lessThan(20_000)
    expect(reasons.reduce((sum, { hosts }) => sum + hosts.count, 0)).to.equal(10_000)
    expect(reasons.at(-1)?.why).to.equal('other reasons')
  })

  it('are each with one reason, whatever reasons there are', () => {
    const reason = fc.constantFrom(...Array.from({ length: 30 }, (_, index) => `reason ${index}`))
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][0-9]{1,3}$/), reason), (reasons) => {
        const recorded = recordReasons(new Map(Object.entries(reasons)))
        const counted = recorded.reduce((sum, { hosts }) => sum + hosts.count, 0)
        expect(counted).to.equal(Object.keys(reasons).length)
        expect(recorded.length).to.be.at.most(20)
      }),
    )
  })
})
