import { expect } from 'chai'
import fc from 'fast-check'
import { decodeFilter, encodeFilter, FACT_OPERATORS, matchesFilter, NO_FILTER, type Filter } from './filter'
import { Patterns } from './patterns'

const host = {
  identity: 'web1.example.net',
  classes: ['roles::web', 'nginx'],
  agents: ['package'],
  facts: { country: 'de', cores: '16', release: '10.2' },
}
const fact = (name: string, operator: (typeof FACT_OPERATORS)[number], value: string): Partial<Filter> => ({
  facts: [{ fact: name, operator, value }],
})

describe('a filter', () => {
  const cases: [Partial<Filter>, boolean][] = [
    [{}, true],
    [{ classes: ['nginx'] }, true],
    [{ classes: ['nginx', 'mysql'] }, false],
    [{ classes: ['/^roles::/'] }, true],
    [{ classes: ['/^role$/'] }, false],
    [{ identities: ['web2.example.net', 'web1.example.net'] }, true],
    [{ identities: ['/^web/'] }, true],
    [{ identities: ['web2.example.net'] }, false],
    [{ agents: ['package'] }, true],
    [{ agents: ['puppet'] }, false],
    [fact('country', '==', 'de'), true],
    [fact('country', '!=', 'de'), false],
    [fact('nothing', '!=', 'de'), false],
    [fact('country', '=~', '/^d/'), true],
    [fact('cores', '>', '9'), true],
    [fact('cores', '<', '9'), false],
    [fact('cores', '>=', '16'), true],
    [fact('release', '<=', '9'), false],
    [fact('country', '<', 'fr'), true],
    [fact('__proto__', '==', 'x'), false],
    [{ compound: [{}] }, false],
  ]
  for (const [filter, expected] of cases) {
    it(`${expected ? 'takes' : 'leaves'} the host for ${JSON.stringify(filter)}`, () => {
      expect(matchesFilter({ ...NO_FILTER, ...filter }, host, new Patterns())).to.equal(expected)
    })
  }

  it('comes back from the wire as it went', () => {
    const filter = fc.record({
      facts: fc.array(
        fc.record({ fact: fc.string(), value: fc.string(), operator: fc.constantFrom(...FACT_OPERATORS) }),
      ),
      classes: fc.array(fc.string()),
      agents: fc.array(fc.string()),
      identities: fc.array(fc.string()),
      compound: fc.constant<Filter['compound']>([]),
    })
    fc.assert(
      fc.property(filter, (each) => void expect(decodeFilter(encodeFilter(each))).to.deep.equal(each)),
    )
  })
})
