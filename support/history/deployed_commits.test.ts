import { expect } from 'chai'
import type { Change } from './changes'
import { carryingRuns, keyOfCommit } from './deployed_commits'

const A = 'a'.repeat(40)

const deploy = (host: string, more: Partial<Change> = {}): Change => ({
  host,
  line: 1,
  step: 'I deploy the tag',
  request: 'r',
  resource: 'git website',
  what: `git: deploy website v1 ${A}`,
  before: null,
  after: null,
  outcome: 'done',
  temporary: false,
  ...more,
})
const run = (
  name: string,
  changes: readonly Change[],
  mode: 'live' | 'noop' = 'live',
  began = '2026-01-01',
) => ({
  run: name,
  environment: 'test',
  mode,
  began,
  changes,
})

describe('the rollouts that carried a commit', () => {
  const carried = (...runs: Parameters<typeof carryingRuns>[0]) => carryingRuns(runs)

  it('are each named once, the oldest first, whatever their hosts answered', () => {
    const found = carried(
      run('20260102T000000Z-aaaa', [deploy('web1', { outcome: 'failed' })], 'live', '2026-01-02'),
      run('20260101T000000Z-bbbb', [deploy('web1'), deploy('web2')]),
    )
    expect(found.get(keyOfCommit('website', A))).to.deep.equal([
      { run: '20260101T000000Z-bbbb', environment: 'test', tag: 'v1', began: '2026-01-01' },
      { run: '20260102T000000Z-aaaa', environment: 'test', tag: 'v1', began: '2026-01-02' },
    ])
  })

  it('are no runs in safe mode, and no fetches', () => {
    const fetched = deploy('web1', { what: 'git: fetch website v1' })
    const planned = deploy('web1', { outcome: 'would be done' })
    expect(carried(run('a', [deploy('web1')], 'noop'), run('b', [fetched, planned])).size).to.equal(0)
  })

  it('are one where two features of one run deployed it', () => {
    const found = carried(
      run('20260101T000000Z-bbbb', [deploy('web1')]),
      run('20260101T000000Z-bbbb-2', [deploy('web2')]),
    )
    expect(found.get(keyOfCommit('website', A))?.map((each) => each.run)).to.deep.equal([
      '20260101T000000Z-bbbb',
    ])
  })
})
