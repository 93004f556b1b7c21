import { expect } from 'chai'
import { aRecord } from '../testing/a_record'
import {
  formatDrift,
  hostsLeftAlone,
  hostsNotBroughtOn,
  judgeDrift,
  lastRuns,
  type CheckedRun,
} from './drift_check'

const record = aRecord({ hosts: ['a1', 'a2', 'a3'], out: ['a3'] })
const finding = { feature: 'x.feature', run: 'r', line: 7, text: 'Then x', host: 'a1', seen: 'no | x' }
const judge = (...checks: CheckedRun[]) =>
  judgeDrift({ where: 'release 1.2 in test', checks, alone: [], left: [], unread: undefined })

describe('the drift of a release', () => {
  it('is none where every line that looks still passes, on all hosts but those that were allowed to fail', () => {
    expect(formatDrift(judge({ record, findings: [], trouble: undefined }))).to.equal(
      'DRIFT OK: release 1.2 in test still passes on 2 hosts | hosts=2 drifted=0;;0\n',
    )
  })

  it('is critical where one host drifts, whatever else is not known', () => {
    const drifted = { record, findings: [finding], trouble: undefined }
    const unknown = { record, findings: [], trouble: 'the broker is away' }
    expect(formatDrift(judge(unknown, drifted))).to.equal(
      'DRIFT CRITICAL: release 1.2 in test no longer passes on 1 of 2 hosts: a1 | hosts=2 drifted=1;;0\na1: no / x (x.feature:7 Then x)\n',
    )
  })

  it('is looked for with the last run of each host where runs were limited, and says which hosts had none', () => {
    const whole = aRecord({ run: 'r1', hosts: ['a1', 'a2', 'a3'] })
    const limited = aRecord({ run: 'r2', hosts: ['a1'], outside: ['a2', 'a3'] })
    const again = aRecord({ run: 'r3', hosts: ['a1'], outside: ['a2', 'a3'] })
    expect(lastRuns([whole, limited, again]).map(({ run }) => run)).to.deep.equal(['r1', 'r3'])
    expect(lastRuns([limited, whole]).map(({ run }) => run)).to.deep.equal(['r1'])
    expect(hostsLeftAlone([whole, again])).to.deep.equal([])
    expect(hostsLeftAlone([limited])).to.deep.equal(['a2', 'a3'])
    const old = { record: whole, findings: [finding, { ...finding, host: 'a2' }], trouble: undefined }
    const found = judge(old, { record: again, findings: [], trouble: undefined })
    expect(found.findings.map(({ host }) => host)).to.deep.equal(['a2'])
    const alone = judgeDrift({
      where: 'x',
      checks: [{ record: limited, findings: [], trouble: undefined }],
      alone: ['a2', 'a3'],
      left: [],
      unread: undefined,
    })
    expect(alone.sentence).to.equal(
      'x still passes on 1 host; its runs were limited, and left out 2 hosts: a2, a3',
    )
  })

  it('is unknown where a part was not looked at, and never well', () => {
    const unknown = judge({ record, findings: [], trouble: 'the broker is away' })
    expect(unknown).to.deep.include({ state: 'UNKNOWN' })
    expect(formatDrift(unknown)).not.to.contain('|')
    const unread = { where: 'x', checks: [], alone: [], left: [], unread: 'y is no history that can be read' }
    expect(judgeDrift(unread)).to.deep.include({ state: 'UNKNOWN' })
  })

  it('has hosts that no run has brought on', () => {
    const stopped = aRecord({ hosts: ['a1', 'a9'], notDone: ['a9'], outcome: 'failed', run: 'other' })
    const left = hostsNotBroughtOn([stopped], [record])
    expect(left).to.deep.include({
      feature: stopped.feature,
      run: 'other',
      line: 0,
      text: '',
      host: 'a9',
      seen: `was not done in run other of ${stopped.feature}`,
    })
    expect(
      formatDrift(judgeDrift({ where: 'x', checks: [], alone: [], left, unread: undefined })),
    ).to.contain('a9: was not done')
  })

  it('is looked for in the last run of each feature that passed', () => {
    const [first, second] = [aRecord({ run: '1' }), aRecord({ run: '2' })]
    const other = aRecord({ run: '3', outcome: 'failed' })
    const plan = aRecord({ run: '4', mode: 'noop' })
    expect(lastRuns([first, second, other, plan]).map(({ run }) => run)).to.deep.equal(['2'])
  })
})
