import { join } from 'node:path'
import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { digestCode } from './digest_code'
import { expectCode, takeCode } from './expect_code'

describe('the code that a rollout is to run', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('is refused once it is other code than that of the plan', () => {
    const config = join(scratch.path, 'lockstep.yaml')
    scratch.write('lockstep.yaml', '')
    scratch.write('step_definitions/steps.js', 'a')
    const wanted = digestCode(scratch.path)
    expectCode(wanted, config)
    scratch.write('step_definitions/steps.js', 'b')
    expect(() => expectCode(wanted, config))
      .to.throw('is not that of the approved plan')
      .with.property('code', 'gate-closed')
    expect(() => expectCode(wanted, undefined)).to.throw('is not that of the approved plan')
    expectCode(undefined, config)
  })

  it('is taken out of the environment, so that another run has none', () => {
    const env: Record<string, string | undefined> = { LOCKSTEP_CODE: 'a', OTHER: 'b' }
    expect([takeCode(env), takeCode(env), env]).to.deep.equal(['a', undefined, { OTHER: 'b' }])
  })
})
