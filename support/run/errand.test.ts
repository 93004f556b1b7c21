import { expect } from 'chai'
import { errandIn, type Errand } from './errand'

describe('the errand of a run that another run has begun', () => {
  const reports = '/tmp/r'
  const all: readonly Errand[] = [
    { why: 'plan', reports },
    { why: 'idempotence', reports },
    { why: 'rehearsal', reports, fault: { host: 'web1', fault: 'lies', during: 'I update' } },
    { why: 'rehearsal', reports, fault: { host: 'web1', fault: 'lies' } },
    { why: 'drift', reports, journal: '/var/j.ndjson' },
  ]

  it('is read as it was given', () => {
    for (const errand of all)
      expect(errandIn({ LOCKSTEP_BEGUN_BY: JSON.stringify(errand) })).to.deep.equal(errand)
  })

  it('is none for a run that a person has begun', () => {
    expect(errandIn({})).to.equal(undefined)
    expect(errandIn({ LOCKSTEP_BEGUN_BY: '' })).to.equal(undefined)
  })

  it('is refused where no run has written it', () => {
    for (const said of [
      '8',
      '{',
      '{"why":"plan"}',
      '{"why":"live","reports":"/tmp/r"}',
      '{"why":"drift","reports":"/tmp/r"}',
      'null',
    ])
      expect(() => errandIn({ LOCKSTEP_BEGUN_BY: said }), said).to.throw('leave it out; nothing was sent')
  })
})
