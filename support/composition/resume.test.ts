import { expect } from 'chai'
import type { JournalEntry } from '../rollout/model/journal_entry'
import type { RunJournal } from '../run/journals'
import { checkpointFor } from './resume'

const FEATURE = {
  feature: 'web.feature',
  hash: 'abc',
  variables: new Map<string, string>(),
  limit: undefined,
}

function began(resumes?: string): Extract<JournalEntry, { type: 'run' }> {
  return {
    type: 'run',
    feature: 'web.feature',
    hash: 'abc',
    mode: 'live',
    environment: 'production',
    pid: 1,
    order: 1,
    ...(resumes === undefined ? {} : { resumes }),
  }
}

function journal(run: string, ...entries: JournalEntry[]): RunJournal {
  const at = '2026-11-22T00:00:00.000Z'
  return {
    run,
    path: `${run}.journal.ndjson`,
    entries: entries.map((entry) => ({ at, ...entry })),
    fault: undefined,
  }
}

describe('the run to go on from', () => {
  const first = journal(
    'r1',
    began(),
    { type: 'roll call', hosts: ['web1', 'web2'] },
    { type: 'out', hosts: ['web2'] },
  )

  it('is the one before, where a resumed run ended before its roll call', () => {
    const second = journal('r2', began('r1'))
    const checkpoint = checkpointFor(FEATURE, second, [first, second])
    expect(checkpoint?.run).to.equal('r1')
    expect([...(checkpoint?.out ?? [])]).to.deep.equal(['web2'])
  })

  it('is followed through several runs that ended before their roll calls', () => {
    const [second, third] = [journal('r2', began('r1')), journal('r3', began('r2'))]
    expect(checkpointFor(FEATURE, third, [first, second, third])?.run).to.equal('r1')
  })

  it('is not gone on from with another limit', () => {
    const limited = journal('r1', { ...began(), limit: 'web[1-2]' }, { type: 'roll call', hosts: ['web1'] })
    expect(() => checkpointFor(FEATURE, limited, [])).to.throw(
      'run r1 was limited to web[1-2], and this one is for all hosts of the roll call; give --limit as it was',
    )
    expect(() => checkpointFor({ ...FEATURE, limit: 'web3' }, first, [])).to.throw('is limited to web3')
    expect(checkpointFor({ ...FEATURE, limit: 'web[1-2]' }, limited, [])?.run).to.equal('r1')
  })

  it('is none, where no run has begun anything', () => {
    expect(checkpointFor(FEATURE, journal('r1', began()), [])).to.equal(undefined)
  })
})
