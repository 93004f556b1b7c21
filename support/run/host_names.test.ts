import { expect } from 'chai'
import fc from 'fast-check'
import { inRanges } from './host_names'

describe('host names on a screen', () => {
  const examples: [string[], string[]][] = [
    [['web1.example.net', 'web2.example.net', 'web3.example.net'], ['web[1-3].example.net']],
    [
      ['web1', 'web2', 'web9'],
      ['web1', 'web2', 'web9'],
    ],
    [
      ['web08', 'web09', 'web10'],
      ['web10', 'web08', 'web09'],
    ],
    [
      ['db', 'web2.dc1', 'web3.dc1', 'web4.dc1'],
      ['web[2-4].dc1', 'db'],
    ],
    [[], []],
  ]
  for (const [hosts, expected] of examples) {
    it(`${hosts.join(' ') || 'of nobody'} are ${expected.join(' ') || 'nothing'}`, () => {
      expect([...inRanges(hosts)].sort()).to.deep.equal([...expected].sort())
    })
  }

  it('stand for exactly the hosts that they are made of', () => {
    const host = fc.tuple(
      fc.constantFrom('web', 'db', 'a-1-'),
      fc.nat(30),
      fc.constantFrom('', '.x', '.dc2.y'),
    )
    const hosts = fc.uniqueArray(host.map(([name, number, domain]) => `${name}${number}${domain}`))
    fc.assert(
      fc.property(hosts, (list) => {
        expect(inRanges(list).flatMap(expanded).sort()).to.deep.equal([...list].sort())
      }),
    )
  })
})

function expanded(name: string): string[] {
  const [, before = '', from, to, after = ''] = /^(.*)\[(\d+)-(\d+)\](.*)$/.exec(name) ?? []
  if (from === undefined || to === undefined) return [name]
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, i) => `${before}${Number(from) + i}${after}`,
  )
}
