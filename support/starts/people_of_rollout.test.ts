import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import type { StartEvent } from './events'
import { peopleOfRollout } from './people_of_rollout'
import { StartJournal } from './start_journal'

const START = 's1'
const ASKED: StartEvent = {
  type: 'start asked for',
  start: START,
  by: 'anna',
  feature: 'deploy.feature',
  environment: 'test',
  variables: {},
  release: null,
  ticket: null,
  limit: null,
  sha256: 'sha',
  code: 'code',
}
const PLANNED = (['lint', 'rehearse', 'plan'] as const).flatMap((step): StartEvent[] => [
  { type: 'step begun', start: START, step, run: step },
  {
    type: 'step ended',
    start: START,
    step,
    run: step,
    result: 'succeeded',
    why: null,
    plan: step === 'plan' ? '0123456789ab' : null,
    hosts: 1,
    changes: 1,
  },
])
const APPROVED: StartEvent = {
  type: 'start approved',
  start: START,
  plan: '0123456789ab',
  by: 'bert',
  groups: [],
}
const BEGUN: StartEvent = {
  type: 'rollout begun',
  start: START,
  run: 'r1',
  plan: '0123456789ab',
  machine: 'a',
  by: 'anna',
  approvedBy: 'bert',
}

describe('the people of a rollout', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const write = async (...events: StartEvent[]) => {
    const journal = new StartJournal(
      scratch.path,
      () => 0,
      () => {},
    )
    for (const event of events) await journal.append(event)
    await journal.close()
  }
  const people = (run: string) => peopleOfRollout(run, scratch.path)

  it('are those of the journal of its start', async () => {
    await write(ASKED, ...PLANNED, APPROVED, BEGUN)
    expect(people('r1')).to.equal('anna (console), approved by bert (console)')
  })

  it('have no approval where none was given', async () => {
    await write(ASKED, ...PLANNED, { ...BEGUN, approvedBy: null })
    expect(people('r1')).to.equal('anna (console)')
  })

  it('are not there for a run that no start has begun', async () => {
    expect(people('r1')).to.equal(undefined)
    await write(ASKED, ...PLANNED, APPROVED, BEGUN)
    expect(people('plan')).to.equal(undefined)
    expect(people('r2')).to.equal(undefined)
  })

  it('are not there for the id of a rollout that is over, which a terminal could take', async () => {
    const over: StartEvent = {
      type: 'rollout ended',
      start: START,
      run: 'r1',
      result: 'failed',
      verdict: null,
      why: 'it did not begin',
    }
    await write(ASKED, ...PLANNED, APPROVED, BEGUN, over)
    expect(people('r1')).to.equal(undefined)
  })
})
