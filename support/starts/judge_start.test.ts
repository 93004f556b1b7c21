import { expect } from 'chai'
import { whyNotToApprove, whyNotToRollOut } from './judge_start'
import type { Start, Step } from './start_state'

const AT = '2026-11-23T04:40:00.000Z'
const NOW = { sha256: 'sha', code: 'code' }

function passed(name: Step['name']): Step {
  const plan = name === 'plan' ? '0123456789ab' : null
  return {
    name,
    run: name,
    begunAt: AT,
    ended: { at: AT, result: 'succeeded', why: null, plan, hosts: 1, changes: 1 },
  }
}

const START: Start = {
  id: 's1',
  by: 'anna',
  askedAt: AT,
  feature: 'x.feature',
  environment: 'test',
  variables: {},
  release: null,
  ticket: null,
  limit: null,
  sha256: 'sha',
  code: 'code',
  steps: [passed('lint'), passed('rehearse'), passed('plan')],
  approved: undefined,
  rollout: undefined,
}

describe('the judgement of an approval', () => {
  const asked = (name: string) => whyNotToApprove(START, { name, groups: [] }, 'another person', NOW)

  it('takes it from another person', () => {
    expect(asked('bert')).to.equal(undefined)
  })

  it('takes it neither from the person who asked, nor from that person in capitals', () => {
    expect(asked('anna')).to.match(/wants another person/)
    expect(asked('ANNA')).to.match(/wants another person/)
  })

  it('is worth nothing for a rollout where that person has given it', () => {
    const by = (name: string) =>
      whyNotToRollOut({ ...START, approved: { at: AT, by: name } }, 'another person', NOW)
    expect(by('Anna')).to.match(/wants another person by now/)
    expect(by('bert')).to.equal(undefined)
  })
})
