import { expect } from 'chai'
import fc from 'fast-check'
import { queryFault, queryOf, selectorsIn } from './metric_query'

describe('a query of Prometheus', () => {
  for (const [query, selectors] of [
    ['up', ['up']],
    ['up{job="web"}', ['up{job="web"}']],
    ['rate(a{x="1"}[5m]) / rate(a{x="2"}[5m] offset 1d)', ['a{x="1"}']],
    ['a - max_over_time(rate(b[1m])[1h:1m] offset 1d) + c', ['a', 'c']],
    ['a - a offset 1h', ['a']],
    ['{__name__=~"up|down"}', ['{__name__=~"up|down"}']],
    ['sum by (code) (rate(http_requests_total{code=~"5.."}[1m]))', ['http_requests_total{code=~"5.."}']],
    ['sum(rate(a[1m])) by (job, instance) / on (job) group_left (x) b', ['a', 'b']],
    ['rate(a{x="}"}[5m:30s]) > bool 1e-3 # up{', ['a{x="}"}']],
    ["a{x='it\\'s'} or vector(0)", ["a{x='it\\'s'}"]],
    ['histogram_quantile(0.99, sum without (le) (rate(b_bucket[5m])))', ['b_bucket']],
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
    ['up {job="web"} offset 5m', 'tells of another time'],
    ['sum(up offset 1h) or vector(0)', 'tells of another time'],
    ['rate(a[5m] @ end())', 'tells of another time'],
    ['a @ 1795440000 OFFSET 5s', 'tells of another time'],
    ['{__name__="a"} offset 5m', 'tells of another time'],
    ['max_over_time((a + sum by (x) (b{x="1"}))[5m:1m] offset 1h)', 'tells of another time'],
    ['max_over_time(rate(a[1m])[5m:1m] @ 1795440000)', 'tells of another time'],
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
