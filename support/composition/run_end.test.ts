import { expect } from 'chai'
import type { Mode } from '../run/modes'
import { NOTHING_READ } from '../run/run'
import { begunRun } from '../testing/told_run'
import { noteLeftOut } from './run_end'

describe('scenarios that are left out', () => {
  const told = (mode: Mode, names: readonly string[]) => {
    const run = begunRun([], mode)
    const leftOut = new Map([['x.feature', names]])
    run.beginReading({ ...NOTHING_READ, leftOut }, run.state.invocation)
    noteLeftOut(run, 'x.feature')
    return run.state.notes
  }

  it('are named at the end of a run or a plan, the first few of them', () => {
    for (const mode of ['live', 'noop', 'plan'] as const)
      expect(told(mode, ['It serves'])).to.deep.equal([
        'left out of x.feature, by tag, name or line: "It serves"',
      ])
    expect(told('plan', ['a', 'b', 'c', 'd', 'e'])[0]).to.match(/: "a", "b", "c" and 2 more$/)
  })

  it('are no matter where there are none, or nothing is real', () => {
    expect(told('live', [])).to.deep.equal([])
    expect(told('embedded', ['It serves'])).to.deep.equal([])
  })
})
