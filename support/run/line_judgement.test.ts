import { expect } from 'chai'
import type { Verdict } from '../rollout/model/verdict'
import { LockstepError } from '../system/errors'
import { judgeCalls, judgeLine, type EndedLine } from './line_judgement'

const verdict = (passed: boolean): Verdict => ({
  observations: [{ host: 'a1', passed, kind: 'known', seen: passed ? 'OK' : 'CRITICAL' }],
  unexpected: [],
})
const noCalls = { left: undefined, swallowed: undefined }
const PASSED: EndedLine = {
  status: 'PASSED',
  error: undefined,
  hookFaults: [],
  verdict: verdict(true),
  speaks: true,
  hasReached: true,
  calls: noCalls,
}

describe('a line that has ended', () => {
  const nothing = { stops: false, fault: undefined, failedVerdict: undefined, teamFault: undefined }

  it('passes where cucumber, its hosts and the code behind it say so', () => {
    expect(judgeLine(PASSED)).to.deep.equal(nothing)
    expect(judgeLine({ ...PASSED, status: 'SKIPPED' })).to.deep.equal(nothing)
  })

  it('fails for the answers of hosts, whether or not the step has listened', () => {
    const { failedVerdict, teamFault } = judgeLine({
      ...PASSED,
      verdict: verdict(false),
      calls: { left: 'x', swallowed: undefined },
    })
    expect(failedVerdict).to.be.instanceOf(LockstepError).with.property('code', 'diverged')
    expect(teamFault).to.equal(undefined)
  })

  it('fails where its code has said nothing, has not waited, or has caught a failure', () => {
    const faultOf = (more: Partial<EndedLine>) => judgeLine({ ...PASSED, ...more }).teamFault
    expect(faultOf({ hasReached: false })?.error.message).to.contain('has said nothing to the rollout')
    expect(faultOf({ calls: { ...noCalls, left: 'this.rollout.x' } })?.error.message).to.contain(
      'ended before this.rollout.x(…) did',
    )
    const failure = new LockstepError('locked', 'a1 is locked')
    const fault = faultOf({ calls: { ...noCalls, swallowed: { name: 'y', error: failure } } })
    expect(fault).to.deep.include({ decides: true })
    expect(fault?.error).to.have.property('code', 'locked')
  })

  it('stops its rollout where it has not passed, and tells why where no verdict does', () => {
    const failed = { ...PASSED, status: 'FAILED', error: new Error('boom') }
    expect(judgeLine(failed)).to.deep.equal({ ...nothing, stops: true, fault: 'boom' })
    expect(judgeLine({ ...failed, verdict: verdict(false) })).to.deep.equal({ ...nothing, stops: true })
    expect(judgeLine({ ...failed, error: new LockstepError('locked', 'x') })).to.deep.equal({
      ...nothing,
      stops: true,
    })
  })

  it('has failed where a hook has, and where it never began', () => {
    expect(judgeLine({ ...PASSED, hookFaults: ['a', 'b'] })).to.deep.equal({
      ...nothing,
      stops: true,
      fault: 'b',
    })
    expect(judgeLine({ ...PASSED, status: undefined })).to.deep.include({ stops: true })
  })
})

describe('the calls that code has left behind', () => {
  it('are a fault in the order in which they can be mended', () => {
    expect(judgeCalls(noCalls)).to.equal(undefined)
    const both = { left: 'x', swallowed: { name: 'y', error: 'boom' } }
    expect(judgeCalls(both)).to.deep.include({ decides: false })
    expect(judgeCalls({ ...both, left: undefined })?.error.message).to.contain('y(…) failed')
  })
})
