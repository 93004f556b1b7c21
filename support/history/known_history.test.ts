import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { LockstepError } from '../system/errors'
import { aRecord } from '../testing/a_record'
import { Scratch } from '../testing/scratch'
import { FileLog } from './file_log'
import type { HistoryEntry } from './history_record'
import { knownHistory, NOTHING_SHARED } from './known_history'
import { localRecords } from './local_records'
import { headBehind, NO_ENTRY } from './log'
import { shipRecords } from './ship'
import { HistoryStore } from './store'

describe('A history that is shared', () => {
  let scratch: Scratch
  let log: FileLog
  beforeEach(() => {
    scratch = new Scratch()
    log = new FileLog(join(scratch.path, 'log'))
  })
  afterEach(() => scratch.remove())

  const at = (...names: string[]) => join(scratch.path, ...names)
  const write = (
    host: string,
    run: string,
    change: Partial<HistoryEntry> = {},
    text = `journal of ${run}\n`,
  ) => {
    const journal = scratch.write('journal', text)
    const store = new HistoryStore(at(host))
    return store.write(
      { ...aRecord(), run, ...change },
      { feature: Buffer.from(`Feature: ${run}\n`), journal },
    )
  }
  const ship = (host: string) =>
    shipRecords(log, host, localRecords(new HistoryStore(at(host)), host, at(`${host}-shared`)).records)
  const seenBy = (host: string) => knownHistory(at(host), { origin: host, folder: at('log') }, NOTHING_SHARED)

  it('is the same on all control hosts, with the text and the journal of each run', async () => {
    write('a', 'run-1')
    write('b', 'run-2', { environment: 'test', ended: '2026-11-21T09:00:00.000Z' })
    for (const host of ['a', 'b']) await ship(host)
    expect(seenBy('a').all()).to.deep.equal(seenBy('b').all())
    expect(
      seenBy('a')
        .all()
        .runs.map(({ run }) => run),
    ).to.deep.equal(['run-1', 'run-2'])
    expect(seenBy('b').releasesOf('prod')).to.deep.equal(['1.2'])
    const [run] = seenBy('b').read('prod', '1.2').runs
    const known = seenBy('b')
    const paths = known.evidenceOf(known.all().runs[0] ?? expect.fail('none'))
    expect(run?.run).to.equal('run-1')
    expect(readFileSync(paths.feature, 'utf8')).to.equal('Feature: run-1\n')
    expect(readFileSync(paths.journal, 'utf8')).to.equal('journal of run-1\n')
  })

  it('has both of two runs that control hosts have given the same id', async () => {
    write('a', 'run-1', { by: 'ann' })
    write('b', 'run-1', { by: 'bob' })
    for (const host of ['a', 'b']) expect(await ship(host)).to.include({ appended: 1 })
    for (const host of ['a', 'b'])
      expect(
        seenBy(host)
          .all()
          .runs.map(({ by }) => by)
          .sort(),
      ).to.deep.equal(['ann', 'bob'])
  })

  it('goes by the last record of a run that was written again, and keeps the first', async () => {
    write('a', 'run-1', { outcome: 'cut off' })
    await ship('a')
    write('a', 'run-1', { outcome: 'failed' }, 'journal of run-1\nand more\n')
    expect(await ship('a')).to.deep.equal({ appended: 1, known: 0, faults: [] })
    expect(
      seenBy('b')
        .all()
        .runs.map(({ outcome }) => outcome),
    ).to.deep.equal(['failed'])
    expect(log.entries().map(({ revision }) => revision)).to.deep.equal([0, 1])
    const known = seenBy('b')
    const paths = known.evidenceOf(known.all().runs[0] ?? expect.fail('none'))
    expect(readFileSync(paths.journal, 'utf8')).to.equal('journal of run-1\nand more\n')
  })

  it('does not take a journal that was edited since, and says so', async () => {
    write('a', 'run-1')
    await ship('a')
    write('a', 'run-1', { outcome: 'failed' }, 'another journal\n')
    write('a', 'run-2')
    const { appended, faults } = await ship('a')
    expect(appended).to.equal(1)
    expect(faults).to.have.length(1)
    expect(faults[0]).to.match(/^the journal of run run-1 is not the one .* it was edited since/)
  })

  it('has the runs of a copied state folder once', async () => {
    write('a', 'run-1')
    cpSync(at('a'), at('b'), { recursive: true })
    write('b', 'run-2')
    for (const host of ['a', 'b']) await ship(host)
    for (const host of ['a', 'b', 'c'])
      expect(
        seenBy(host)
          .all()
          .runs.map(({ run }) => run)
          .sort(),
      ).to.deep.equal(['run-1', 'run-2'])
  })

  it('has own runs back whose files are gone', async () => {
    write('a', 'run-1')
    await ship('a')
    expect(
      knownHistory(at('empty'), { origin: 'a', folder: at('log') }, NOTHING_SHARED).all().runs,
    ).to.have.length(1)
  })

  it('says that it is not whole where another Lockstep has written what this one cannot read', async () => {
    const odd = {
      environment: 'prod',
      origin: 'b',
      run: 'run-9',
      revision: 0,
      feature: null,
      journal: null,
      record: '{"run":"run-9"}',
    }
    expect(await log.append(odd, NO_ENTRY)).to.equal(true)
    expect(seenBy('a').notKnown).to.match(
      /^run run-9 of another control host cannot be read: a newer Lockstep/,
    )
    const alien = { ...odd, run: 'run-8', record: JSON.stringify(aRecord({ run: 'run-7' })) }
    expect(await log.append(alien, headBehind(odd, NO_ENTRY))).to.equal(true)
    expect(seenBy('a').all().runs).to.deep.equal([])
  })

  it('says in a sentence that evidence cannot be written here', async () => {
    write('b', 'run-1')
    await ship('b')
    writeFileSync(at('log', 'evidence'), '')
    const known = seenBy('a')
    const [run = expect.fail('none')] = known.all().runs
    expect(() => known.evidenceOf(run))
      .to.throw(LockstepError)
      .with.property('message')
      .that.matches(/^what another control host has shared cannot be written here: /)
  })

  it('takes no run whose name leaves its folder or writes to a terminal', async () => {
    let head = NO_ENTRY
    for (const [index, run] of ['../../../../outside', 'a/b', '..', '\u001B[2Jgone', ''].entries()) {
      const row = {
        environment: 'prod',
        origin: `b${index}`,
        run,
        revision: 0,
        feature: Buffer.from('Feature: outside\n'),
        journal: null,
        record: JSON.stringify(aRecord({ run, environment: 'prod' })),
      }
      expect(await log.append(row, head)).to.equal(true)
      head = headBehind(row, head)
    }
    const known = seenBy('a')
    expect(known.all().runs).to.deep.equal([])
    expect(known.notKnown).to.match(/^run .* of another control host cannot be read/)
    // The copy has the entries themselves, under names that are safe.
    expect(readdirSync(scratch.path).sort()).to.deep.equal(['log'])
  })

  it('shows the name of a run that it cannot read in one clean line', async () => {
    const row = {
      environment: 'prod',
      origin: 'b',
      run: 'a\u001B[2J\nb',
      revision: 0,
      feature: null,
      journal: null,
      record: '{}',
    }
    expect(await log.append(row, NO_ENTRY)).to.equal(true)
    expect(seenBy('a').notKnown).to.match(/^run a b of another control host/)
  })
})
