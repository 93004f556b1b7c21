import { expect } from 'chai'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { redactJournal } from './redacted_journal'

const asked = (inputs: Record<string, string | number | boolean>): JournalEntry => ({
  type: 'asked',
  step: 'run it',
  line: 1234,
  requestId: 'r',
  agent: 'door',
  action: 'open',
  inputs,
  mutating: true,
  hosts: ['web1'],
})

describe('the journal of a run with secret variables', () => {
  const entries: JournalEntry[] = []
  const journal = { append: async (entry: JournalEntry) => void entries.push(entry) }
  beforeEach(() => entries.splice(0))

  it('does not keep them, whether they are told as a text or as a number', async () => {
    const told = { name: 'x', pin: 1234, call: 'me:hunter2', open: true }
    await redactJournal(journal, ['hunter2', '1234']).append(asked(told))
    expect(entries).to.deep.equal([asked({ name: 'x', pin: '***', call: 'me:***', open: true })])
  })

  it('keeps all else as it is', async () => {
    const entry: JournalEntry = { type: 'verdict', step: 'hunter2', passed: true, counts: { passed: 1234 } }
    await redactJournal(journal, ['hunter2', '1234']).append(entry)
    await redactJournal(journal, []).append(asked({ name: 'hunter2' }))
    expect(entries).to.deep.equal([entry, asked({ name: 'hunter2' })])
  })
})
