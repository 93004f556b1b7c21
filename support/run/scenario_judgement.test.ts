import { expect } from 'chai'
import type { Omission } from './account'
import { isExcused, judgeScenario } from './scenario_judgement'

const where = { uri: 'x.feature', scenarioId: '3', line: 5, text: 'I take the next 1 host' }
const omission: Omission = {
  ...where,
  fate: 'was skipped',
  expression: 'I take the next {wave}',
}
const state = { verdicts: [], current: { ...where, line: 7 } }
const rollout = (halted: unknown, tookNobody = false) => ({ halted, waves: { tookNobody } })

describe('a scenario that has ended', () => {
  it('is whole where each of its lines is carried out', () => {
    expect(judgeScenario(undefined, rollout(undefined), state)).to.equal(undefined)
    expect(judgeScenario(undefined, undefined, state)).to.equal(undefined)
  })

  it('has left out the line that is not', () => {
    expect(judgeScenario(omission, undefined, state)).to.equal(omission)
    expect(judgeScenario(omission, rollout(undefined), state)).to.equal(omission)
  })

  it('may end at a wave for which no host is left', () => {
    expect(isExcused(omission, rollout(undefined, true))).to.equal(true)
    expect(judgeScenario(omission, rollout(undefined, true), state)).to.equal(undefined)
    expect(
      isExcused({ ...omission, expression: 'I restart the service {service}' }, rollout(undefined, true)),
    ).to.equal(false)
  })

  it('has hidden a failure where its rollout was halted', () => {
    expect(judgeScenario(undefined, rollout(new Error('x')), state)).to.deep.include({
      line: 7,
      fate: 'failed, and that is hidden',
    })
  })
})
