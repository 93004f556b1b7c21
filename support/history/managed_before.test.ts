import { rmSync } from 'node:fs'
import { expect } from 'chai'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { BEGAN } from '../testing/fake_fleet'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { knownHistory, NOTHING_SHARED } from './known_history'
import { FileLog } from './file_log'
import { localRecords } from './local_records'
import { shipRecords } from './ship'
import { HistoryStore } from './store'
import { managedBefore, managedEarlier } from './managed_before'
import { writeHistory } from './recording'

const hosts = ['web1', 'web2']
const managed = (version: string, resources: readonly string[], own = hosts, run = 'r'): JournalEntry => ({
  type: 'puppet managed',
  run,
  versions: { [version]: own },
  digests: { d: own },
  shares: [{ resources, hosts: own }],
  unknown: {},
})

type Ended = Extract<JournalEntry, { type: 'puppet run ended' }>
type Asked = Extract<JournalEntry, { type: 'asked' }>
const ended = (run: string, states: Ended['states']): Ended => {
  const began = Object.fromEntries(Object.values(states).flatMap((own) => own.map((host) => [host, 1])))
  return { type: 'puppet run ended', run, requestId: run, noop: false, states, began }
}
/** The answer to the order `p` of a host that did not take it. */
const refused: JournalEntry = {
  type: 'answered',
  requestId: 'p',
  outcomes: { failed: ['web1'] },
  interrupted: false,
}
const ordered = (requestId: string): Asked => ({
  type: 'asked',
  step: 'I run puppet',
  line: 1,
  requestId,
  agent: 'puppet',
  action: 'runonce',
  inputs: { force: true },
  mutating: true,
  hosts,
})

describe('what the history knows of puppet’s resources', () => {
  let scratch: Scratch
  let hour = 0
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const history = () => `${scratch.path}/history`
  const known = () => knownHistory(history(), undefined, NOTHING_SHARED)
  /** Records a run of a release with what puppet managed in it. */
  const record = (release: string | undefined, entries: readonly JournalEntry[], environment = 'e') => {
    hour += 1
    const at = new Date(Date.UTC(2026, 10, 1, hour)).toISOString()
    const all = [
      { type: 'journal', version: 1 },
      { ...BEGAN, environment, ...(release === undefined ? {} : { release }) },
      { type: 'roll call', hosts },
      ...entries,
      { type: 'rollouts ended', passed: true, reason: '' },
    ]
    const name = `live/20261101-00000${hour % 10}-ab${String(hour).padStart(2, '0')}.journal.ndjson`
    return writeHistory(
      scratch.write(name, journalText(...all.map((entry) => JSON.stringify({ at, ...entry })))),
      history(),
    )
  }
  const before = (release: string, host = 'web1') => {
    const told = managedBefore(known(), 'e', release)
    const own = 'not' in told ? told : told.of(host)
    if (own === undefined) return undefined
    return 'not' in own ? own.not : [...own].sort()
  }

  it('is by the version of the catalog, whichever release the rollout was for', () => {
    record('9', [managed('2026.11.2 3f2a', ['Package[a]'])])
    record('2026.11.2', [managed('2026.11.1 3f2a', ['Package[b]'])])
    expect(before('2026.11.2')).to.deep.equal(['Package[a]'])
    expect(before('9')).to.match(/has no run of puppet in e that applied it/)
    expect(before('2026.11.2', 'web9')).to.equal(undefined)
  })

  it('is by the release of the rollout where the version is a time', () => {
    record('1.0', [managed('1795435417', ['Package[a]'])])
    expect(before('1.0')).to.deep.equal(['Package[a]'])
    expect(before('1795435417')).to.match(/no run of puppet/)
  })

  it('is all that any of its runs managed on a host, in that environment', () => {
    record('1.0', [managed('1.0', ['Package[a]'])])
    record('1.0', [managed('1.0', ['Package[b]'], ['web1'])])
    record('1.0', [managed('1.0', ['Package[c]'])], 'other')
    expect(before('1.0')).to.deep.equal(['Package[a]', 'Package[b]'])
    expect(before('1.0', 'web2')).to.deep.equal(['Package[a]'])
  })

  it('is not known where one of its runs at another commit has told nothing, or was killed before it did', () => {
    record('1.0', [managed('1.0 aaaa', ['Package[a]'])])
    record('1.0', [ended('s', { '1.0 aaaa': hosts })])
    expect(before('1.0')).to.deep.equal(['Package[a]'])
    record('1.0', [ended('t', { '1.0 bbbb': ['web1'] })])
    expect(before('1.0')).to.match(/run 2026.* ordered puppet on it, and what that managed was not told/)
    expect(before('1.0', 'web2')).to.deep.equal(['Package[a]'])
    expect(before('1.0', 'web9')).to.equal(undefined)
  })

  it('is known of a run that was ordered and not seen to end where it was told later, or the code was the same', () => {
    record('1.0', [managed('1.0 aaaa', ['Package[a]'])])
    record('1.0', [ordered('q1'), ordered('q2')])
    expect(before('1.0')).to.deep.equal(['Package[a]'])
    record('1.0', [managed('1.0 bbbb', ['Package[b]'])])
    expect(before('1.0')).to.match(/was not told/)
    record('1.0', [
      managed('1.0 bbbb', ['Package[b]'], hosts, 'lockstep-q1'),
      managed('1.0 bbbb', ['Package[c]'], hosts, 'lockstep-q2'),
    ])
    expect(before('1.0')).to.deep.equal(['Package[a]', 'Package[b]', 'Package[c]'])
  })

  it('is not known where a run told nothing, and the versions of its code are times', () => {
    record('1.0', [managed('1795435417', ['Package[a]'])])
    record('1.0', [ended('s', { '1795435999': ['web1'] })])
    expect(before('1.0')).to.match(/was not told/)
    expect(before('1.0', 'web2')).to.deep.equal(['Package[a]'])
  })

  it('is no matter of runs in noop, nor of hosts that refused the order', () => {
    record('1.0', [managed('1.0 aaaa', ['Package[a]']), managed('1.0 bbbb', ['Package[a]'])])
    record('1.0', [{ ...ended('s', { '1.0 cccc': hosts }), noop: true }])
    record('1.0', [{ ...ordered('q'), inputs: { noop: true } }, ordered('p'), refused])
    expect(before('1.0')).to.deep.equal(['Package[a]'])
    expect(before('1.0', 'web2')).to.match(/was not told/)
  })

  it('is known to a control host that others have shared it with', async () => {
    record('1.0', [managed('1.0', ['Package[a]'])])
    const folder = `${scratch.path}/log`
    const { records } = localRecords(new HistoryStore(history()), 'a', `${scratch.path}/a`)
    await shipRecords(new FileLog(folder), 'a', records)
    const other = knownHistory(`${scratch.path}/none`, { origin: 'b', folder }, NOTHING_SHARED)
    const told = managedBefore(other, 'e', '1.0')
    expect('not' in told ? told.not : told.of('web1')).to.deep.equal(new Set(['Package[a]']))
    const away = knownHistory(history(), undefined, { ...NOTHING_SHARED, notKnown: 'the database is away' })
    expect(managedBefore(away, 'e', '1.0')).to.deep.equal({ not: 'the database is away' })
  })

  it('is not known where a journal is gone', () => {
    const [run] = record('1.0', [managed('1.0', ['Package[a]'])])
    if (run === undefined) throw new Error('no record')
    rmSync(known().evidenceOf(run).journal)
    expect(before('1.0')).to.match(/the journal of run .* cannot be read/)
    expect(managedEarlier(known(), 'e', '1.0')).to.have.property('not')
  })

  it('has the resources of earlier releases, each with the last that managed it, and what may remain', () => {
    record('1.0', [managed('1.0', ['Package[a]', 'Package[b]'])])
    record('1.1', [managed('1.1', ['Package[b]'], ['web1'])])
    record('1.2', [managed('1.2', []), { type: 'may remain', resources: ['Package[a]'] }])
    record('1.3', [managed('1.3', ['Package[later]'])])
    const told = managedEarlier(known(), 'e', '1.2')
    if (told === undefined || 'not' in told) throw new Error('nothing is known')
    expect(told.hosts).to.deep.equal(hosts)
    expect([...told.of('web1')]).to.deep.equal([
      ['Package[a]', '1.0'],
      ['Package[b]', '1.1'],
    ])
    expect([...told.mayRemain]).to.deep.equal(['Package[a]'])
    expect(managedEarlier(known(), 'e', '1.0')).to.equal(undefined)
  })
})
