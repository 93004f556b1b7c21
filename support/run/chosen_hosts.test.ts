import { expect } from 'chai'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { BEGAN } from '../testing/fake_fleet'
import { chosenBy, expectKnown, type Choice } from './chosen_hosts'

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
  const refusal = (named: Partial<Choice>, faults: readonly string[] = [], journals = [journal]) => {
    try {
      expectKnown({ hosts: [], runs: [], ...named }, { journals, faults })
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  it('are some that live runs know, whether or not they are out now', () => {
    expect(refusal({ runs: [run], hosts: ['web1.example.net', 'WEB3.EXAMPLE.NET'] })).to.equal(undefined)
    expect(refusal({})).to.equal(undefined)
  })

  it('are refused when no run knows them, with the nearest name', () => {
    expect(refusal({ hosts: ['web1.example.net', 'web3'] })).to.match(
      /^no live run here knows a host "web3"; the nearest that is known is web3\.example\.net; .*nothing was sent$/,
    )
    expect(refusal({ hosts: ['wbe1.example.net'] })).to.contain('is web1.example.net;')
    expect(refusal({ runs: ['20260101-000000-abce'] })).to.contain(`knows a run "20260101-000000-abce"`)
    expect(refusal({ runs: ['any'] }, [], [])).to.match(/knows a run "any"; .*status lists/)
  })

  it('may be any where journals are incomplete', () => {
    expect(refusal({ hosts: ['web3'] }, ['a journal is damaged'])).to.equal(undefined)
  })

  it('are all, or those that are both of a named host and of a named run', () => {
    const item = { host: 'web1', obligation: 'o', run, feature: 'x.feature', since: '' }
    const isChosen = (choice: Partial<Choice>) =>
      chosenBy({ all: false, hosts: [], runs: [], ...choice })(item)
    expect(isChosen({ all: true })).to.equal(true)
    expect(isChosen({ hosts: ['WEB1'] })).to.equal(true)
    expect(isChosen({ runs: [run] })).to.equal(true)
    expect(isChosen({ hosts: ['web1'], runs: ['other'] })).to.equal(false)
    expect(isChosen({ hosts: ['web2'], runs: [run] })).to.equal(false)
    expect(isChosen({})).to.equal(false)
  })
})
