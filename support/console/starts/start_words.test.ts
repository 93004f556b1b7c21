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
  rollout: undefined,
}
const ROLLOUT: StartedRollout = {
  run: 'r1',
  machine: 'a',
  by: 'anna',
  begunAt: START.askedAt,
  ended: undefined,
}

describe('the standing of a start in words', () => {
  const standing = (ended: StartedRollout['ended']) =>
    standingOfStart({ ...START, rollout: { ...ROLLOUT, ended } }, 'none')

  it('does not read as an end while the rollout is under way', () => {
    expect(standing(undefined)).to.deep.equal({ text: 'is being rolled out', tone: 'warn' })
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
