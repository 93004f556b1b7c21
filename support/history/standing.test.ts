import { expect } from 'chai'
import { aRecord } from '../testing/a_record'
import { originOf } from './origin'
import type { HistoryEntry } from './history_record'
import { hostsNotDone, standingOf } from './standing'

const runs = (...list: Partial<HistoryEntry>[]) =>
  list.map((change, index) => aRecord({ run: `r${index + 1}`, ...change }))
const why = (...list: Partial<HistoryEntry>[]) => {
  const standing = standingOf(runs(...list), 'live')
  return standing.passed ? 'passed' : standing.why
}

describe('how a release stands', () => {
  it('is the outcome of the last live run', () => {
    expect(why()).to.equal('no live run of it is in the history')
    expect(why({ mode: 'noop' })).to.equal('no live run of it is in the history')
    expect(why({})).to.equal('passed')
    expect(why({}, { outcome: 'failed' })).to.equal('the last run of x.feature there, r2, failed')
    expect(why({}, { outcome: 'cut off' })).to.contain('was cut off')
    expect(why({}, { outcome: 'interrupted' })).to.equal(
      'the last run of x.feature there, r2, was interrupted',
    )
    expect(why({ outcome: 'failed' }, {})).to.equal('passed')
    expect(why({}, { mode: 'noop', outcome: 'failed' })).to.equal('passed')
  })

  it('has not passed where hosts were allowed to fail: they have another release', () => {
    expect(why({ outcome: 'passed with failures', out: ['b'] })).to.equal(
      'the last run of x.feature there, r1, passed but for b',
    )
  })

  it('does not follow from a run that left out scenarios and passed', () => {
    const leftOut = ['The rest']
    expect(why({ leftOut })).to.equal('its run r1 there left out "The rest" of x.feature')
    expect(why({}, { leftOut })).to.equal('passed')
    expect(why({ outcome: 'failed' }, { leftOut })).to.contain('r1, failed')
    expect(why({}, { leftOut, outcome: 'failed' })).to.contain('r2, failed')
  })

  it('does not follow from a limited run, until runs have brought on all hosts of its roll call', () => {
    const first = { hosts: ['a1', 'a2'], outside: ['a3', 'a4', 'a5'] }
    const second = { hosts: ['a3', 'a4', 'a5'], outside: ['a1', 'a2'] }
    const limited = 'was limited, and no run has brought'
    expect(why(first)).to.equal(`its run r1 of x.feature ${limited} a[3-5] on`)
    expect(why(first, second)).to.equal('passed')
    expect(why(first, { ...second, outcome: 'failed' })).to.contain('r2, failed')
    expect(why({ ...first, outcome: 'failed', notDone: ['a1'] }, second)).to.contain(
      'a1 was not done in run r1',
    )
    expect(why({ hosts: ['a1', 'a2', 'a3', 'a4', 'a5'] }, first)).to.equal('passed')
    expect(why({ hosts: ['a1', 'a3'] }, first)).to.contain(`${limited} a4, a5 on`)
    expect(why(first, { hosts: ['a1', 'a2', 'a3'] })).to.equal('passed')
  })

  it('counts an earlier run of another text or other parameters for no host outside the limit', () => {
    const first = { hosts: ['a1', 'a2'], outside: ['a3'] }
    const second = { hosts: ['a3'], outside: ['a1', 'a2'] }
    expect(why(first, { ...second, sha256: 'other' })).to.contain('a1, a2 on')
    expect(why(first, { ...second, parameters: { version: '2' } })).to.contain('a1, a2 on')
  })

  it('is enough where only its own hosts are asked about', () => {
    const limited = runs({ mode: 'noop', hosts: ['a1', 'a2'], outside: ['a3'] })
    expect(standingOf(limited, 'noop', new Set(['a1'])).passed).to.equal(true)
    expect(standingOf(limited, 'noop', new Set(['a1', 'a3'])).passed).to.equal(false)
    expect(standingOf(limited, 'noop').passed).to.equal(false)
  })

  it('is asked of each of its features, and not of runs that were refused', () => {
    expect(why({ feature: 'db.feature', outcome: 'failed' }, {})).to.contain('db.feature')
    expect(why({}, { outcome: 'refused' })).to.equal('passed')
    const both = standingOf(runs({ hosts: ['a', 'b'] }, { feature: 'db.feature', hosts: ['b', 'c'] }), 'live')
    expect(both.passed && both.hosts).to.equal(3)
  })

  it('is made good by a recovery feature, and by the recovery of that', () => {
    const stopped = { outcome: 'failed' as const }
    const recovery = { feature: 'reports/recovery-r1.feature' }
    expect(why(stopped, recovery)).to.equal('passed')
    expect(why(stopped, { ...recovery, ...stopped })).to.contain('recovery-r1.feature')
    expect(why(stopped, { ...recovery, ...stopped }, { feature: 'reports/recovery-r2.feature' })).to.equal(
      'passed',
    )
  })

  it('has not passed while no run has finished a host that was not done, or went back', () => {
    const stopped = { outcome: 'failed' as const, notDone: ['a', 'b'], restored: ['a'] }
    const recovery = { feature: 'reports/recovery-r1.feature' }
    expect(why(stopped, { ...recovery, hosts: ['b'] })).to.equal(
      'a was told to go back to the version before in run r1 of x.feature, and no run has brought it on since',
    )
    expect(why(stopped, { ...recovery, hosts: ['a', 'b'] })).to.equal('passed')
    expect(why(stopped, { ...recovery, hosts: ['b'] }, {})).to.equal('passed')
    const list = runs(stopped, { ...recovery, hosts: ['a', 'b'] })
    const standing = standingOf(list, 'live')
    expect(standing.passed && standing.hosts).to.equal(3)
    expect(hostsNotDone(runs(stopped)).map(({ host }) => host)).to.deep.equal(['a', 'b'])
  })

  it('is not made good by a recovery of a run that is not in the history of the release', () => {
    expect(why({ feature: 'reports/recovery-other.feature' })).to.contain(
      'recovers a run that is not in its history',
    )
  })

  it('is of each part of a run: the recovery of the second does not stand for the first', () => {
    const first = { run: 'r1', outcome: 'passed with failures' as const, out: ['a'], notDone: ['a'] }
    const second = { run: 'r1-2', feature: 'y.feature', outcome: 'failed' as const, notDone: ['b'] }
    const recovery = { feature: 'reports/recovery-r1-2.feature', hosts: ['b'] }
    expect(why(first, second, recovery)).to.contain('passed but for a')
    expect(why({ run: 'r1' }, second, recovery)).to.equal('passed')
  })

  it('ends, whichever run recovers another', () => {
    const [one, two] = ['recovery-r2.feature', 'recovery-r1.feature']
    const list = runs({ feature: one }, { feature: two })
    expect([one, two]).to.include(originOf({ feature: one }, list))
  })
})
