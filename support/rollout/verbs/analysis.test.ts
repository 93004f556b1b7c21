import { expect } from 'chai'
import fc from 'fast-check'
import { FakeMetrics, type FakeSeries } from '../../testing/fake_metrics'
import { ALONE, fakeClock, rolloutOn } from '../../testing/fake_fleet'
import { failure } from '../../testing/failure'
import { metricsContract } from '../../testing/metrics_contract'
import { WebFleet, webs } from '../../testing/web_fleet'
import type { MetricBound } from '../model/metric_judgement'
import { ControlHostFault, type ControlHost, type RolloutPorts } from '../ports'

const BELOW_5: MetricBound = { is: 'below', level: 5 }
const MINUTE = 60_000
/** The moment at which Prometheus's clock stands when ours begins. */
const THEN = Date.parse('2026-11-23T12:00:00Z')

metricsContract('pretended metrics', async () => {
  const metrics = new FakeMetrics(() => THEN)
  metrics.series['one'] = [{ labels: '', at: () => 1 }]
  return { metrics, one: 'one', stop: async () => {} }
})

function begin(controlHost: Partial<ControlHost> = {}, ports: Partial<RolloutPorts> = {}) {
  const clock = fakeClock()
  const metrics = new FakeMetrics(() => THEN + clock.elapsed())
  const host = { ...ALONE.controlHost, metrics: () => metrics, ...controlHost }
  const made = rolloutOn(new WebFleet(webs(2)), { ports: { clock, controlHost: host, ...ports } })
  return { ...made, metrics, clock, seen: () => made.verdicts.at(-1)?.observations[0] }
}

/** Looks at the metric `a` for a minute, below 5. */
async function look(series: readonly FakeSeries[], bound = BELOW_5, query = 'a') {
  const made = begin()
  made.metrics.series[query] = series
  if (query !== 'a') made.metrics.series['a'] = series
  await made.rollout.analysis.metricShouldStay(query, bound, MINUTE)
  return made
}
const constant = (value: number, labels = ''): FakeSeries => ({ labels, at: () => value })
const after = (ms: number) => THEN + ms

describe('a metric', () => {
  it('that stays below passes after the whole time, with the worst value and its moment', async () => {
    const spike: FakeSeries = { labels: 'a{x="1"}', at: (ms) => (ms === after(17_000) ? 4.5 : 1) }
    const { seen, clock, rollout, notes } = await look([spike, constant(2)])
    expect(notes).to.deep.equal(['Prometheus: at most 4.5, at 2026-11-23T12:00:17Z in a{x="1"}'])
    expect(seen()).to.deep.equal({
      host: 'Prometheus',
      kind: 'answered',
      passed: true,
      seen: 'at most 4.5, at 2026-11-23T12:00:17Z in a{x="1"}',
    })
    expect(clock.elapsed()).to.be.within(MINUTE, MINUTE + 5_000)
    expect(rollout.halted).to.equal(undefined)
  })

  it('fails for one second in one of its series, and the rollout stops', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.boolean(), async (second, first) => {
        const odd: FakeSeries = { labels: 'odd', at: (ms) => (ms === after(second * 1_000) ? 5 : 0) }
        const { seen, rollout } = await look(first ? [odd, constant(1)] : [constant(1), odd])
        expect(seen()?.passed).to.equal(false)
        expect(seen()?.seen).to.match(/^is 5 at .* in odd, and should stay below 5$/)
        expect(rollout.halted?.code).to.equal('diverged')
        expect((await failure(rollout.packages.update('mywebapp'))).code).to.equal('diverged')
      }),
      { numRuns: 30 },
    )
  })

  it('is compared as the line says', async () => {
    for (const [is, value, passes] of [
      ['below', 4.9, true],
      ['below', 5, false],
      ['above', 5.1, true],
      ['above', 5, false],
      ['at', 5, true],
      ['at', 5.1, false],
      ['at', 4.9, false],
    ] as const)
      expect((await look([constant(value)], { is, level: 5 })).seen()?.passed, `${is} ${value}`).to.equal(
        passes,
      )
  })

  for (const [what, series, says] of [
    ['no series', [], 'has no value: no series fits'],
    ['NaN', [constant(Number.NaN)], 'is NaN at 2026-11-23T12:00:00Z'],
    ['-Inf', [constant(-Infinity)], 'is -Inf at'],
    [
      'a hole',
      [{ labels: 'b', at: (ms) => (ms === after(9_000) ? undefined : 1) }],
      'has no value at 2026-11-23T12:00:09Z in b',
    ],
    [
      'a series that begins later',
      [constant(1), { labels: 'b', at: (ms) => (ms < after(20_000) ? undefined : 1) }],
      'has no value at',
    ],
    [
      'a series that is gone at the end',
      [constant(1), { labels: 'b', at: (ms) => (ms > after(59_000) ? undefined : 1) }],
      'has no value at 2026-11-23T12:01:00Z',
    ],
    [
      'samples from before',
      [{ ...constant(1), sampledAt: () => THEN - 1_000 }],
      'has no new sample since the look began',
    ],
  ] as readonly (readonly [string, readonly FakeSeries[], string])[])
    it(`does not pass with ${what}`, async () => {
      const { seen } = await look(series)
      expect(seen()?.passed).to.equal(false)
      expect(seen()?.seen).to.contain(says)
    })

  it('does not pass with a value that goes on while no target is scraped', async () => {
    const made = begin()
    made.metrics.series['rate(a[5m])'] = [constant(1)]
    made.metrics.series['a'] = [{ labels: '', at: (ms) => (ms > after(30_000) ? undefined : 1) }]
    await made.rollout.analysis.metricShouldStay('rate(a[5m])', BELOW_5, MINUTE)
    expect(made.seen()?.seen).to.match(/^has no sample of a at 2026-11-23T12:00:31Z: no target/)
  })

  it('does not pass with a rule that goes on while what it reads is not scraped', async () => {
    const made = begin()
    made.metrics.rules = [{ name: 'a:rate5m', query: 'sum(rate(a[5m]))' }]
    made.metrics.series['a:rate5m'] = [constant(1)]
    made.metrics.series['a'] = [{ labels: '', at: (ms) => (ms > after(30_000) ? undefined : 1) }]
    await made.rollout.analysis.metricShouldStay('a:rate5m', BELOW_5, MINUTE)
    expect(made.seen()?.seen).to.match(
      /^has no sample of a \(read by the rule a:rate5m\) at 2026-11-23T12:00:31Z/,
    )
  })

  it('does not pass with a rule that reads what has had no sample since the look began', async () => {
    for (const read of ['sum(rate(a[5m])) or vector(0)', 'a offset 1h', 'vector(0)']) {
      const made = begin()
      made.metrics.rules = [{ name: 'a:rate5m', query: read }]
      made.metrics.series['a:rate5m'] = [constant(1)]
      await made.rollout.analysis.metricShouldStay('a:rate5m', BELOW_5, MINUTE)
      expect(made.seen()?.seen, read).to.match(/^has no /)
    }
  })

  it('does not pass with a sample that is older than it may be', async () => {
    const made = begin()
    made.metrics.staleAfterMs = 20_000
    made.metrics.series['a'] = [{ ...constant(1), sampledAt: (ms) => Math.min(ms, after(10_000)) }]
    await made.rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE)
    expect(made.seen()?.seen).to.match(
      /^is made of old samples: at 2026-11-23T12:00:31Z .* of a was of 2026-11-23T12:00:10Z$/,
    )
  })

  it('may read a metric that is not there yet, beside one that is', async () => {
    const made = begin()
    made.metrics.series['(a or vector(0)) / b'] = [constant(0)]
    made.metrics.series['b'] = [constant(9)]
    await made.rollout.analysis.metricShouldStay('(a or vector(0)) / b', BELOW_5, MINUTE)
    expect(made.seen()?.passed).to.equal(true)
    expect(made.seen()?.seen).to.match(/^at most 0, at \S+; without a sample of a$/)
  })

  it('does not pass where Prometheus is away at any question, and says why', async () => {
    const counted = begin()
    counted.metrics.series['a'] = [constant(1)]
    let questions = 0
    counted.metrics.beforeAnswer = () => void (questions += 1)
    await counted.rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE)
    expect(questions).to.be.greaterThan(10)
    for (let away = 1; away <= questions; away += 1) {
      const { metrics, rollout, seen } = begin()
      metrics.series['a'] = [constant(1)]
      let asked = 0
      metrics.beforeAnswer = () => {
        asked += 1
        if (asked === away) throw new ControlHostFault('cannot be reached: nobody listens there')
      }
      await rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE)
      expect(seen()?.passed).to.equal(false)
      expect(seen()?.seen).to.equal('cannot be reached: nobody listens there')
    }
  })

  it('does not pass by a clock of Prometheus that stands still, goes back, or runs ahead', async () => {
    for (const [pace, says] of [
      [() => THEN, 'stands still'],
      [(ms: number) => THEN - ms, 'went back'],
    ] as const) {
      const { rollout, clock, seen } = begin({ metrics: () => metrics })
      const metrics = new FakeMetrics(() => pace(clock.elapsed()))
      metrics.series['a'] = [constant(1)]
      await rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE)
      expect(seen()?.seen).to.contain(says)
    }
    const { rollout, clock } = begin({ metrics: () => metrics })
    const metrics = new FakeMetrics(() => THEN + 10 * clock.elapsed())
    metrics.series['a'] = [constant(1)]
    await rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE)
    expect(clock.elapsed()).to.be.at.least(MINUTE)
  })

  it('asks for no more moments than Prometheus answers, and for each second of a long look', async () => {
    const { metrics, rollout, seen } = begin()
    metrics.series['a'] = [constant(1)]
    await rollout.analysis.metricShouldStay('a', BELOW_5, 4 * 3_600_000)
    expect(seen()?.passed).to.equal(true)
    const windows = metrics.asked.filter(({ query }) => query === 'a').map(({ window }) => window)
    for (const { fromMs, toMs, stepMs } of windows) expect((toMs - fromMs) / stepMs).to.be.at.most(11_000)
    const pieces = windows.slice(0, -1)
    for (const [index, { fromMs, stepMs }] of pieces.entries()) {
      expect(stepMs).to.equal(1_000)
      expect(fromMs).to.be.at.most(pieces[index - 1]?.toMs ?? THEN)
    }
  })

  it('ends at once where the operator stops', async () => {
    const { metrics, rollout, stop, verdicts } = begin()
    metrics.series['a'] = [{ labels: '', at: (ms) => (ms > after(20_000) ? (stop.abort(), 1) : 1) }]
    expect((await failure(rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE))).code).to.equal(
      'interrupted',
    )
    expect(verdicts).to.deep.equal([])
  })
})

describe('an answer of a url', () => {
  const URL_ = 'https://www.example.net:8443/health?key=1'
  const ask = async (answers: (number | string)[], within = MINUTE) => {
    const asked: number[] = []
    const made = begin({
      statusOf: async (_, limit) => {
        asked.push(limit)
        const next = answers.length > 1 ? answers.shift() : answers[0]
        if (typeof next === 'number') return next
        throw new ControlHostFault(next)
      },
    })
    await made.rollout.analysis.urlShouldAnswer(URL_, 200, within)
    return { ...made, asked }
  }

  it('is waited for, and is named by the host of the url alone', async () => {
    const { seen, asked } = await ask(['cannot be reached: nobody listens there', 503, 200])
    expect(seen()).to.deep.equal({
      host: 'www.example.net:8443',
      kind: 'answered',
      passed: true,
      seen: 'answered 200',
    })
    expect(asked.length).to.equal(3)
  })

  it('does not pass with another status, a redirect or none, to the end of the time', async () => {
    for (const [answer, says] of [
      [503, 'answered 503, and should answer 200'],
      [301, 'no redirect is followed'],
      [204, 'answered 204, and should answer 200'],
      ['its certificate has expired', 'its certificate has expired'],
    ] as const) {
      const { seen, asked, rollout } = await ask([answer])
      expect(seen()?.passed).to.equal(false)
      expect(seen()?.seen).to.contain(says)
      expect(asked.length).to.equal(60)
      expect(rollout.halted?.code).to.equal('diverged')
    }
  })

  it('has no more time than is left', async () => {
    const { asked } = await ask([503], 2_500)
    expect(asked).to.deep.equal([2_500, 1_500, 500])
  })

  it('that does not come before the end of the time hides nothing that was seen before it', async () => {
    const lookFor = async (within: number) => {
      const clock = fakeClock()
      const statusOf = async (_: string, limit: number) => {
        if (limit > 1_000) throw new ControlHostFault('its certificate has expired')
        await new Promise<void>((resolve) => clock.after(limit, resolve))
        throw new ControlHostFault(`did not answer within ${limit} ms`)
      }
      const { rollout, seen } = begin({ statusOf }, { clock })
      await rollout.analysis.urlShouldAnswer(URL_, 200, within)
      return seen()?.seen
    }
    expect(await lookFor(2_500)).to.equal('its certificate has expired')
    expect(await lookFor(900)).to.equal('did not answer within 900 ms')
  })
})

describe('what the control host sees', () => {
  const nothing = () => {
    throw new Error('it was asked')
  }
  const both = async (made: ReturnType<typeof begin>) => {
    await made.rollout.analysis.metricShouldStay('a', BELOW_5, MINUTE)
    await made.rollout.analysis.urlShouldAnswer('http://a.example.net/', 200, MINUTE)
    expect(made.clock.elapsed()).to.equal(0)
    return made.verdicts.flatMap(({ observations }) =>
      observations.map(({ kind, seen }) => `${kind}: ${seen}`),
    )
  }

  it('is nothing in a rehearsal, which says so', async () => {
    const made = begin({ decides: false, metrics: nothing, statusOf: nothing })
    const seen = await both(made)
    expect(made.notes[0]).to.equal('Prometheus: looked at nothing: the hosts are simulated')
    expect(seen).to.deep.equal(Array(2).fill('known: looked at nothing: the hosts are simulated'))
  })

  it('is not asked for by a plan', async () => {
    const planning = { asNoop: () => undefined, isReadOnly: () => true }
    const seen = await both(begin({ metrics: nothing, statusOf: nothing }, { planning }))
    expect(seen).to.deep.equal(Array(2).fill('planned: cannot be known before'))
  })
})
