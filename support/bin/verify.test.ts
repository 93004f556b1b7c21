import { expect } from 'chai'
import { CHECKER_NAMES, SKIPPABLE_NAMES } from '../verify/checkers'
import { COMMANDS } from './commands'

describe('lockstep hook verify', () => {
  it('lets the errors of each check be shown alone', () => {
    expect(COMMANDS['hook']?.options['warn']?.only).to.deep.equal(CHECKER_NAMES)
  })

  it('lets each check be left out that needs a program of the server', () => {
    expect(COMMANDS['hook']?.options['skip']?.only).to.deep.equal(SKIPPABLE_NAMES)
  })
})
