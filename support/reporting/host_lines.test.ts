import { expect } from 'chai'
import fc from 'fast-check'
import { parseHosts } from '../rollout/model/parse_hosts'
import { formatHostLines } from './host_lines'

describe('lines of hosts', () => {
  it('name as many as fit, and count the rest', () => {
    const hosts = Array.from({ length: 40 }, (_, index) => `web${index * index}`)
    expect(formatHostLines(hosts, 44, 2)).to.deep.equal([
      'web[0-1,4,9,16,25,36,49,64],',
      'web[81,100,121,144,169,196], … and 25 more',
    ])
  })

  it('count a host once that is named twice', () => {
    expect(formatHostLines(['web1', 'web1', 'db1', 'mail', 'proxy'], 18, 1)).to.deep.equal([
      'web1, … and 3 more',
    ])
  })

  it('stand for all hosts where there is room, and count each of the others once', () => {
    const host = fc.tuple(fc.constantFrom('web', 'db'), fc.nat(500)).map(([name, n]) => `${name}${n}.net`)
    fc.assert(
      fc.property(
        fc.uniqueArray(host, { minLength: 1 }),
        fc.integer({ min: 30, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (hosts, room, most) => {
          const lines = formatHostLines(hosts, room, most)
          const [more = '', rest = '0'] = /, … and (\d+) more$/.exec(lines.at(-1) ?? '') ?? []
          const text = lines.join(' ').slice(0, -more.length || undefined)
          const found = parseHosts(text)
          expect(found.length + Number(rest)).to.equal(hosts.length)
          expect(hosts).to.include.members(found)
          expect(lines.length).to.be.at.most(most)
          for (const line of lines) expect(line.length).to.be.at.most(room)
        },
      ),
    )
  })
})
