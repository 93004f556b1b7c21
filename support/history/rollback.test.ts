import { expect } from 'chai'
import { aChange, aRecord } from '../testing/a_record'
import { LockstepError } from '../system/errors'
import type { HistoryEntry } from './history_record'
import { findRollback } from './rollback'

const at = (minute: number) => `2026-11-21T08:${String(minute).padStart(2, '0')}:00.000Z`
/** Runs one after the other, a minute each. The first is of release A, all others of B, where they do not say. */
const runs = (...list: Partial<HistoryEntry>[]) =>
  list.map((change, index) =>
    aRecord({
      run: `r${index + 1}`,
      release: index === 0 ? 'A' : 'B',
      began: at(2 * index),
      ended: at(2 * index + 1),
      changes: [],
      ...change,
    }),
  )
const from = (before: string | null, ...hosts: string[]) => ({
  changes: hosts.map((host) => aChange(host, { before, after: '9' })),
})
const B = from('2', 'a', 'b', 'c')

/** Returns why a release cannot be rolled back, with the kind of the refusal. */
function why(list: readonly HistoryEntry[], release = 'B', feature?: string): string {
  try {
    findRollback(release, list, feature)
    return 'written'
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return `${error.code}: ${error.message}`
  }
}

describe('what a release is rolled back to', () => {
  it('is the release before, with the versions that the hosts had, and what has no version', () => {
    const restart = aChange('b', { resource: 'service web', what: 'service: restart web', before: null })
    const found = findRollback(
      'B',
      runs({}, { changes: [...from('2', 'a', 'b').changes, restart] }),
      undefined,
    )
    expect(found.to.run).to.equal('r1')
    expect(found.hosts).to.deep.equal(['a', 'b'])
    expect(found.unchanged).to.deep.equal(['c'])
    expect([...found.versions]).to.deep.equal([['web', '2']])
    expect(found.others).to.deep.equal(['service: restart web'])
  })

  it('is by all runs of the release: those that stopped, were cut off, or had no answer', () => {
    const noAnswer = { changes: [aChange('b', { before: '2', after: null, outcome: 'no answer' as const })] }
    const list = runs(
      {},
      { ...from('2', 'a'), outcome: 'failed' },
      { ...noAnswer, outcome: 'cut off' },
      { changes: [aChange('a', { before: '9', after: '10' })] },
    )
    const { hosts, versions } = findRollback('B', list, undefined)
    expect(hosts).to.deep.equal(['a', 'b'])
    expect([...versions]).to.deep.equal([['web', '2']])
  })

  it('leaves alone what only stopped traffic, and runs that changed nothing', () => {
    const out = aChange('b', { temporary: true })
    const noop = { mode: 'noop' as const, changes: [aChange('c', { request: null })] }
    expect(
      findRollback('B', runs({}, from('2', 'a'), { changes: [out] }, noop), undefined).hosts,
    ).to.deep.equal(['a'])
    expect(why(runs({}, noop)))
      .to.contain('gate-closed')
      .and.to.contain('was never rolled out here')
    expect(why(runs({}, {}))).to.contain('has changed no host here')
  })

  it('is not known for a release that is not in the history, nor for the first one', () => {
    expect(why(runs({}, B), 'C')).to.equal(
      'bad-input: there is no release "C" in the history of this environment; the last ones are: B, A',
    )
    expect(why([])).to.contain('it has none')
    expect(why(runs({ ...B, release: 'B' }))).to.contain('is the first one on a, b, c')
    expect(why(runs({ hosts: ['a', 'b'] }, B))).to.contain('is the first one on c')
  })

  it('is none where hosts come from several releases, or from a run without one', () => {
    const other = { release: 'A2', hosts: ['c'] }
    expect(why(runs({}, other, B))).to.contain('a, b from A; c from A2')
    const unreleased = { release: 'unreleased', ...from('1', 'b') }
    expect(why(runs({}, unreleased, B))).to.contain(
      'b: the last run before release B, r2 of x.feature, has no release',
    )
  })

  it('is none that stopped, or was for a part of the hosts or of its scenarios', () => {
    expect(why(runs({ outcome: 'failed', notDone: ['c'] }, B))).to.contain('it did not pass here')
    expect(why(runs({ leftOut: ['The rest'] }, B))).to.contain('left out "The rest"')
    const twice = [
      { hosts: ['a'], outside: ['b', 'c'] },
      { release: 'A', hosts: ['b', 'c'], outside: ['a'] },
    ]
    expect(why(runs(...twice, B))).to.contain('run r2 of x.feature, by which release A came, was not for a')
  })

  it('is none where versions differ, are not known, are none, or are not what was left', () => {
    const several = { changes: [...from('2', 'a').changes, ...from('3', 'b').changes] }
    expect(why(runs({}, several))).to.contain('several versions of web before release B: 2 on a; 3 on b')
    expect(why(runs({}, from(null, 'a')))).to.contain('does not know which version of web was on a')
    expect(why(runs({}, from('absent', 'a')))).to.contain('was not installed on a')
    const left = { changes: [aChange('a', { after: '3' })] }
    expect(why(runs(left, from('2', 'a')))).to.contain('had left web 3 on a, and 2 was found there later')
  })

  it('is none where hosts were changed since, also by the way back itself', () => {
    expect(why(runs({}, B, { release: 'C', ...from('9', 'b') }))).to.contain(
      'b was changed by run r3 of release C after release B had begun',
    )
    expect(why(runs({}, B, { release: 'A', ...B }))).to.contain('of release A after release B had begun')
    expect(why(runs({}, B, { release: 'C', hosts: ['d'], ...from('9', 'd') }))).to.equal('written')
  })

  it('is by one feature of the release, and the same of the release before', () => {
    const web = { feature: 'web.feature', ...from('2', 'a') }
    const db = { feature: 'db.feature', ...from('2', 'b') }
    const list = runs({ feature: 'web.feature' }, { release: 'A', feature: 'db.feature' }, web, db)
    expect(why(list)).to.contain('bad-input').and.to.contain('web.feature, db.feature; write them one by one')
    expect(findRollback('B', list, 'db.feature')).to.include({ to: list[1] })
    expect(findRollback('B', list, 'web.feature').hosts).to.deep.equal(['a'])
    expect(why(list, 'B', 'x.feature')).to.contain('changed nothing by a feature "x.feature"')
    expect(
      why(runs({ feature: 'web.feature' }, web, { ...db, ...from('2', 'a') }), 'B', 'web.feature'),
    ).to.contain('a was changed by run r3 of its feature db.feature')
    expect(why(runs({ feature: 'y' }, { release: 'A', feature: 'z' }, web))).to.contain(
      'several features, none of which',
    )
  })
})
