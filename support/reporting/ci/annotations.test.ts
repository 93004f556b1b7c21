import { expect } from 'chai'
import { LockstepError } from '../../system/errors'
import { FEATURE, seen, toldRun } from '../../testing/told_run'
import { annotationsOfRun } from './annotations'

describe('the annotations of a run', () => {
  it('are none when it passed', () => {
    const steps = [{ line: 4, verdict: seen({ web1: 'passed' }) }]
    expect(annotationsOfRun(toldRun([{ scenarioId: '3', outcome: 'passed', steps }]))).to.deep.equal([])
  })

  it('name each line that did not pass, with the odd hosts by name', () => {
    const message = { kind: 'stranger', host: 'web9', detail: 'answered, and was not asked', fails: true }
    const verdict = seen(
      { web1: 'passed', web2: '1.0', web3: '1.0', web4: 'silent' },
      { unexpected: [message] },
    )
    const run = toldRun([
      { scenarioId: '3', outcome: 'failed', steps: [{ line: 4, text: 'version 2', verdict }] },
    ])
    expect(annotationsOfRun(run)).to.deep.equal([
      {
        uri: FEATURE,
        line: 4,
        severity: 'error',
        title: 'version 2',
        message:
          '3 of 4 hosts failed: 2 diverged, 1 silent\n1.0: web[2-3]\nno answer: web4\nunexpected: web9 answered, and was not asked',
      },
    ])
  })

  it('are a warning where hosts may fail', () => {
    const verdict = seen({ web1: 'passed', web2: '1.0' }, { tolerated: true })
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict }] }])
    run.out = new Map([['web2', '1.0']])
    expect(annotationsOfRun(run).map(({ severity }) => severity)).to.deep.equal(['warning'])
  })

  it('have the sentence of a run that was refused, at the line that it reached', () => {
    const steps = [{ line: 4, verdict: seen({ web1: 'silent' }) }]
    const refused = new LockstepError('broker-lost', 'it did not come back')
    const found = annotationsOfRun(toldRun([{ scenarioId: '3', outcome: 'failed', steps }], refused))
    expect(found.map(({ line, message }) => `${line} ${message}`)).to.deep.equal([
      '4 it did not come back',
      '4 1 of 1 host was silent\nno answer: web1',
    ])
  })

  it('name each line that cannot be run, and not their number', () => {
    const run = toldRun([{ scenarioId: '3', steps: [{ line: 4 }] }])
    const remark = { uri: FEATURE, line: 4, severity: 'error' as const, message: 'unknown step: x' }
    run.remarks = [...run.remarks, remark]
    run.refuse(new LockstepError('bad-feature', 'one line cannot be run'))
    expect(annotationsOfRun(run)).to.deep.equal([remark])
  })

  it('name failures outside of any line, too', () => {
    const steps = [{ line: 4, fault: 'no the-psk' }]
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps }], undefined, ['the-psk'])
    run.fail()
    expect(annotationsOfRun(run).map(({ message }) => message)).to.deep.equal(['no ***'])
    const ended = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [] }])
    ended.fail()
    expect(annotationsOfRun(ended).map(({ message }) => message)).to.deep.equal([
      'the rollout failed outside of its steps',
    ])
  })
})
