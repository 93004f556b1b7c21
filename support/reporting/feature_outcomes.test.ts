import { expect } from 'chai'
import { BEGAN } from '../testing/fake_fleet'
import { begunRun, conclude, seen } from '../testing/told_run'
import { featureOutcomesOf } from './feature_outcomes'

const FEATURES = ['one.feature', 'two.feature', 'three.feature', 'four.feature']

describe('the outcome of a feature', () => {
  it('is its own: one that passed, one that failed, one that did not end and one that was not attempted', async () => {
    const steps = [{ line: 2, text: 'a line', values: [] }]
    const plan = FEATURES.map((uri) => ({ uri, scenarioId: '1', name: 'one', feature: uri, tags: [], steps }))
    const run = begunRun(plan, 'live')
    for (const [index, uri] of FEATURES.slice(0, 3).entries()) {
      await run.stream.append({ ...BEGAN, feature: uri, mode: 'live' })
      await run.stream.append({ type: 'roll call', hosts: ['web1'] })
      run.beginScenario({ uri, scenarioId: '1' })
      run.beginLine({ uri, scenarioId: '1', line: 2, text: 'a line' })
      if (index === 2) break
      conclude(run, seen({ web1: index === 0 ? 'passed' : 'version 1' }))
      run.endScenario(index === 0 ? 'passed' : 'failed', 1)
    }
    expect(featureOutcomesOf(run.state).map(({ outcome }) => outcome)).to.deep.equal([
      'passed',
      'failed',
      'unfinished',
      'not attempted',
    ])
  })

  it('is not passed where a scenario of it was not begun', () => {
    const scenario = { uri: 'one.feature', name: 'one', tags: [], steps: [] }
    const run = begunRun([
      { ...scenario, scenarioId: '1' },
      { ...scenario, scenarioId: '2' },
    ])
    run.beginScenario({ uri: 'one.feature', scenarioId: '1' })
    run.endScenario('passed', 1)
    expect(featureOutcomesOf(run.state)[0]?.outcome).to.equal('unfinished')
  })
})
