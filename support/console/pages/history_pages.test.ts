import { expect } from 'chai'
import fc from 'fast-check'
import { aChange, aRecord } from '../../testing/a_record'
import { expectOwnMarkup, hostileText } from '../../testing/page_markup'
import { comparePage } from './compare_page'
import { historyPage, type HistoryData } from './history_page'
import { releasePage, type ReleaseData } from './release_page'
import { runPage } from './run_page'

function hostileRecord(text: string) {
  return aRecord({
    run: text,
    environment: text,
    release: text,
    feature: text,
    by: text,
    tickets: [text, 'OPS-1'],
    parameters: { [text]: text },
    hosts: [text, 'b'],
    outside: [text],
    out: [text],
    notDone: [text],
    restored: [text],
    leftOut: [text],
    changes: [aChange(text, { what: text, before: text, after: text, resource: text })],
    drift: [{ host: text, what: text, since: text }],
  })
}

function historyOf(text: string): HistoryData {
  return {
    environments: [text],
    wanted: { environment: text, release: text, host: text, ticket: text },
    found: { shown: [hostileRecord(text)], from: 30, count: 100 },
    known: 100,
    isWhole: true,
    releases: [{ environment: text, releases: [text] }],
    faults: [text],
  }
}

function releaseOf(text: string): ReleaseData {
  return {
    environment: text,
    release: text,
    live: { passed: false, why: text },
    noop: { passed: true, last: hostileRecord(text), hosts: 2 },
    runs: { shown: [hostileRecord(text)], from: 0, count: 40 },
    hosts: [
      {
        host: text,
        environment: text,
        release: text,
        run: text,
        feature: text,
        since: text,
        standing: 'unfinished',
      },
    ],
    drift: [{ host: text, what: text, since: text, run: text, at: text }],
    notBroughtOn: [{ feature: text, run: text, line: 0, text: '', host: text, seen: text }],
    others: [text],
    faults: [text],
  }
}

describe('the pages of the history', () => {
  it('show runs in the words of the terminal, with links to each, to the ticket, and to what is older', () => {
    const { text } = historyPage({
      ...historyOf('x'),
      found: { shown: [aRecord()], from: 0, count: 31 },
      wanted: { host: 'a' },
    })
    expect(text).to.contain('x.feature:5  package: update web: 1 → 2, done  a')
    expect(text).to.contain('href="/history/prod/1.2/run-1"').and.to.contain('href="/history?ticket=OPS-1"')
    expect(text).to.contain('… and 30 more').and.to.contain('href="/history?host=a&amp;from=1"')
  })

  it('tell a person who looks for what is not there from a new one', () => {
    const nothing = { ...historyOf('x'), found: { shown: [], from: 0, count: 0 } }
    expect(historyPage(nothing).text).to.contain('Nothing of that is in the history.')
    const { text } = historyPage({ ...nothing, known: 0, environments: [], releases: [] })
    expect(text)
      .to.contain('No run is in the history yet')
      .and.to.contain('run features/deployments/website.feature')
  })

  it('never call a release well that has not passed, and say that no recorded drift says nothing of now', () => {
    const bad = releasePage({ ...releaseOf('x'), drift: [] }).text
    expect(bad).to.contain('not passed').and.not.to.contain('✔ passed</span> x')
    const live = { passed: true, last: aRecord(), hosts: 3 } as const
    const good = releasePage({ ...releaseOf('x'), live, drift: [] }).text
    expect(good).to.contain('✔ passed').and.to.contain('That says nothing of now.')
    expect(good).to.contain('drift --environment x --release x')
  })

  it('show all that the record of a run has, and its text with its indentation', () => {
    const text = '  Scenario: <b>\n\tGiven x'
    const page = runPage({
      record: aRecord({ notDone: ['b'] }),
      run: 'run-1',
      hasJournal: true,
      text,
      faults: [],
    }).text
    expect(page).to.contain('href="/rollouts/run-1"').and.to.contain('  Scenario: &lt;b&gt;\n    Given x')
    expect(page).to.contain('not brought to its end').and.to.contain('package: update web')
  })

  it('show of two releases what differs, with the hosts of each', () => {
    const side = (release: string, version: string) => ({
      release,
      states: new Map([
        ['package web', new Map([[version, ['a', 'b']]])],
        ['package same', new Map([['1', ['a']]])],
      ]),
      hosts: ['a', 'b', ...(release === '1' ? ['c'] : [])],
      parameters: { tag: version },
    })
    const { text } = comparePage({
      environment: 'prod',
      from: side('1', '1.0'),
      to: side('2', '2.0'),
      faults: [],
    })
    expect(text).to.contain('package web').and.not.to.contain('package same')
    expect(text).to.contain('1 resource is alike').and.to.contain('only 1 was for: c')
    expect(text).to.contain('Parameters that differ')
  })

  it('compare a parameter that is called as a member of every object', () => {
    const side = { release: '1', states: new Map(), hosts: [], parameters: { toString: '4' } }
    const { text } = comparePage({
      environment: 'test',
      from: side,
      to: { ...side, release: '2', parameters: {} },
      faults: [],
    })
    expect(text).to.match(/toString.*4.*none/s)
  })

  it('let no text of others become markup', () => {
    fc.assert(
      fc.property(hostileText(), (text) => {
        expectOwnMarkup(historyPage(historyOf(text)))
        expectOwnMarkup(releasePage(releaseOf(text)))
        expectOwnMarkup(
          runPage({ record: hostileRecord(text), run: text, hasJournal: true, text, faults: [text] }),
        )
        const side = {
          release: text,
          states: new Map([[text, new Map([[text, [text]]])]]),
          hosts: [text],
          parameters: { [text]: text },
        }
        const other = { ...side, states: new Map(), hosts: [], parameters: {} }
        expectOwnMarkup(comparePage({ environment: text, from: side, to: other, faults: [text] }))
      }),
    )
  })
})
