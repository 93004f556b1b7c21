import { expect } from 'chai'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { BEGAN } from '../testing/fake_fleet'
import { expectKnown, type Named } from './known_names'

describe('runs and hosts that are to be put back', () => {
  const entries: JournalEntry[] = [
    BEGAN,
    { type: 'roll call', hosts: ['web1.example.net', 'web3.example.net'] },
    { type: 'opened', obligation: 'o', hosts: ['web1.example.net'] },
  ]
  const run = '20260101-000000-abcd'
  const journal = {
    run,
    path: '',
    entries: entries.map((entry) => ({ ...entry, at: '' })),
    fault: undefined,
  }
  const refusal = (named: Named, faults: readonly string[] = [], journals = [journal]) => {
    try {
      expectKnown(named, { journals, faults })
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  it('are some that live runs know, whether or not they are out now', () => {
    expect(refusal({ run: [run], host: ['web1.example.net', 'WEB3.EXAMPLE.NET'] })).to.equal(undefined)
    expect(refusal({})).to.equal(undefined)
  })

  it('are refused when no run knows them, with the nearest name', () => {
    expect(refusal({ host: ['web1.example.net', 'web3'] })).to.match(
      /^no live run here knows a host "web3"; the nearest that is known is web3\.example\.net; .*nothing was sent$/,
    )
    expect(refusal({ host: ['wbe1.example.net'] })).to.contain('is web1.example.net;')
    expect(refusal({ run: ['20260101-000000-abce'] })).to.contain(`knows a run "20260101-000000-abce"`)
    expect(refusal({ run: ['any'] }, [], [])).to.match(/knows a run "any"; .*status lists/)
  })

  it('may be any where journals are incomplete', () => {
    expect(refusal({ host: ['web3'] }, ['a journal is damaged'])).to.equal(undefined)
  })
})
