import { expect } from 'chai'
import type { EndReport, ReportStore } from '../runner/ports'

/** Returns the report of a build that has succeeded. */
export function greenReport(build: string): EndReport {
  return {
    event: 'ended',
    build,
    repository: 'website',
    commit: 'a'.repeat(40),
    result: 'succeeded',
    why: null,
    isGone: false,
    seconds: 1.5,
    output: { end: Buffer.from('well\n'), bytes: 5, path: '/builds/output.log' },
  }
}

/** Expects what every store of reports has to do; `open` opens the same one again, as another process does. */
export function testReportStore(open: () => ReportStore): void {
  it('knows an end again, and in another process too', () => {
    const store = open()
    expect(store.find('b1')).to.equal(undefined)
    store.add(greenReport('b1'))
    expect(store.find('b1')).to.deep.equal(greenReport('b1'))
    expect(open().find('b1')).to.deep.equal(greenReport('b1'))
    expect(open().find('b2')).to.equal(undefined)
  })

  it('has what no broker has confirmed, until one does, and knows it from then on', () => {
    const store = open()
    store.add(greenReport('b1'))
    store.add(greenReport('b2'))
    expect(store.unconfirmed.map(({ build }) => build)).to.have.members(['b1', 'b2'])
    store.confirm('b1')
    store.confirm('b1')
    expect(open().unconfirmed).to.deep.equal([greenReport('b2')])
    expect(open().find('b1')).to.deep.equal(greenReport('b1'))
  })
}
