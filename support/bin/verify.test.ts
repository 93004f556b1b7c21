import { expect } from 'chai'
import { CHECKER_NAMES } from '../verify/checkers'
import { COMMANDS } from './commands'

describe('lockstep hook verify', () => {
  it('lets the errors of each check be shown alone', () => {
    expect(COMMANDS['hook']?.options['warn']?.only).to.deep.equal(CHECKER_NAMES)
  })
})
