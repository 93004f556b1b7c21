import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { HistoryStore } from './store'
import { historyEntryOf } from './history_record'
import { findLeftHosts, nextOrder } from '../rollout/model/out_of_rotation'
import { readRunJournals, type RunJournal } from '../run/journals'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { journalText } from '../testing/journal_text'
import { Scratch } from '../testing/scratch'
import { choosePrunable } from './prune'
import { pruneState } from './prune_state'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-01T00:00:00.000Z')
const X = 'blocks 192.168.1.1'

const runEntry = (order: number, more: object = {}): JournalEntry => ({
  type: 'run',
  feature: 'x.feature',
  hash: 'ab',
  mode: 'live',
  environment: 'test',
  pid: 1,
  order,
  ...more,
})
const opened = (...hosts: string[]): JournalEntry => ({ type: 'opened', obligation: X, hosts })
const closed = (...hosts: string[]): JournalEntry => ({ type: 'closed', obligation: X, hosts })
const asked: JournalEntry = {
  type: 'asked',
  step: 's',
  line: 1,
  requestId: 'q',
  agent: 'package',
  action: 'update',
  inputs: {},
  mutating: true,
  hosts: ['web1'],
}
const passed: JournalEntry = { type: 'rollouts ended', passed: true, reason: '' }
const failed: JournalEntry = { type: 'rollouts ended', passed: false, reason: 'diverged' }

/** Makes the journals of runs of a day each; the last run is a day old. */
const journalsOf = (stories: readonly (readonly JournalEntry[])[], ages?: readonly number[]): RunJournal[] =>
  stories.map((entries, index) => {
    const age = ages?.[index] ?? 200 - index
    const at = new Date(NOW - age * DAY).toISOString()
    const run = `20260101-0000${String(index).padStart(2, '0')}-abcd`
    return { run, path: run, fault: undefined, entries: entries.map((entry) => ({ at, ...entry })) }
  })

const removed = (journals: readonly RunJournal[], stopped = false) => {
  const { removable } = choosePrunable(journals, {
    before: NOW - 90 * DAY,
    stopped,
    neededFor: () => undefined,
  })
  return removable.map((journal) => journals.indexOf(journal))
}

describe('what can be pruned', () => {
  it('is every run that came to its end, but for the newest and the young', () => {
    const whole = (order: number) => [runEntry(order), asked, opened('web1'), closed('web1'), passed]
    expect(removed(journalsOf([whole(1), whole(2), whole(3)]))).to.deep.equal([0, 1])
    expect(removed(journalsOf([whole(1), whole(2), whole(3)], [200, 5, 4]))).to.deep.equal([0])
  })

  it('is no run that has hosts out, and none that has put hosts of such a run back', () => {
    const journals = journalsOf([
      [runEntry(1), asked, opened('web1', 'web2'), passed],
      [runEntry(2), asked, closed('web1'), passed],
      [runEntry(3), asked, passed],
      [runEntry(4), asked, passed],
    ])
    expect(removed(journals)).to.deep.equal([2])
  })

  it('is no stopped run, unless that is wanted or a later one has brought it to its end', () => {
    const stopped = [runEntry(1), asked, failed]
    const [, , , newest] = journalsOf([[], [], [], [runEntry(9), passed]])
    const run = (more: object, ...rest: JournalEntry[]) => [runEntry(2, more), asked, ...rest]
    const first = '20260101-000000-abcd'
    const after = (...next: JournalEntry[][]) =>
      removed([...journalsOf([stopped, ...next]), ...(newest ? [newest] : [])])
    expect(after([runEntry(2), asked, passed])).to.deep.equal([1])
    expect(after(run({ resumes: first }, passed))).to.deep.equal([0, 1])
    expect(after(run({ resumes: first }, failed))).to.deep.equal([])
    expect(after(run({ resumes: first, feature: 'y.feature' }, passed))).to.deep.equal([1])
    expect(after(run({ feature: `reports/recovery-${first}.feature` }, passed))).to.deep.equal([0, 1])
    expect(after(run({ feature: `reports/recovery-${first}-2.feature` }, passed))).to.deep.equal([1])
    expect(removed(journalsOf([stopped, [runEntry(2), passed]]), true)).to.deep.equal([0])
    expect(
      removed(
        journalsOf([
          [runEntry(1), failed],
          [runEntry(2), passed],
        ]),
      ),
    ).to.deep.equal([0])
  })

  it('leaves what hosts are out, and the order of runs, as they were, after each single removal @long', () => {
    const hosts = fc.subarray(['web1', 'web2', 'web3'], { minLength: 1 })
    const entry = fc.oneof(
      hosts.map((names) => opened(...names)),
      hosts.map((names) => closed(...names)),
      fc.constant(asked),
    )
    const story = fc
      .tuple(fc.integer({ min: 0, max: 8 }), fc.array(entry, { maxLength: 6 }), fc.boolean())
      .map(([order, entries, ends]) => [
        ...(order === 0 ? [] : [runEntry(order)]),
        ...entries,
        ...(ends ? [passed] : []),
      ])
    const fault = fc.constantFrom('cut off' as const, 'damaged' as const, undefined, undefined, undefined)
    const stories = fc.array(fc.tuple(story, fc.integer({ min: 1, max: 200 }), fault), { maxLength: 9 })
    let count = 0
    fc.assert(
      fc.property(stories, fc.boolean(), (made, stopped) => {
        const ages = made.map(([, age]) => age)
        const all = journalsOf(
          made.map(([entries]) => entries),
          ages,
        ).map((journal, index) => {
          const kind = made[index]?.[2]
          return kind === undefined ? journal : { ...journal, fault: { kind, what: 'is odd' } }
        })
        const { removable, kept } = choosePrunable(all, {
          before: NOW - 90 * DAY,
          stopped,
          neededFor: () => undefined,
        })
        let left = all
        for (const gone of removable) {
          count += 1
          left = left.filter((journal) => journal !== gone)
          expect(findLeftHosts(left)).to.deep.equal(findLeftHosts(all))
          expect(nextOrder(left)).to.equal(nextOrder(all))
        }
        const untold = all.filter(
          (journal, index) =>
            (ages[index] ?? 0) > 90 &&
            journal.entries.length > 0 &&
            !removable.includes(journal) &&
            !kept.some(({ run }) => run === journal.run),
        )
        expect(untold).to.deep.equal([])
      }),
      { numRuns: 2_000 },
    )
    // Some 560 of them: chance does not bring them below this.
    expect(count).to.be.greaterThan(300)
  })
})

describe('pruning', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const runs = ['20260101-000000-aaaa', '20260102-000000-bbbb', '20260103-000000-cccc'] as const
  const write = (index: number, ...entries: JournalEntry[]) => {
    const at = `2026-01-0${index + 1}T00:00:00.000Z`
    const lines = [{ type: 'journal', version: 1 }, runEntry(index + 1), ...entries]
    const text = journalText(...lines.map((line) => JSON.stringify({ at, ...line })))
    const path = scratch.write(`state/live/${runs[index] ?? ''}.journal.ndjson`, text)
    old(scratch.write(`state/logs/${runs[index] ?? ''}.log`, 'x'))
    return path
  }
  const old = (path: string) => utimesSync(path, NOW / 1000 - 100 * 86_400, NOW / 1000 - 100 * 86_400)
  const prune = (more: object = {}) =>
    pruneState({
      state: join(scratch.path, 'state'),
      reports: join(scratch.path, 'reports'),
      olderThan: 90 * DAY,
      stopped: false,
      dryRun: false,
      now: NOW,
      locks: [],
      isAlive: () => false,
      ...more,
    })
  const rollCall: JournalEntry = { type: 'roll call', hosts: ['web1'] }

  it('takes a journal with its log and recovery feature, plans and journals of runs that only read, and nothing else', () => {
    const path = write(0, asked, passed)
    write(1, asked, passed)
    const recovery = scratch.write(`reports/recovery-${runs[0]}-2.feature`, '')
    const plan = scratch.write('reports/plans/0123456789ab.json', '{}')
    old(plan)
    scratch.write('reports/rollout.html', '')
    const look = scratch.write(`state/plan/${runs[0]}.journal.ndjson`, 'x')
    old(look)
    old(scratch.write('state/plan/notes.txt', 'x'))
    const young = scratch.write(`state/plan/${runs[1]}.journal.ndjson`, 'x')
    utimesSync(young, NOW / 1000, NOW / 1000)
    old(scratch.write('state/history/test/r/runs/x.json', 'x'))
    const log = join(scratch.path, `state/logs/${runs[0]}.log`)
    const files = [path, look, log, recovery, plan]
    expect(prune({ dryRun: true }).files).to.deep.equal(files)
    expect(files.every((file) => existsSync(file))).to.equal(true)
    expect(prune()).to.deep.include({ files, runs: [runs[0]] })
    expect(files.filter((file) => existsSync(file))).to.deep.equal([])
    expect(readdirSync(scratch.path, { recursive: true })).to.include.members([
      'reports/rollout.html',
      'state/history/test/r/runs/x.json',
      'state/plan/notes.txt',
      `state/plan/${runs[1]}.journal.ndjson`,
      `state/logs/${runs[1]}.log`,
    ])
    expect(prune().files).to.deep.equal([])
  })

  it('takes what pages have noted of a stop or a put-back once its run is over, and nothing of a run that stays', () => {
    write(0, asked, passed)
    write(1, asked, passed)
    const [gone = '', stays = ''] = runs
    const note = (name: string, of?: string) => {
      const path = scratch.write(
        `state/console/${name}`,
        of === undefined ? '{}' : JSON.stringify({ run: of }),
      )
      old(path)
      return path
    }
    const took = [
      note(`stops/${gone}.json`),
      note('put-backs/20250101-000000-aaaa.json', gone),
      note('put-backs/20250101-000000-aaaa.log'),
      note('put-backs/20250101-000001-aaaa.log'),
    ]
    const kept = [
      note(`stops/${stays}.json`),
      note('stops/notes.txt'),
      note('put-backs/20250102-000000-aaaa.json', stays),
      note('put-backs/20250102-000000-aaaa.log'),
      note(`put-backs/${stays}.json`, gone),
      scratch.write('state/console/put-backs/20250103-000000-aaaa.json', JSON.stringify({ run: gone })),
    ]
    utimesSync(kept.at(-1) ?? '', NOW / 1000, NOW / 1000)
    expect(prune().files).to.include.members(took).and.not.include.members(kept)
    expect(took.filter((path) => existsSync(path))).to.deep.equal([])
    expect(kept.filter((path) => !existsSync(path))).to.deep.equal([])
  })

  it('leaves what the history does not have whole, and takes it once it has', () => {
    const journal = write(0, rollCall, asked, passed)
    write(1, passed)
    expect(prune()).to.deep.include({ files: [] })
    expect(prune().kept[0]?.why).to.contain(`history --write ${runs[0]}`)
    const [{ entries } = { entries: [] }] = readRunJournals(join(scratch.path, 'state/live')).journals
    const record = historyEntryOf(runs[0], entries)
    if (record === undefined) throw new Error('no record')
    new HistoryStore(join(scratch.path, 'state/history')).write(record, { feature: undefined, journal })
    expect(prune().runs).to.deep.equal([runs[0]])
  })

  it('leaves runs that are under way, have locks, or are damaged', () => {
    write(0, asked)
    write(2, passed)
    expect(prune({ stopped: true, isAlive: () => true, dryRun: true }).kept[0]?.why).to.contain('process')
    expect(prune({ stopped: true, locks: [{ run: runs[0] }], dryRun: true }).kept[0]?.why).to.contain('locks')
    scratch.write(`state/live/${runs[1]}.journal.ndjson`, 'junk\n')
    expect(prune({ stopped: true }).runs).to.deep.equal([runs[0]])
    expect(existsSync(join(scratch.path, `state/live/${runs[1]}.journal.ndjson`))).to.equal(true)
  })
})
