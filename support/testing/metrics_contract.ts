import { expect } from 'chai'
import type { Metrics } from '../rollout/ports'

export interface MetricsUnderTest {
  metrics: Metrics
  /** A metric of one series that has been 1 for three seconds or longer. */
  one: string
  stop(): Promise<void>
}

/** Describes the behaviour of metrics that a rollout relies on. */
export function metricsContract(name: string, make: () => Promise<MetricsUnderTest>): void {
  describe(`${name}, as metrics`, () => {
    let own: MetricsUnderTest
    before(async () => (own = await make()))
    after(() => own.stop())

    const window = async () => {
      const toMs = await own.metrics.now()
      return { fromMs: toMs - 2_000, toMs, stepMs: 1_000 }
    }

    it('have a time in whole milliseconds that does not go back', async () => {
      const [first, second] = [await own.metrics.now(), await own.metrics.now()]
      expect(Number.isSafeInteger(first)).to.equal(true)
      expect(second).to.be.at.least(first)
    })

    it('have a value at each moment of a window, the first and the last', async () => {
      const asked = await window()
      const [series, ...others] = await own.metrics.valuesOf(own.one, asked)
      expect(others).to.deep.equal([])
      const { fromMs } = asked
      expect([...(series?.values ?? [])]).to.deep.equal([
        [fromMs, 1],
        [fromMs + 1_000, 1],
        [fromMs + 2_000, 1],
      ])
    })

    it('tell when the value of each moment was sampled, in seconds', async () => {
      const asked = await window()
      const [series] = await own.metrics.valuesOf(`min(timestamp(${own.one}))`, asked)
      expect(series?.values.size).to.equal(3)
      for (const [at, seconds] of series?.values ?? []) {
        expect(seconds * 1_000).to.be.at.most(at)
        expect(seconds * 1_000).to.be.at.least(at - own.metrics.staleAfterMs)
      }
    })

    it('have no series for a metric that there is not', async () => {
      expect(await own.metrics.valuesOf('no_such_metric_anywhere', await window())).to.deep.equal([])
    })

    it('tell which metrics their rules record', async () => {
      const recorded = await own.metrics.recorded()
      expect(recorded.map(({ name }) => name)).not.to.contain(own.one)
    })

    it('read a query without a value, and say why one cannot be read', async () => {
      expect(await own.metrics.faultOf(own.one)).to.equal(undefined)
      expect(await own.metrics.faultOf(`sum(${own.one}`)).to.match(/./)
      expect(await own.metrics.faultOf(`${own.one}[5s]`)).to.contain('it gives a range vector')
    })
  })
}
