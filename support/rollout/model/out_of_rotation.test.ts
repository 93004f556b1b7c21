import { expect } from 'chai'
import type { JournalEntry } from './journal_entry'
import { findLeftHosts } from './out_of_rotation'

const began = (feature: string): JournalEntry => ({
  type: 'run',
  feature,
  hash: '',
  mode: 'live',
  environment: 'production',
  pid: 1,
  order: 1,
})
const opened = (host: string): JournalEntry => ({ type: 'opened', obligation: 'puppet', hosts: [host] })

describe('what runs have left out of rotation', () => {
  it('names the feature that took a host out, whichever began last', () => {
    const entries: JournalEntry[] = [
      began('a.feature'),
      began('b.feature'),
      opened('db1'),
      { type: 'feature', feature: 'a.feature' },
      opened('web1'),
    ]
    const left = findLeftHosts([{ run: 'r1', entries: entries.map((entry) => ({ ...entry, at: '2026' })) }])
    expect(left.map(({ host, feature }) => `${host} ${feature}`)).to.deep.equal([
      'db1 b.feature',
      'web1 a.feature',
    ])
  })
})
