import { expect } from 'chai'
import fc from 'fast-check'
import { foldHosts, foldHostsWithin, formatHosts } from './fold_hosts'
import { parseHosts } from './parse_hosts'
import { quoteHost } from './quoted_host'

const number = fc.oneof(
  fc.nat(30).map(String),
  fc.nat(120).map((n) => String(n).padStart(3, '0')),
  fc.constantFrom('08', '09', '10', '0', '00', '99999999999999999999'),
)
const host = fc
  .array(fc.tuple(fc.constantFrom('web', 'db', '-', '.x', ''), number), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.flat().join(''))
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    ',',
    '[',
    ']',
    'a[1-2]',
    'a,b',
    '"',
    '\\',
    '"a"',
    'ü1',
    '\u0000',
    '\uD800',
    '*',
    '!a',
    '@a',
    '[1-2',
  ),
)
const names = fc.uniqueArray(fc.oneof({ weight: 5, arbitrary: host }, hostile), { maxLength: 60 })

describe('hosts in the form of ClusterShell', () => {
  const examples: [string[], string][] = [
    [['web1.example.net', 'web2.example.net', 'web3.example.net'], 'web[1-3].example.net'],
    [['web1', 'web2', 'web3', 'web7'], 'web[1-3,7]'],
    [['web08', 'web09', 'web10', 'web11'], 'web[08-11]'],
    [['web8', 'web9', 'web10'], 'web[8-10]'],
    [['web1', 'web01', 'web2', 'web02'], 'web[1-2],web[01-02]'],
    [['n1', 'n3', 'n5', 'n7', 'n9', 'n10'], 'n[1-9/2,10]'],
    [['dc1-web1', 'dc1-web2', 'dc2-web1', 'dc2-web2'], 'dc[1-2]-web[1-2]'],
    [['db', 'web2.dc1', 'web3.dc1', 'web4.dc1'], 'db,web[2-4].dc1'],
    [['a1', 'a2'], 'a1,a2'],
    [['a b', 'x,y', ''], '"a b","x,y",""'],
    [[], ''],
  ]
  for (const [hosts, expected] of examples)
    it(`${expected || 'nothing'} stands for ${hosts.join(' ') || 'no host'}`, () => {
      expect(foldHosts(hosts).join(',')).to.equal(expected)
    })

  it('folds 1,000 hosts in steps into one text', () => {
    const odd = Array.from({ length: 1000 }, (_, index) => `node${String(2 * index + 1).padStart(5, '0')}`)
    expect(foldHosts(odd)).to.deep.equal(['node[00001-01999/2]'])
  })

  it('stand for exactly the hosts that they are made of, whatever the names', () => {
    fc.assert(
      fc.property(names, (hosts) => {
        const text = foldHosts(hosts).join(',')
        expect(new Set(text === '' ? [] : parseHosts(text))).to.deep.equal(new Set(hosts))
      }),
    )
  })

  it('are never longer than the list of names', () => {
    fc.assert(
      fc.property(names, (hosts) => {
        expect(foldHosts(hosts).join(',').length).to.be.at.most(hosts.map(quoteHost).join(',').length)
      }),
    )
  })

  it('are the same text in any order', () => {
    fc.assert(
      fc.property(names, (hosts) => {
        expect(formatHosts([...hosts].reverse())).to.equal(formatHosts(hosts))
      }),
    )
  })

  it('fit into a width in pieces that stand for the same hosts, and count them', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 8, max: 40 }), (hosts, widest) => {
        const pieces = foldHostsWithin(hosts, widest)
        const expanded = pieces.map(({ text }) => parseHosts(text))
        expect(new Set(expanded.flat())).to.deep.equal(new Set(hosts))
        expect(pieces.map(({ count }) => count)).to.deep.equal(expanded.map(({ length }) => length))
      }),
    )
  })

  it('fold 50,000 scattered hosts', () => {
    const hostsOf = (count: number) =>
      Array.from({ length: count }, (_, index) => `dc${index % 7}-node${(index * 7919) % 99_991}.example.net`)

    expect(foldHosts(hostsOf(50_000)).join(',').length).to.be.lessThan(50_000 * 8)
    expect(parseHosts(foldHosts(hostsOf(50_000)).join(','))).to.have.length(50_000)
  })
})
