import { expect } from 'chai'
import fc from 'fast-check'
import { HostList } from './host_list'
import type { Observation, Verdict } from './verdict'

const observation: fc.Arbitrary<Observation> = fc.record({
  host: fc.constantFrom('web1', 'web2', 'web3', 'db1', 'db2'),
  passed: fc.boolean(),
  kind: fc.constantFrom('answered', 'silent', 'known'),
  seen: fc.constantFrom('1.0', '2.0', ''),
})

describe('a list of hosts', () => {
  it('gives back what any verdict says of each host', () => {
    fc.assert(
      fc.property(fc.array(fc.array(observation)), (verdicts) => {
        const list = new HostList()
        const all = verdicts.map((observations) => listed(list, { observations, unexpected: [] }))
        for (const [index, { observations }] of all.entries())
          expect(observations).to.have.deep.members(verdicts[index] ?? [])
        expect(new Set(list.names)).to.have.length(list.names.length)
      }),
    )
  })

  it('keeps one range for any number of hosts in a row with the same result', () => {
    const list = new HostList()
    const all = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        host: `web${index}`,
        passed: true,
        kind: 'answered' as const,
        seen: 'done',
      }))
    const { cohorts } = listed(list, { observations: all(10_000), unexpected: [] })
    expect(cohorts.map(({ hosts }) => hosts)).to.deep.equal([[[0, 9_999]]])
    const again = listed(list, {
      observations: all(10_000).slice(100, 200),
      unexpected: [],
      out: ['web3', 'web4'],
    })
    expect(again.cohorts.map(({ hosts }) => hosts)).to.deep.equal([[[100, 199]]])
    expect(again.out).to.deep.equal(['web3', 'web4'])
  })

  it('keeps hosts with different planned states apart', () => {
    const planned = { resource: 'package a', to: '2', changes: true, affectsOthers: true }
    const observations = ['1', '0'].map((from, index) => ({
      host: `web${index}`,
      passed: true,
      kind: 'planned' as const,
      seen: 'would change',
      planned: { ...planned, from },
    }))
    const found = listed(new HostList(), { observations, unexpected: [] })
    expect(found.observations).to.deep.equal(observations)
  })
})

function listed(list: HostList, verdict: Verdict) {
  return list.read(list.record(verdict))
}
