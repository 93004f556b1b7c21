import { expect } from 'chai'
import { Run } from './run'

describe('the verdicts of a run', () => {
  it('keep the same observation of the same host once, however often it is made', () => {
    const run = new Run()
    const wave = (seen: string) =>
      run.verdict({
        observations: ['web1', 'web2'].map((host) => ({ host, held: true, kind: 'answered' as const, seen })),
        strays: [],
      })
    for (let each = 0; each < 100; each += 1) wave('discovered')
    wave('2.0')
    const kept = new Set(run.verdicts.flatMap(({ verdict }) => verdict.observations))
    expect(kept.size).to.equal(4)
    expect(run.verdicts.at(-1)?.verdict.observations.map(({ seen }) => seen)).to.deep.equal(['2.0', '2.0'])
  })
})
