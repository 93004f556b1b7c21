import { expect } from 'chai'
import type { JournalEntry } from '../rollout/ports'
import { partsOf } from './parts'
import { recordOf } from './record'

const scenario: JournalEntry = { type: 'scenario', unit: '3', name: 'one' }
const held: JournalEntry = { type: 'scenario held', unit: '3' }
const rollCall: JournalEntry = { type: 'roll call', hosts: ['a', 'b'] }
const began = { type: 'run' as const, hash: 'h', mode: 'live', environment: 'e', pid: 1, order: 1 }
const begin = (feature: string): JournalEntry[] => [{ ...began, feature }, scenario, rollCall]
const outcomes = (...entries: JournalEntry[]) =>
  partsOf(entries.map((entry) => ({ ...entry, at: '' }))).map((part) => {
    const { feature, outcome } = recordOf('run', part) ?? {}
    return `${feature} ${outcome}`
  })

describe('the features of one run', () => {
  it('each end as they did: one that had held is not spoilt by the next', () => {
    const end: JournalEntry = { type: 'end', held: false, reason: '' }
    const [one, two] = [begin('one'), begin('two')]
    expect(outcomes(...one, held, ...two, end)).to.deep.equal(['one held', 'two stopped'])
    expect(outcomes(...one, ...two, end)).to.deep.equal(['one stopped', 'two stopped'])
    const out: JournalEntry = { type: 'out', hosts: ['a'] }
    expect(outcomes(...one, out, held, ...two, end)).to.deep.equal(['one within budget', 'two stopped'])
  })

  it('all answer for what is found after the last line, and for having been cut off', () => {
    const [one, two] = [begin('one'), begin('two')]
    const late: JournalEntry = { type: 'end', held: false, reason: 'diverged' }
    expect(outcomes(...one, held, ...two, held, late)).to.deep.equal(['one stopped', 'two stopped'])
    expect(outcomes(...one, held, ...two)).to.deep.equal(['one cut off', 'two cut off'])
  })

  it('all held in a run that held', () => {
    const end: JournalEntry = { type: 'end', held: true, reason: '' }
    expect(outcomes(...begin('one'), held, ...begin('two'), held, end)).to.deep.equal([
      'one held',
      'two held',
    ])
    expect(outcomes()).to.deep.equal([])
  })
})
