import { expect } from 'chai'
import { aChange, aRecord } from '../testing/a_record'
import { driftOf } from './drift'

const earlier = aRecord({ run: 'before', ended: '2026-11-20T08:00:00.000Z' })

describe('drift', () => {
  it('is a change by a run on a host that another had reported as done', () => {
    expect(driftOf(aRecord(), [earlier])).to.deep.equal([
      { host: 'a', what: 'package: update web: 1 → 2', since: 'before' },
    ])
  })

  it('is measured against runs that passed here, live, before this one', () => {
    const others = [
      aRecord({ ...earlier, mode: 'noop' }),
      aRecord({ ...earlier, outcome: 'failed' }),
      aRecord({ ...earlier, outcome: 'cut off' }),
      aRecord({ ...earlier, run: 'run-1' }),
      aRecord({ ...earlier, ended: '2026-11-22T08:00:00.000Z' }),
      aRecord({ ...earlier, hosts: ['b'] }),
    ]
    expect(driftOf(aRecord(), others)).to.deep.equal([])
    expect(driftOf(aRecord({ release: 'unreleased' }), [earlier])).to.deep.equal([])
    expect(driftOf(aRecord({ mode: 'noop' }), [earlier])).to.deep.equal([])
  })

  it('is not on hosts that had failed within the budget', () => {
    const within = aRecord({ ...earlier, outcome: 'passed with failures', out: ['a'] })
    expect(driftOf(aRecord(), [within])).to.deep.equal([])
    expect(driftOf(aRecord(), [{ ...within, out: ['b'] }])).to.have.length(1)
  })

  it('is not on hosts that a run had left out', () => {
    const inPart = aRecord({ ...earlier, leftOut: ['The rest'], changes: [] })
    expect(driftOf(aRecord(), [inPart])).to.deep.equal([])
  })

  it('is not what another feature of the release does to the same hosts, unless it is about the same thing', () => {
    const other = aRecord({
      ...earlier,
      feature: 'db.feature',
      changes: [aChange('a', { resource: 'package db' })],
    })
    expect(driftOf(aRecord(), [other])).to.deep.equal([])
    expect(driftOf(aRecord(), [{ ...other, changes: [aChange('a')] }])).to.have.length(1)
  })

  it('is measured against a recovery feature as well', () => {
    const stopped = aRecord({ ...earlier, run: 'r', outcome: 'failed' })
    const recovery = aRecord({ ...earlier, run: 's', feature: 'reports/recovery-r.feature', changes: [] })
    expect(driftOf(aRecord(), [stopped, recovery]).map(({ since }) => since)).to.deep.equal(['s'])
  })

  it('is not what another release has done in between, as when one goes back and forth', () => {
    const next = aRecord({ run: 'next', release: '1.3', ended: '2026-11-20T09:00:00.000Z' })
    expect(driftOf(aRecord(), [earlier, next])).to.deep.equal([])
    expect(driftOf(aRecord(), [earlier, { ...next, changes: [aChange('b')] }])).to.have.length(1)
    expect(driftOf(aRecord(), [{ ...next, ended: '2026-11-19T09:00:00.000Z' }, earlier])).to.have.length(1)
  })

  it('is not a change that says nothing of states, a hold, nor one that the run itself takes back', () => {
    const states = { before: null, after: null }
    const restarted = aChange('a', { resource: 'service web', what: 'service: restart web', ...states })
    const blocked = aChange('a', { temporary: true })
    const silent = aChange('b', { after: null })
    const there = [aChange('c'), aChange('c', { before: '2', after: '1' })]
    const record = aRecord({ changes: [restarted, blocked, silent, ...there] })
    expect(driftOf(record, [earlier])).to.deep.equal([])
  })
})
