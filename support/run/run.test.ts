import { expect } from 'chai'
import { begunRun, conclude } from '../testing/told_run'

describe('the verdicts of a run', () => {
  it('keep one cohort for hosts of which the same was seen, and each name once', () => {
    const run = begunRun()
    const wave = (seen: string) =>
      conclude(run, {
        observations: ['web1', 'web2'].map((host) => ({
          host,
          passed: true,
          kind: 'answered' as const,
          seen,
        })),
        unexpected: [],
      })
    for (let each = 0; each < 100; each += 1) wave('discovered')
    wave('2.0')
    const { hosts, verdicts } = run.state
    expect(hosts.names).to.deep.equal(['web1', 'web2'])
    expect(verdicts.flatMap(({ verdict }) => verdict.cohorts)).to.have.length(101)
    expect(verdicts.at(-1)?.verdict.observations.map(({ seen }) => seen)).to.deep.equal(['2.0', '2.0'])
  })

  it('keep a bounded part of what was seen, and hide secrets before it is cut', () => {
    const run = begunRun()
    run.conceal(['sesame'])
    const observations = Array.from({ length: 40 }, (_, n) => ({
      host: `web${n}`,
      passed: false,
      kind: 'answered' as const,
      seen: `${n} ${'x'.repeat(3_990 - `${n}`.length)}sesame${'y'.repeat(30_000)}`,
    }))
    for (let each = 0; each < 10; each += 1) conclude(run, { observations, unexpected: [] })
    const kept = run.state.verdicts.flatMap(({ verdict }) => verdict.cohorts.map(({ seen }) => seen))
    expect(kept).to.have.length(400)
    expect(Math.max(...kept.map(({ length }) => length))).to.be.below(4_050)
    expect(kept[0]).to.match(/^0 x+\*\*\*y+… \(33997 characters\)$/)
  })
})
