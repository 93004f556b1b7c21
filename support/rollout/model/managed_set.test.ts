import { expect } from 'chai'
import * as fc from 'fast-check'
import { lastDigestsIn, appliedVersionsIn, shareOut } from './managed_set'

const managed = {
  type: 'puppet managed',
  run: 'r',
  versions: { '1': ['a', 'b'] },
  digests: { d: ['a', 'b'] },
  shares: [],
  unknown: {},
} as const

describe('sets of resources that hosts share', () => {
  it('have each resource once, and of each host all that it had', () => {
    const set = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F'))
    fc.assert(
      fc.property(fc.array(set, { maxLength: 6 }), (sets) => {
        const shares = shareOut(sets.map((resources, index) => ({ resources, hosts: [`h${index}`] })))
        const told = shares.flatMap(({ resources }) => resources)
        expect(told).to.have.length(new Set(told).size)
        for (const [index, resources] of sets.entries()) {
          const own = shares.flatMap((share) => (share.hosts.includes(`h${index}`) ? share.resources : []))
          expect(own.sort()).to.deep.equal([...resources].sort())
        }
      }),
    )
  })

  it('cost what differs, and not a set for each host', () => {
    const common = Array.from({ length: 2_000 }, (_, index) => `File[/etc/app/${index}.conf]`)
    const sets = Array.from({ length: 1_000 }, (_, index) => ({
      resources: [...common, `File[/etc/host/${index}]`],
      hosts: [`web${index}`],
    }))
    const shares = shareOut(sets)
    expect(shares).to.have.length(1_001)
    expect(JSON.stringify(shares).length).to.be.below(200_000)
  })

  it('of a run that is not known count as such, also where an earlier one was', () => {
    const lost = { ...managed, versions: {}, digests: {}, unknown: { why: ['b'] } }
    expect([...lastDigestsIn([managed, lost])]).to.deep.equal([
      ['a', 'd'],
      ['b', ''],
    ])
    expect(appliedVersionsIn([managed, lost])).to.deep.equal(['1'])
  })
})
