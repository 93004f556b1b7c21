import { expect } from 'chai'
import { LockstepError } from '../../system/errors'
import { FEATURE, seen, toldRun } from '../../testing/told_run'
import { suitesOf } from './suites'

const passed = seen({ web1: 'passed', web2: 'passed' })

describe('the suites of a run', () => {
  it('look at each scenario and at each remark a bounded number of times, however many there are', () => {
    expect(looksPerScenario(2_000)).to.be.below(looksPerScenario(20) * 1.5)
  })

  it('are its scenarios, with a case for each host', () => {
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict: passed }] }])
    expect(all(run)).to.deep.equal([
      {
        uri: FEATURE,
        name: 'scenario 3',
        began: Date.UTC(2026, 0, 1),
        took: 3_000,
        cases: [
          { name: 'web1', result: { kind: 'passed' } },
          { name: 'web2', result: { kind: 'passed' } },
        ],
      },
    ])
  })

  it('name the line, its text, its place and what was seen of a host that did not pass; the others were not brought to the end', () => {
    const verdict = seen({ web1: 'passed', web2: 'silent', web3: '4.2.6-2.el5' })
    const steps = [{ line: 4, text: 'the version should be 5', verdict }]
    const run = toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
    expect(casesOf(run)).to.deep.equal([
      { name: 'web1', result: { kind: 'skipped', message: 'passed up to line 4; not attempted after it' } },
      {
        name: 'web2',
        result: {
          kind: 'failure',
          type: 'silent',
          message: 'line 4: the version should be 5: no answer',
          details: `the version should be 5\n${FEATURE}:4\nseen: no answer`,
        },
      },
      {
        name: 'web3',
        result: {
          kind: 'failure',
          type: 'diverged',
          message: 'line 4: the version should be 5: 4.2.6-2.el5',
          details: `the version should be 5\n${FEATURE}:4\nseen: 4.2.6-2.el5`,
        },
      },
    ])
  })

  it('have a case for each rehearsal, which fails when hosts must not end like that', () => {
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict: seen({}) }] }])
    const hosts = [{ host: 'web1', ending: 'half-updated, in rotation' as const, unknown: false }]
    const failures = ['half-updated and in rotation: web1']
    run.rehearsals.push(
      { fault: undefined, exitCode: 0, title: 'PASSED', hosts: [], failures: [] },
      { fault: 'web1: lies', exitCode: 1, title: 'FAILED', hosts, failures },
    )
    expect(all(run).find(({ name }) => name === 'rehearsals')?.cases).to.deep.equal([
      { name: 'nothing goes wrong', result: { kind: 'passed' } },
      {
        name: 'web1: lies',
        result: {
          kind: 'failure',
          type: 'rehearsal',
          message: 'half-updated and in rotation: web1',
          details: 'half-updated, in rotation: web1',
        },
      },
    ])
  })

  it('name the first line that a host did not pass on', () => {
    const steps = [
      { line: 4, verdict: seen({ web1: 'first' }) },
      { line: 5, verdict: seen({ web1: 'second' }) },
    ]
    const run = toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
    expect(casesOf(run)[0]?.result).to.include({ message: 'line 4: step 4: first' })
  })

  it('have a case for an unexpected host', () => {
    const message = {
      kind: 'unexpected',
      host: 'web9',
      detail: 'was not there at the first roll call',
      fails: true,
    }
    const steps = [{ line: 4, verdict: { ...passed, unexpected: [message] } }]
    const run = toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
    expect(kinds(run)).to.deep.equal({ web1: 'skipped', web2: 'skipped', web9: 'failure' })
    expect(casesOf(run)[2]?.result).to.include({ type: 'unexpected' })
  })

  it('skip hosts that failed within the budget, there and later on', () => {
    const run = toldRun([
      {
        scenarioId: '3',
        outcome: 'passed',
        steps: [
          { line: 4, verdict: seen({ web1: 'passed', web2: '1.0' }, { tolerated: true }) },
          { line: 5, verdict: seen({ web1: 'passed' }, { out: ['web2'] }) },
        ],
      },
      {
        scenarioId: '8',
        outcome: 'passed',
        steps: [{ line: 9, verdict: seen({ web1: 'passed' }, { out: ['web2'] }) }],
      },
    ])
    run.out = new Map([['web2', '1.0']])
    expect(run.exitCode).to.equal(5)
    expect(all(run).map(({ cases }) => cases[1])).to.deep.equal([
      { name: 'web2', result: { kind: 'skipped', message: 'failed at line 4, and may: 1.0' } },
      { name: 'web2', result: { kind: 'skipped', message: 'out: 1.0' } },
    ])
  })

  it('have the hosts of its wave for each row, those of rows that were not begun too', () => {
    const every = seen({ web1: 'passed', web2: 'passed', web3: 'passed' })
    const steps = [
      { line: 4, verdict: every },
      { line: 5, verdict: seen({ web1: 'passed' }) },
      { line: 6, verdict: seen({ web1: 'no' }) },
    ]
    const run = toldRun([
      { scenarioId: '10', name: 'on 1 host', wave: '1 host', outcome: 'failed', steps },
      { scenarioId: '11', name: 'on 1 host', wave: '1 host', steps: [{ line: 4 }] },
      { scenarioId: '12', name: 'on the rest', wave: 'the rest', steps: [{ line: 4 }] },
    ])
    run.hostsOf = () => [
      { host: 'web1', wave: '1: 1 host' },
      { host: 'web2', wave: '2: 1 host' },
      { host: 'web3', wave: '3: the rest' },
    ]
    const suites = all(run).map(({ name, cases }) => [
      name,
      ...cases.map((each) => `${each.name} ${each.result.kind}`),
    ])
    expect(suites).to.deep.equal([
      ['on 1 host (line 10)', 'web1 failure'],
      ['on 1 host (line 11)', 'web2 skipped'],
      ['on the rest', 'web3 skipped'],
    ])
  })

  it('say of a row for which no host was left that it was skipped', () => {
    const steps = [{ line: 4, verdict: passed }]
    const run = toldRun([{ scenarioId: '10', wave: '25%', outcome: 'skipped', steps }])
    run.hostsOf = () => [{ host: 'web1', wave: '2: the rest' }]
    expect(casesOf(run)).to.deep.equal([
      { name: 'the scenario', result: { kind: 'skipped', message: 'nobody was left for the wave 25%' } },
    ])
  })

  it('have a failing case for each scenario of a run that was refused, with the sentence', () => {
    const refused = new LockstepError('nobody-discovered', 'no host was discovered')
    const run = toldRun(
      [
        { scenarioId: '3', outcome: 'failed', steps: [{ line: 4 }] },
        { scenarioId: '8', steps: [{ line: 9 }] },
      ],
      refused,
    )
    const error = {
      kind: 'error',
      type: 'nobody-discovered',
      message: 'no host was discovered',
      details: 'no host was discovered',
    }
    expect(all(run).map(({ cases }) => cases)).to.deep.equal([
      [{ name: 'the scenario', result: error }],
      [{ name: 'the scenario', result: error }],
    ])
  })

  it('say of a scenario which of its lines cannot be run', () => {
    const run = toldRun([
      { scenarioId: '3', steps: [{ line: 4 }] },
      { scenarioId: '8', steps: [{ line: 9 }] },
    ])
    run.remarks = [...run.remarks, { uri: FEATURE, line: 9, severity: 'error', message: 'unknown step: x' }]
    run.refuse(new LockstepError('bad-feature', 'one line cannot be run'))
    const messages = casesOf(run).map(({ result }) => ('message' in result ? result.message : ''))
    expect(messages).to.deep.equal(['one line cannot be run', 'unknown step: x'])
  })

  it('name a broker that went away where that happened, beside the hosts', () => {
    const steps = [{ line: 4, verdict: seen({ web1: 'passed', web2: 'silent' }) }]
    const run = toldRun(
      [
        { scenarioId: '3', outcome: 'failed', steps },
        { scenarioId: '8', steps: [{ line: 9 }] },
      ],
      new LockstepError('broker-lost', 'it did not come back'),
    )
    run.hostsOf = () => [
      { host: 'web1', wave: undefined },
      { host: 'web2', wave: undefined },
    ]
    expect(
      all(run).map(({ cases }) => cases.map((each) => `${each.name} ${each.result.kind}`)),
    ).to.deep.equal([
      ['the scenario error', 'web1 skipped', 'web2 failure'],
      ['web1 skipped', 'web2 skipped'],
    ])
  })

  it('name a step of a team’s own that failed without a verdict', () => {
    const steps = [
      { line: 4, verdict: passed },
      { line: 5, fault: 'expected 8 to equal 9' },
    ]
    const run = toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
    expect(kinds(run)).to.deep.equal({ 'line 5: step 5': 'error', web1: 'skipped', web2: 'skipped' })
  })

  it('are green for features that were only read', () => {
    expect(kinds(toldRun([{ scenarioId: '3', steps: [{ line: 4 }] }]))).to.deep.equal({
      'the scenario': 'passed',
    })
  })

  it('are never green for a run that is not: features that cannot be parsed, or an end that failed', () => {
    const unread = toldRun([])
    unread.remarks = [
      ...unread.remarks,
      { uri: FEATURE, line: 2, severity: 'error', message: 'expected: #StepLine' },
    ]
    unread.refuse(new LockstepError('bad-feature', 'one line cannot be run'))
    expect(all(unread)).to.have.length(1)
    expect(all(unread)[0]).to.deep.include({ uri: FEATURE, name: 'the run' })
    const ended = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict: passed }] }])
    ended.fail()
    expect(kinds(ended)).to.deep.equal({ web1: 'passed', web2: 'passed', 'the run': 'error' })
  })

  it('name the steps that were undone after a failure', () => {
    const run = toldRun([
      { scenarioId: '3', outcome: 'failed', steps: [{ line: 4, verdict: seen({ web1: 'no' }) }] },
    ])
    run.undone('back to the version it had', seen({ web1: 'passed', web2: 'silent' }))
    expect(all(run)[1]).to.deep.include({ uri: FEATURE, name: 'on failure: back to the version it had' })
    expect(all(run)[1]?.cases.map((each) => `${each.name} ${each.result.kind}`)).to.deep.equal([
      'web1 passed',
      'web2 failure',
    ])
  })

  it('hold no secret, not even the beginning of one that is cut short', () => {
    const secret = 'the-psk-of-the-fleet'
    const run = toldRun(
      [
        {
          scenarioId: '3',
          outcome: 'failed',
          steps: [
            { line: 4, verdict: seen({ web1: `${'x'.repeat(190)}${secret}` }) },
            { line: 5, fault: `bad ${secret}` },
          ],
        },
      ],
      undefined,
      [secret],
    )
    expect(JSON.stringify(all(run))).not.to.contain('the-psk')
  })
})

function all(run: ReturnType<typeof toldRun>) {
  return [...suitesOf(run)]
}

function casesOf(run: ReturnType<typeof toldRun>) {
  return all(run).flatMap(({ cases }) => cases)
}

function kinds(run: ReturnType<typeof toldRun>): Record<string, string> {
  return Object.fromEntries(casesOf(run).map(({ name, result }) => [name, result.kind]))
}

/** Counts how often names and remarks are looked at, when every row of a table has an error of its own. */
function looksPerScenario(rows: number): number {
  const scenarios = Array.from({ length: rows }, (_, n) => ({
    scenarioId: `${n}`,
    name: 'a row',
    steps: [{ line: n }],
  }))
  const run = toldRun(scenarios, new LockstepError('bad-feature', 'no'))
  let looks = 0
  for (const scenario of run.plan) countReads(scenario, 'name', () => (looks += 1))
  for (let line = 0; line < rows; line += 1) {
    const remark = { uri: FEATURE, line, severity: 'error' as const, message: 'unknown step' }
    countReads(remark, 'severity', () => (looks += 1))
    run.remarks = [...run.remarks, remark]
  }
  all(run)
  return looks / rows
}

function countReads<T extends object>(object: T, name: keyof T, count: () => void): void {
  const value = object[name]
  Object.defineProperty(object, name, { get: () => (count(), value) })
}
