import { expect } from 'chai'
import { BEGAN } from '../testing/fake_fleet'
import { begunRun, conclude, seen } from '../testing/told_run'
import { Summary } from './console/summary'
import { LineWriter } from './console/line_writer'
import { headlineOf } from './headline'
import { stepSummaryOf } from './ci/step_summary'
import { FakeClock } from '../testing/fake_clock'
import { LockstepError } from '../system/errors'
import { NOTHING_READ, Run } from '../run/run'
import { caveatsOf } from './about'
import type { RunState } from '../run/run_state'
import { createColors } from 'picocolors'

const [WEB, DB] = ['web.feature', 'db.feature']

describe('the outcome of a run', () => {
  it('counts the hosts of all waves and features, on the screen as in the reports', async () => {
    const run = await twoFeatures('live')
    expect(headlineOf(run)).to.equal('every line passed on 3 hosts')
    expect(screenOf(run)).to.contain('PASSED  2 steps on 3 hosts, in 0 ms')
  })

  it('says that nothing was changed where a run stayed in safe mode', async () => {
    const run = await twoFeatures('noop')
    expect(headlineOf(run)).to.equal('every line passed on 3 hosts; nothing was changed')
    expect(stepSummaryOf(run, 10_000)).to.contain('; nothing was changed')
    expect(screenOf(run)).to.contain('; nothing was changed')
  })

  it('leaves it to the caveats to say that nothing was sent, where no run has begun', () => {
    const run = new Run(new FakeClock(), 'r')
    run.beginReading(NOTHING_READ, { args: [], env: {}, cucumber: 'cucumber-js', lockstep: 'lockstep' })
    run.refuse(new LockstepError('bad-feature', 'one line cannot be run (a.feature:3); nothing was sent'))
    run.end()
    expect(headlineOf(run.state)).to.equal('one line cannot be run (a.feature:3)')
    expect(caveatsOf(run.state)).to.deep.equal(['Nothing was sent to any host.'])
    expect(screenOf(run.state).match(/nothing was sent/gi)).to.have.length(1)
  })

  it('names the features that stayed in safe mode where another was activated', async () => {
    const run = await twoFeatures('noop', WEB)
    const said = '; nothing was changed by db.feature, still in safe mode'
    expect(headlineOf(run)).to.equal(`every line passed on 3 hosts${said}`)
    expect(screenOf(run).replace(/\s+/g, ' ')).to.contain(said)
  })
})

/** Returns a run of two features, one host in each of two waves and one host more. */
async function twoFeatures(mode: 'live' | 'noop', activated?: string): Promise<RunState> {
  const steps = [{ line: 2, text: 'a line', values: [] }]
  const scenarios = [WEB, DB].map((uri) => ({ uri, scenarioId: '1', name: 'one', tags: [], steps }))
  const run = begunRun(scenarios, mode)
  for (const uri of [WEB, DB]) {
    await run.stream.append({ ...BEGAN, feature: uri, mode })
    await run.stream.append({ type: 'roll call', hosts: uri === WEB ? ['web1', 'web2'] : ['db1'] })
    if (uri === activated) await run.stream.append({ type: 'activated', release: 'r1' })
    run.beginScenario({ uri, scenarioId: '1' })
    run.beginLine({ uri, scenarioId: '1', line: 2, text: 'a line' })
    conclude(run, seen({ [uri === WEB ? 'web1' : 'db1']: 'passed' }))
    run.endLine({ uri, scenarioId: '1' }, 2, { status: 'PASSED', took: 1 })
    run.endScenario('passed', 1)
  }
  if (activated !== undefined) run.changeMode('live')
  run.end()
  return run.state
}

function screenOf(state: RunState): string {
  let text = ''
  const writer = new LineWriter(
    (more) => void (text += more),
    () => 100,
    (each) => each,
  )
  new Summary({ state }, writer, createColors(false)).end()
  return text
}
