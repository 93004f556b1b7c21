import { expect } from 'chai'
import { Histogram, Metric } from './metric_text'

const LONG = 'x'.repeat(120)

describe('the text of a metric', () => {
  it('has each series once, also where two values are alike as far as they are shown', () => {
    const metric = new Metric('lockstep_x_total', 'counter', 'It counts.')
    metric.add({ type: `${LONG}1` })
    metric.add({ type: `${LONG}2` })
    expect(metric.format(() => true).split('\n')).to.deep.equal([
      '# HELP lockstep_x_total It counts.',
      '# TYPE lockstep_x_total counter',
      `lockstep_x_total{type="${LONG}"} 2`,
      '',
    ])
  })

  it('has each series of a histogram once', () => {
    const histogram = new Histogram('lockstep_x_seconds', 'It takes time.', [1])
    histogram.observe({ type: `${LONG}1` }, 0.5)
    histogram.observe({ type: `${LONG}2` }, 2)
    const lines = histogram.format(() => true).split('\n')
    expect(lines.filter((line) => line.includes('le="1"'))).to.have.length(1)
    expect(lines).to.include(`lockstep_x_seconds_count{type="${LONG}"} 2`)
  })
})
