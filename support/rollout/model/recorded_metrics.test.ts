import { expect } from 'chai'
import { selectorsBehind } from './recorded_metrics'

describe('the selectors behind a query', () => {
  const behind = (query: string, rules: Readonly<Record<string, string>>) => {
    const recorded = Object.entries(rules).map(([name, read]) => ({ name, query: read }))
    return selectorsBehind(query, recorded).map(({ selector, rule }) => [selector, rule])
  }

  it('are its own where no rule records them', () => {
    expect(behind('rate(a[1m]) / b', { c: 'd' })).to.deep.equal([
      ['a', undefined],
      ['b', undefined],
    ])
  })

  it('are those of the rules behind it too, and of the rules behind these', () => {
    const rules = { 'a:sum': 'sum(a:rate1m{x="1"})', 'a:rate1m': 'rate(a[1m])' }
    for (const query of ['max(a:sum{job="web"})', 'max({__name__="a:sum",job="web"})'])
      expect(behind(query, rules).slice(1)).to.deep.equal([
        ['a:rate1m{x="1"}', 'a:sum'],
        ['a', 'a:rate1m'],
      ])
  })

  it('come to an end where a rule reads itself', () => {
    expect(behind('a', { a: 'a or b', b: 'a' })).to.deep.equal([
      ['a', undefined],
      ['b', 'a'],
    ])
  })
})
