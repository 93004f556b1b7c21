import { expect } from 'chai'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { partsOf } from './parts'
import { historyEntryOf } from './history_record'

const scenario: JournalEntry = { type: 'scenario', scenarioId: '3', name: 'one' }
const passed: JournalEntry = { type: 'scenario passed', scenarioId: '3' }
const rollCall: JournalEntry = { type: 'roll call', hosts: ['a', 'b'] }
const began = { type: 'run' as const, hash: 'h', mode: 'live', environment: 'e', pid: 1, order: 1 }
const begin = (feature: string): JournalEntry[] => [{ ...began, feature }, scenario, rollCall]
const outcomes = (...entries: JournalEntry[]) =>
  partsOf(entries.map((entry) => ({ ...entry, at: '' }))).map((part) => {
    const { feature, outcome } = historyEntryOf('run', part) ?? {}
    return `${feature} ${outcome}`
  })

describe('the features of one run', () => {
  it('each end as they did: one that had passed is not spoilt by the next', () => {
    const end: JournalEntry = { type: 'rollouts ended', passed: false, reason: '' }
    const [one, two] = [begin('one'), begin('two')]
    expect(outcomes(...one, passed, ...two, end)).to.deep.equal(['one passed', 'two failed'])
    expect(outcomes(...one, ...two, end)).to.deep.equal(['one failed', 'two failed'])
    const out: JournalEntry = { type: 'out', hosts: ['a'] }
    expect(outcomes(...one, out, passed, ...two, end)).to.deep.equal([
      'one passed with failures',
      'two failed',
    ])
  })

  it('all answer for what is found after the last line, and for having been cut off', () => {
    const [one, two] = [begin('one'), begin('two')]
    const late: JournalEntry = { type: 'rollouts ended', passed: false, reason: 'diverged' }
    expect(outcomes(...one, passed, ...two, passed, late)).to.deep.equal(['one failed', 'two failed'])
    expect(outcomes(...one, passed, ...two)).to.deep.equal(['one cut off', 'two cut off'])
  })

  it('all passed in a run that passed', () => {
    const end: JournalEntry = { type: 'rollouts ended', passed: true, reason: '' }
    expect(outcomes(...begin('one'), passed, ...begin('two'), passed, end)).to.deep.equal([
      'one passed',
      'two passed',
    ])
    expect(outcomes()).to.deep.equal([])
  })
})
