import { expect } from 'chai'
import { canWait, type JournalEntry } from './journal_entry'

const BLOCKED = { obligation: 'blocks 192.168.1.1', hosts: ['web1'] }

describe('an entry of a journal', () => {
  const waits = (entry: JournalEntry) => canWait(entry)

  it('cannot wait for the disk when it is about what was sent, answered, taken out or ended', () => {
    expect(waits({ type: 'answered', requestId: 'r', outcomes: {}, interrupted: false })).to.equal(false)
    expect(waits({ type: 'opened', ...BLOCKED })).to.equal(false)
    expect(waits({ type: 'closed', ...BLOCKED })).to.equal(false)
    expect(waits({ type: 'out', hosts: ['web1'] })).to.equal(false)
    expect(waits({ type: 'roll call', hosts: ['web1'] })).to.equal(false)
    expect(waits({ type: 'had', package: 'mywebapp', versions: {} })).to.equal(false)
    expect(waits({ type: 'restoring', package: 'mywebapp', hosts: [] })).to.equal(false)
    expect(waits({ type: 'rollouts ended', passed: true, reason: '' })).to.equal(false)
  })

  it('can wait for the next one when nothing was sent in between, or a resumed run finds it out again', () => {
    expect(waits({ type: 'scenario', scenarioId: '1', name: 'a wave' })).to.equal(true)
    expect(waits({ type: 'wave', name: '10%', hosts: ['web1'] })).to.equal(true)
    expect(waits({ type: 'scenario passed', scenarioId: '1' })).to.equal(true)
    expect(canWait({ type: 'verdict', passed: true })).to.equal(true)
  })

  it('cannot wait when it stops the rollout', () => {
    expect(canWait({ type: 'verdict', passed: false })).to.equal(false)
  })
})
