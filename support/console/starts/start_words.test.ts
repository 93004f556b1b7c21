import { expect } from 'chai'
import type { Start, StartedRollout } from '../../starts/start_state'
import { standingOfStart } from './start_words'

const START: Start = {
  id: 's1',
  by: 'anna',
  askedAt: '2026-11-23T04:40:00.000Z',
  feature: 'x.feature',
  environment: 'test',
  variables: {},
  release: null,
  ticket: null,
  limit: null,
  sha256: 'sha',
  code: 'code',
  steps: [],
  approved: undefined,
  withdrawn: undefined,
  rollout: undefined,
}
const ROLLOUT: StartedRollout = {
  run: 'r1',
  machine: 'a',
  by: 'anna',
  approvedBy: null,
  begunAt: START.askedAt,
  ended: undefined,
}

describe('the standing of a start in words', () => {
  const standing = (ended: StartedRollout['ended']) =>
    standingOfStart({ ...START, rollout: { ...ROLLOUT, ended } }, 'none')

  it('does not read as an end while the rollout is under way', () => {
    expect(standing(undefined)).to.deep.equal({ text: 'is being rolled out', tone: 'warn' })
  })

  it('waits for no one once its plan does not count any more', () => {
    const ended = { at: START.askedAt, result: 'succeeded' as const, why: null, hosts: 1, changes: 1 }
    const step = (name: 'lint' | 'rehearse' | 'plan') => ({
      name,
      run: name,
      begunAt: START.askedAt,
      ended: { ...ended, plan: name === 'plan' ? '0123456789ab' : null },
    })
    const start = { ...START, steps: [step('lint'), step('rehearse'), step('plan')] }
    expect(standingOfStart(start, 'none').text).to.equal('waits for its rollout to be started')
    expect(standingOfStart(start, 'none', 'x.feature was changed').text).to.equal('✘ has to be planned again')
  })

  it('waits while other starts are planned', () => {
    expect(standingOfStart(START, 'none').text).to.equal('waits to be planned')
  })

  it('is good only where the rollout has succeeded', () => {
    const at = START.askedAt
    expect(standing({ at, result: 'succeeded', verdict: 'PASSED', why: null }).text).to.equal('✔ PASSED')
    expect(standing({ at, result: 'interrupted', verdict: null, why: 'x' })).to.deep.equal({
      text: '✘ rollout interrupted',
      tone: 'bad',
    })
  })
})
