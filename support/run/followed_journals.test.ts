import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { findLeftHosts } from '../rollout/model/out_of_rotation'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { FollowedJournals } from './followed_journals'
import { readRunJournals } from './journals'

const AT = '2026-01-01T00:00:00.000Z'
const LINES = [
  { type: 'journal', version: 1 },
  { type: 'run', feature: 'x.feature', hash: '', mode: 'live', environment: 'test', pid: 1, order: 1 },
  { type: 'opened', obligation: 'is blocked', hosts: ['web1', 'web2'] },
  { type: 'scenario', scenarioId: '1', name: 'a' },
  { type: 'closed', obligation: 'is blocked', hosts: ['web1'] },
  { type: 'rollouts ended', passed: true, reason: '' },
].map((line) => JSON.stringify({ at: AT, ...line }))

describe('journals that are followed', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  it('tell at any byte of a growing journal what the journals tell that are read whole', () => {
    const text = journalText(...LINES)
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { minLength: 1, maxLength: 8 }), (cuts) => {
        const path = scratch.write('live/r1.journal.ndjson', '')
        const followed = new FollowedJournals(join(scratch.path, 'live'), () => true)
        let at = 0
        for (const cut of [...cuts, text.length].sort((a, b) => a - b)) {
          appendFileSync(path, text.slice(at, cut))
          at = cut
          const [own, whole] = [followed.read(), readRunJournals(join(scratch.path, 'live'))]
          expect(findLeftHosts(own.journals)).to.deep.equal(findLeftHosts(whole.journals))
          expect(own.faults).to.deep.equal(whole.faults)
          expect(own.journals.map(({ entries }) => entries)).to.deep.equal(
            whole.journals.map(({ entries }) => entries),
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are read anew where another file has their name, and forgotten where they are gone', () => {
    const path = scratch.write('live/r1.journal.ndjson', journalText(...LINES))
    const followed = new FollowedJournals(join(scratch.path, 'live'), ({ type }) => type === 'opened')
    expect(followed.read().journals[0]?.entries.map(({ type }) => type)).to.deep.equal(['opened'])
    rmSync(path)
    expect(followed.read()).to.deep.equal({ journals: [], faults: [] })
    writeFileSync(path, 'nothing of ours\n')
    expect(followed.read().faults).to.have.length(1)
    expect(followed.read().faults, 'the fault stays').to.have.length(1)
  })
})
