import { expect } from 'chai'
import { Run } from './run'

describe('the verdicts of a run', () => {
  it('keep one cohort for hosts of which the same was seen, and each name once', () => {
    const run = new Run()
    const wave = (seen: string) =>
      run.verdict({
        observations: ['web1', 'web2'].map((host) => ({ host, held: true, kind: 'answered' as const, seen })),
        strays: [],
      })
    for (let each = 0; each < 100; each += 1) wave('discovered')
    wave('2.0')
    expect(run.hosts.names).to.deep.equal(['web1', 'web2'])
    expect(run.verdicts.flatMap(({ verdict }) => verdict.cohorts)).to.have.length(101)
    expect(run.verdicts.at(-1)?.verdict.observations.map(({ seen }) => seen)).to.deep.equal(['2.0', '2.0'])
  })
})
