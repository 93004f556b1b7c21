import { join } from 'node:path'
import { expect } from 'chai'
import { HistoryStore } from './store'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { journalText } from '../testing/journal_text'
import { BEGAN } from '../testing/fake_fleet'
import { Scratch } from '../testing/scratch'
import { knownHistory, NOTHING_SHARED } from './known_history'
import { releasesInHistory, writeHistory } from './recording'

describe('the record of a run', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const at = '2026-01-01T00:00:00.000Z'
  const entries: JournalEntry[] = [
    BEGAN,
    { type: 'scenario', scenarioId: '3', name: 'one' },
    { type: 'roll call', hosts: ['web1'] },
    { type: 'scenario passed', scenarioId: '3' },
    { type: 'rollouts ended', passed: true, reason: '' },
  ]
  const all = [{ type: 'journal', version: 1 }, ...entries]
  const lines = journalText(...all.map((entry) => JSON.stringify({ at, ...entry }))).split(/(?<=\n)/)
  const recorded = (text: string) => {
    const history = join(scratch.path, 'history')
    const journal = scratch.write('live/20260101-000000-abcd.journal.ndjson', text)
    let message = ''
    try {
      writeHistory(journal, history)
    } catch (error) {
      message = (error as Error).message
    }
    return { message, outcomes: new HistoryStore(history).all().runs.map(({ outcome }) => outcome) }
  }

  it('is what its journal says', () => {
    expect(recorded(lines.join(''))).to.deep.equal({ message: '', outcomes: ['passed'] })
  })

  it('is none that passed where its journal was damaged, and that is said', () => {
    const damaged = lines.map((line, index) => (index === 4 ? line.replace('scenario', 'scenari0') : line))
    const { message, outcomes } = recorded(damaged.join(''))
    expect(message).to.match(/abcd\.journal\.ndjson is damaged from line 5 on, and what was done after that/)
    expect(outcomes).to.deep.equal(['cut off'])
  })

  it('is none that passed where a line of its journal was taken out', () => {
    const { message, outcomes } = recorded(lines.filter((_, index) => index !== 4).join(''))
    expect(message).to.match(/abcd\.journal\.ndjson is damaged from line 5 on/)
    expect(outcomes).to.deep.equal(['cut off'])
  })

  it('is that of a run that was cut off where the last line of its journal is', () => {
    const { message, outcomes } = recorded(lines.slice(0, -1).join('') + '0000')
    expect(message).to.equal('')
    expect(outcomes).to.deep.equal(['cut off'])
  })

  it('decides nothing while what other control hosts did is not known', async () => {
    const asked = { history: join(scratch.path, 'history'), environment: 'test', feature: 'x.feature' }
    const known = {
      ...knownHistory(asked.history, undefined, NOTHING_SHARED),
      notKnown: 'the database is away',
    }
    const open = async () => known
    const releases = releasesInHistory({ ...asked, current: '1.0', decide: true, open })
    await releases.catchUp?.()
    expect(() => releases.passedIn('test', '1.0')).to.throw(/nothing can be said .*: the database is away/)
    expect(() => releases.hasArrived('1.0')).to.throw(/nothing can be said .*: the database is away/)
  })
})
