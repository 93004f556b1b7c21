import { expect } from 'chai'
import fc from 'fast-check'
import { webs } from '../../testing/web_fleet'
import { parseHosts } from './parse_hosts'
import { describeOtherHosts } from './same_hosts'

const nobody = () => false

describe('hosts that are compared with those of before', () => {
  it('are named where they are others, the new ones and the ones that are gone', () => {
    expect(describeOtherHosts(['web1', 'web2'], ['web2', 'web3'], nobody)).to.equal('new: web3; gone: web1')
    expect(describeOtherHosts([], ['web1'], nobody)).to.equal('new: web1')
    expect(describeOtherHosts(webs(13), [], nobody)).to.equal('gone: web[1-13]')
  })

  it('are the same exactly where each host that is not out is in both, in any order', () => {
    const some = fc.subarray(webs(8))
    fc.assert(
      fc.property(some, some, some, fc.nat(), (before, now, out, turn) => {
        const isOut = (host: string) => out.includes(host)
        const count = (hosts: readonly string[]) => hosts.filter((host) => !isOut(host)).sort()
        const turned = [...now.slice(turn % (now.length + 1)), ...now.slice(0, turn % (now.length + 1))]
        const said = describeOtherHosts(before, turned, isOut)
        const same = JSON.stringify(count(before)) === JSON.stringify(count(now))
        expect(said === undefined, said).to.equal(same)
        const named = (said?.split('; ') ?? []).flatMap((part) => parseHosts(part.replace(/^\w+: /, '')))
        for (const host of webs(8)) {
          const differs = before.includes(host) !== now.includes(host) && !isOut(host)
          expect(named.includes(host), host).to.equal(differs)
        }
      }),
    )
  })
})
