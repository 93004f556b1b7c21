import type { Envelope } from '@cucumber/messages'
import { expect } from 'chai'
import fc from 'fast-check'
import { Account, describeOmission } from './account'

const VERSION = 'the package version for {package} should be {version}'

/** Returns messages for a scenario on line 1, with steps on lines 2, 3, … between two hooks. */
function told(expressions: readonly string[]): Envelope[] {
  const steps = expressions.map((text, index) => ({
    id: `step ${index}`,
    text,
    astNodeIds: [`${index + 2}`],
  }))
  const testSteps = steps.map(({ id }, index) => ({
    id: `test ${id}`,
    pickleStepId: id,
    stepDefinitionIds: [`definition ${index}`],
  }))
  return [
    { pickle: { id: 'pickle', uri: 'x.feature', name: 'one', astNodeIds: ['1'], steps } },
    ...expressions.map((source, index) => ({
      stepDefinition: { id: `definition ${index}`, pattern: { source } },
    })),
    {
      testCase: {
        id: 'case',
        pickleId: 'pickle',
        testSteps: [{ id: 'before', hookId: 'b' }, ...testSteps, { id: 'after', hookId: 'a' }],
      },
    },
    { testCaseStarted: { id: 'started', testCaseId: 'case' } },
  ] as unknown as Envelope[]
}

function finished(testStepId: string, status: string): Envelope {
  return {
    testStepFinished: {
      testCaseStartedId: 'started',
      testStepId,
      testStepResult: { status, duration: { seconds: 1, nanos: 500_000_000 } },
    },
  } as unknown as Envelope
}

function accountOf(
  expressions: readonly string[],
  concluded: readonly number[] = [],
  silent: readonly number[] = [],
): Account {
  const account = new Account(([node = '']) => Number(node), {
    concluded: (_, line) => concluded.includes(line),
    reached: (_, line) => !silent.includes(line),
  })
  for (const envelope of told(expressions)) account.hear(envelope)
  return account
}

describe('the account of a run', () => {
  it('knows what cucumber says of each line that was begun, and how long it took', () => {
    const account = accountOf(['own', VERSION, VERSION])
    const courses = ['before', 'test step 0', 'test step 1'].map((step) => {
      const envelope = finished(step, step === 'test step 1' ? 'FAILED' : 'PASSED')
      account.hear(envelope)
      return account.courseOf(envelope)
    })
    const scenario = { uri: 'x.feature', scenarioId: '1' }
    expect(courses).to.deep.equal([
      undefined,
      { ...scenario, line: 2, status: 'PASSED', took: 1_500 },
      { ...scenario, line: 3, status: 'FAILED', took: 1_500 },
    ])
  })

  it('is settled when every line has passed, and those that look or act have a verdict', () => {
    const account = accountOf(['own', VERSION], [3])
    expect(account.omission).to.include({ uri: 'x.feature', scenarioId: '1', line: 2, fate: 'was not begun' })
    account.hear(finished('test step 0', 'PASSED'))
    account.hear(finished('test step 1', 'PASSED'))
    expect(account.omission).to.equal(undefined)
  })

  it('names the first line that a step or hook has skipped, or left pending', () => {
    for (const [status, fate] of [
      ['SKIPPED', 'was skipped'],
      ['PENDING', 'is pending'],
    ] as const) {
      const account = accountOf(['one', 'two', 'three'])
      account.hear(finished('test step 0', 'PASSED'))
      account.hear(finished('test step 1', status))
      account.hear(finished('test step 2', 'SKIPPED'))
      expect(account.omissionIn('pickle')).to.include({ line: 3, text: 'two', fate })
    }
  })

  it('misses the verdict of a line that passed without one', () => {
    const account = accountOf([VERSION])
    account.hear(finished('test step 0', 'PASSED'))
    const omission = account.omissionIn('pickle')
    expect(omission && describeOmission(omission)).to.contain(
      `"${VERSION}" has come to no verdict (x.feature:2)`,
    )
  })

  it('misses a sentence that passed, and was never said to the rollout', () => {
    const said = 'I want to update hosts with fact {fact}'
    for (const [expression, fate] of [
      [said, 'has said nothing to the rollout'],
      ['own', undefined],
      ['these faults are rehearsed:', undefined],
    ]) {
      const account = accountOf([expression ?? ''], [], [2])
      account.hear(finished('test step 0', 'PASSED'))
      expect(account.omission?.fate).to.equal(fate)
    }
  })

  it('does not pass a scenario that a hook has skipped after its last line', () => {
    const account = accountOf(['own'])
    account.hear(finished('test step 0', 'PASSED'))
    account.hear(finished('after', 'SKIPPED'))
    expect(account.omission).to.include({ line: 1, fate: 'ends with a hook that skips it' })
  })

  it('excuses a scenario that Lockstep itself ends early', () => {
    const account = accountOf(['own'])
    account.excuse('pickle')
    expect(account.omission).to.equal(undefined)
  })

  it('is settled by passes alone, and by no other status that cucumber gives lines and hooks', () => {
    const status = fc.constantFrom(
      'PASSED',
      'SKIPPED',
      'PENDING',
      'FAILED',
      'UNDEFINED',
      'AMBIGUOUS',
      'UNKNOWN',
    )
    fc.assert(
      fc.property(fc.array(status, { minLength: 1, maxLength: 6 }), status, (lines, hook) => {
        const account = accountOf(lines.map((_, index) => `own ${index}`))
        for (const [index, each] of lines.entries()) account.hear(finished(`test step ${index}`, each))
        account.hear(finished('before', hook))
        expect(account.omission === undefined).to.equal([...lines, hook].every((each) => each === 'PASSED'))
      }),
    )
  })
})
