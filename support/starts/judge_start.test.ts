import { expect } from 'chai'
import { MemoryRights } from '../testing/memory_rights'
import { judgeRollOut, standingNow, whyNotToApprove, whyNotToWithdraw } from './judge_start'
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
  withdrawn: undefined,
  rollout: undefined,
}

describe('the judgement of an approval', () => {
  const asked = (name: string) =>
    whyNotToApprove(START, { name, groups: [] }, 'another person', NOW, new MemoryRights())

  it('takes it from another person', () => {
    expect(asked('bert')).to.equal(undefined)
  })

  it('takes it neither from the person who asked, nor from that person in capitals', () => {
    expect(asked('anna')).to.match(/wants another person/)
    expect(asked('ANNA')).to.match(/wants another person/)
  })

  it('is worth nothing for a rollout where that person has given it', () => {
    const by = (name: string) =>
      judgeRollOut(
        { ...START, approved: { at: AT, by: name, groups: [] } },
        { name: 'anna', groups: [], at: AT },
        'another person',
        NOW,
        new MemoryRights(),
      )
    expect(by('Anna')).to.deep.equal({
      why: 'anna has approved what anna asked for, and lockstep.yaml wants another person by now',
    })
    expect(by('bert')).to.deep.equal({ approvedBy: 'bert' })
  })
})

describe('the rights of people, when a rollout is about to begin', () => {
  const APPROVED: Start = { ...START, approved: { at: AT, by: 'bert', groups: ['web'] } }
  const begin = (
    rights: MemoryRights,
    start = APPROVED,
    approval: 'none' | 'another person' = 'another person',
  ) => judgeRollOut(start, { name: 'anna', groups: [], at: AT }, approval, NOW, rights)
  let rights: MemoryRights
  beforeEach(() => (rights = new MemoryRights()))

  it('refuse it where the approver lost theirs, and let another person approve', () => {
    rights.lost.add('bert approve')
    const sentence =
      'bert, who approved it, may not approve in test any more; another person has to approve it'
    expect(begin(rights)).to.deep.equal({ why: sentence })
    const carl = { name: 'carl', groups: [] }
    expect(whyNotToApprove(APPROVED, carl, 'another person', NOW, rights)).to.equal(undefined)
    expect(whyNotToApprove(APPROVED, { ...carl, name: 'anna' }, 'another person', NOW, rights)).to.match(
      /^anna asked for it/,
    )
    expect(standingNow(APPROVED, rights).approved).to.equal(undefined)
    rights.lost.clear()
    expect(begin(rights)).to.deep.equal({ approvedBy: 'bert' })
    expect(whyNotToApprove(APPROVED, carl, 'another person', NOW, rights)).to.match(
      /^it was approved already/,
    )
    expect(standingNow(APPROVED, rights)).to.equal(APPROVED)
  })

  it('refuse it where the starter lost theirs', () => {
    rights.lost.add('anna start')
    expect(begin(rights)).to.deep.equal({
      why: 'anna may not start in test any more; another person has to start it',
    })
  })

  it('refuse it while no one can tell, and take no other approval then', () => {
    rights.isBroken = true
    const why = 'it cannot be known whether bert, who approved it, may still approve: the policy is not right'
    expect(begin(rights)).to.deep.equal({ why })
    expect(whyNotToApprove(APPROVED, { name: 'carl', groups: [] }, 'another person', NOW, rights)).to.equal(
      why,
    )
    expect(standingNow(APPROVED, rights).approved).to.equal(undefined)
  })

  it('leave an approval out that counts no more, where none is wanted', () => {
    rights.lost.add('bert approve')
    expect(begin(rights, APPROVED, 'none')).to.deep.equal({ approvedBy: null })
    expect(begin(new MemoryRights(), APPROVED, 'none')).to.deep.equal({ approvedBy: 'bert' })
  })
})

describe('the judgement of a withdrawal', () => {
  const withdrawn = { ...START, withdrawn: { at: AT, by: 'anna' } }
  const rollout = { run: 'r1', machine: 'a', by: 'anna', approvedBy: null, begunAt: AT, ended: undefined }

  it('takes back what is planned, or is being planned, and nothing that has begun or is over', () => {
    expect(whyNotToWithdraw(START)).to.equal(undefined)
    expect(whyNotToWithdraw({ ...START, steps: [] })).to.equal(undefined)
    expect(whyNotToWithdraw(withdrawn)).to.match(/^it was withdrawn by anna at .* already$/)
    expect(whyNotToWithdraw({ ...START, rollout })).to.match(/its rollout r1 was begun by anna/)
    const failed: Step = {
      ...passed('lint'),
      ended: { at: AT, result: 'failed', why: 'x', plan: null, hosts: 0, changes: 0 },
    }
    expect(whyNotToWithdraw({ ...START, steps: [failed] })).to.match(/it has come to no plan/)
  })

  it('leaves nothing to approve or to begin', () => {
    const rights = new MemoryRights()
    const bert = { name: 'bert', groups: [] }
    expect(whyNotToApprove(withdrawn, bert, 'another person', NOW, rights)).to.match(
      /^it was withdrawn by anna/,
    )
    expect(judgeRollOut(withdrawn, { ...bert, at: AT }, 'none', NOW, rights)).to.deep.equal({
      why: `it was withdrawn by anna at ${AT}`,
    })
  })
})
