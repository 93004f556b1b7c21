import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { statusIn } from './status'

describe('what is said of hosts that are out', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const write = (run: string, order: number, environment: string, host: string, ...more: object[]) => {
    const at = '2026-01-01T00:00:00.000Z'
    const [feature, hash, mode, pid] = ['x.feature', '', 'live', 1]
    const lines = [
      { type: 'journal', version: 1 },
      { type: 'run', feature, hash, mode, environment, pid, order },
      { type: 'opened', obligation: 'blocks 192.168.1.1', hosts: [host] },
      ...more,
    ]
    const text = journalText(...lines.map((line) => JSON.stringify({ at, ...line })))
    scratch.write(`.lockstep/live/${run}.journal.ndjson`, text)
  }

  it('puts them back in the environment that they were taken out in', () => {
    write('r1', 1, 'test', 'web1')
    write('r2', 2, '/etc/mcollective/client.cfg', 'web2')
    const { text, exitCode } = statusIn(scratch.path, {}, () => false)
    expect(exitCode).to.equal(1)
    expect(text).to.match(/put back: .*put-back --run r1 --environment test\n/)
    expect(text).to.match(
      /put back: .*\bMCOLLECTIVE_CONFIG=\/etc\/mcollective\/client\.cfg .*put-back --run r2\n/,
    )
    expect(text).not.to.match(/put-back --run r2 --environment/)
  })

  it('names no way to put back what a rollout under way has taken out', () => {
    write('r1', 1, 'test', 'web1')
    write('r2', 2, 'test', 'web2')
    const { text, exitCode } = statusIn(scratch.path, {}, () => true)
    expect(exitCode).to.equal(1)
    expect(text)
      .to.contain('Out of rotation: 2 hosts')
      .and.to.contain('since 2026-01-01T00:00:00.000Z, by run r1')
    expect(
      text.match(/its rollout is under way; this says how hosts are put back once it is over/g),
    ).to.have.length(2)
    expect(text).not.to.contain('put-back')
    expect(text).not.to.contain('by hand')
  })

  it('names the way again once the rollout has said its end; its process may still write reports', () => {
    write('r1', 1, 'test', 'web1', { type: 'rollouts ended', passed: false, reason: 'diverged' })
    expect(statusIn(scratch.path, {}, () => true).text).to.contain('put-back --run r1')
  })

  it('says where it has looked: a person in another folder would take the silence for good', () => {
    expect(statusIn(scratch.path, {}, () => false).text).to.equal(
      `There is no journal of a live run here.\nJournals are looked for in ${scratch.path}/.lockstep/live.\n`,
    )
  })

  it('calls nothing clear while the folder of journals is a link to nowhere', () => {
    symlinkSync('unmounted', join(scratch.path, '.lockstep'))
    const { text, exitCode } = statusIn(scratch.path, {}, () => false)
    expect(text).to.match(
      /^Not everything is known: .*\.lockstep is a link to nowhere; mount or mend what it leads to\.\n/,
    )
    expect(exitCode).to.equal(1)
  })
})
