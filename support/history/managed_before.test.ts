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
const managed = (version: string, resources: readonly string[], own = hosts): JournalEntry => ({
  type: 'puppet managed',
  run: 'r',
  versions: { [version]: own },
  digests: { d: own },
  shares: [{ resources, hosts: own }],
  unknown: {},
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
    return 'not' in told ? told.not : told.of(host) && [...(told.of(host) ?? [])].sort()
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

  it('is known to a control host that others have shared it with', async () => {
    record('1.0', [managed('1.0', ['Package[a]'])])
    const folder = `${scratch.path}/log`
    const { records } = localRecords(new HistoryStore(history()), 'a', `${scratch.path}/a`)
    await shipRecords(new FileLog(folder), 'a', records)
    const other = knownHistory(`${scratch.path}/none`, { origin: 'b', folder }, NOTHING_SHARED)
    const told = managedBefore(other, 'e', '1.0')
    expect('not' in told ? told.not : [...(told.of('web1') ?? [])]).to.deep.equal(['Package[a]'])
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
