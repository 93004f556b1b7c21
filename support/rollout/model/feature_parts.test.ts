import { expect } from 'chai'
import type { JournalEntry } from './journal_entry'
import { featureParts } from './feature_parts'

const run = (feature: string): JournalEntry => ({
  type: 'run',
  feature,
  hash: '',
  mode: 'live',
  environment: 'production',
  pid: 1,
  order: 1,
})
const closed = (host: string): JournalEntry => ({ type: 'closed', obligation: 'puppet', hosts: [host] })
const hostsIn = (entries: readonly JournalEntry[] = []) =>
  entries.flatMap((entry) => (entry.type === 'closed' ? entry.hosts : []))

describe('the entries of a feature', () => {
  it('are those after it began, and those after the run came back to it', () => {
    const parts = featureParts([
      run('a.feature'),
      closed('web1'),
      run('b.feature'),
      closed('db1'),
      { type: 'feature', feature: 'a.feature' },
      closed('web2'),
      { type: 'feature', feature: 'b.feature' },
      closed('db2'),
    ])
    expect([...parts.keys()]).to.deep.equal(['a.feature', 'b.feature'])
    expect(hostsIn(parts.get('a.feature'))).to.deep.equal(['web1', 'web2'])
    expect(hostsIn(parts.get('b.feature'))).to.deep.equal(['db1', 'db2'])
  })

  it('are no other feature’s where the run names one that never began', () => {
    const parts = featureParts([run('a.feature'), { type: 'feature', feature: 'c.feature' }, closed('web1')])
    expect(hostsIn(parts.get('a.feature'))).to.deep.equal([])
  })
})
