import { expect } from 'chai'
import fc from 'fast-check'
import { queryFault, queryOf, selectorsIn } from './metric_query'

describe('a query of Prometheus', () => {
  for (const [query, selectors] of [
    ['up', ['up']],
    ['up{job="web"}', ['up{job="web"}']],
    ['up {job="web"} offset 5m', ['up {job="web"}']],
    ['{__name__=~"up|down"}', ['{__name__=~"up|down"}']],
    ['sum by (code) (rate(http_requests_total{code=~"5.."}[1m]))', ['http_requests_total{code=~"5.."}']],
    ['sum(rate(a[1m])) by (job, instance) / on (job) group_left (x) b', ['a', 'b']],
    ['rate(a{x="}"}[5m:30s]) > bool 1e-3 # up{', ['a{x="}"}']],
    ["a{x='it\\'s'} or vector(0)", ["a{x='it\\'s'}"]],
    ['histogram_quantile(0.99, sum without (le) (rate(b_bucket[5m] @ end())))', ['b_bucket']],
    ['max_over_time(job:errors:rate5m[1h]) - job:errors:rate5m', ['job:errors:rate5m']],
    ['a + Inf - nan * 0x1F', ['a']],
  ] as const)
    it(`reads ${selectors.join(' and ')} in ${query}`, () => {
      expect(selectorsIn(query)).to.deep.equal(selectors)
      expect(queryFault(query)).to.equal(undefined)
    })

  for (const [query, says] of [
    ['', 'reads no metric'],
    ['1 + time()', 'reads no metric'],
    ['vector(0)', 'reads no metric'],
    ['sum(up', 'has a ( that is not closed'],
    ['sum(up))', 'has a ) that closes nothing'],
    ['up{job="web"', 'has a { that is not closed'],
    ['up{job="web}', 'has a text that is not closed: "web}'],
    ['rate(up[5m)', 'has a ) that closes nothing'],
    [`up{a="${'x'.repeat(1_500)}"}`, 'at most 1500 are read'],
  ] as const)
    it(`is none where it ${says}: ${query.slice(0, 30)}`, () => {
      expect(queryFault(query)).to.contain(says)
      expect(selectorsIn(query)).to.deep.equal([])
    })

  it('is read whatever it has, and names only what it has', () => {
    const piece = fc.constantFrom('sum', 'by', '(', ')', '{', '}', '[', ']', '"', "'", 'a', '5m', '\\', '#')
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join(' ')),
    )
    fc.assert(
      fc.property(text, (query) => {
        const selectors = selectorsIn(query)
        expect(selectors.length === 0).to.equal(queryFault(query) !== undefined)
        for (const selector of selectors) expect(query).to.contain(selector)
      }),
    )
  })

  it('stands between backticks', () => {
    expect(queryOf('` up `')).to.equal('up')
  })
})
