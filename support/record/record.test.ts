import { expect } from 'chai'
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Scratch } from '../testing/scratch'
import { driftOf, recordOf, type Entry, type RunRecord } from './record'
import { RecordStore, safe } from './store'
import type { JournalEntry } from '../rollout/ports'

const at = '2026-11-21T08:00:00.000Z'
const began: JournalEntry = {
  type: 'run',
  feature: 'x.feature',
  hash: 'h',
  mode: 'live',
  environment: 'prod',
  pid: 1,
  order: 1,
  release: '1.2',
  by: 'me@here',
  tickets: ['OPS-1'],
}
const asked = (action: string, hosts: string[], id: string, agent = 'package'): JournalEntry => ({
  type: 'asked',
  step: 'I update',
  line: 5,
  requestId: id,
  agent,
  action,
  inputs: agent === 'package' ? { package: 'web' } : {},
  changes: true,
  hosts,
})
const hosts = ['a', 'b', 'c']
const entries = (...list: JournalEntry[]): Entry[] =>
  [began, { type: 'roll call' as const, hosts }, ...list].map((entry) => ({ ...entry, at }))

const updated = entries(
  { type: 'had', package: 'web', versions: { '1': ['a', 'b'], '2': ['c'] } },
  asked('update', hosts, 'r1'),
  {
    type: 'answered',
    requestId: 'r1',
    outcomes: { answered: ['a', 'c'], silent: ['b'] },
    interrupted: false,
  },
  { type: 'became', package: 'web', versions: { '2': ['a', 'c'] } },
  asked('block', ['a'], 'r2', 'iptables'),
  { type: 'answered', requestId: 'r2', outcomes: { answered: ['a'] }, interrupted: false },
  { type: 'end', held: true, reason: '' },
)

describe('the record of a run', () => {
  it('says what each host was told, what it had, what it got, and what is not known', () => {
    const { changes = [], outcome, release, tickets } = recordOf('run', updated) ?? {}
    expect({ outcome, release, tickets }).to.deep.equal({
      outcome: 'held',
      release: '1.2',
      tickets: ['OPS-1'],
    })
    expect(
      changes.map(({ host, before, after, outcome: came, holds }) => [host, before, after, came, holds]),
    ).to.deep.equal([
      ['a', '1', '2', 'done', false],
      ['b', '1', null, 'no answer', false],
      ['a', null, null, 'done', true],
    ])
  })

  it('of a run that was killed says so, and that nothing is known of what it had asked', () => {
    const { outcome, changes } = recordOf('run', entries(asked('update', ['a'], 'r'))) ?? {}
    expect(outcome).to.equal('cut off')
    expect(changes?.[0]?.outcome).to.equal('no answer')
  })

  it('is none without a roll call', () => {
    expect(recordOf('run', [{ ...began, at }])).to.equal(undefined)
  })

  it('in safe mode is of what would be done, until it is left', () => {
    const noop = { ...began, mode: 'noop' }
    const list = entries({
      type: 'foreseen',
      step: 's',
      line: 1,
      thing: 'package web',
      holds: false,
      fates: [{ from: '1', to: '2', hosts: ['a'] }],
    })
    const record = recordOf('run', [{ ...noop, at }, ...list.slice(1)])
    expect([record?.mode, record?.changes[0]?.outcome]).to.deep.equal(['noop', 'would be done'])
    const activated: Entry = { type: 'activated', release: '1.2', at }
    expect(recordOf('run', [{ ...noop, at }, activated, ...list.slice(1)])?.mode).to.equal('live')
  })

  it('finds drift where a host was changed that another run had reported as done; holding traffic back is none', () => {
    const record = recordOf('run', updated)
    if (record === undefined) throw new Error('no record')
    const earlier = { run: 'before', mode: 'live' as const, outcome: 'held' as const, hosts: ['a', 'z'] }
    expect(driftOf(record, [earlier])).to.deep.equal([
      { host: 'a', what: 'package: update web: 1 → 2', since: 'before' },
    ])
    expect(
      driftOf(record, [
        { ...earlier, mode: 'noop' },
        { ...earlier, outcome: 'stopped' },
        { ...earlier, run: 'run' },
      ]),
    ).to.deep.equal([])
    expect(driftOf({ ...record, release: 'unreleased' }, [earlier])).to.deep.equal([])
  })

  it('never throws, whatever a journal says', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', '__proto__'), { maxLength: 3 })
    const entry = fc.oneof(
      names.map((list): JournalEntry => asked('update', list, 'r')),
      names.map((list): JournalEntry => ({
        type: 'answered',
        requestId: 'r',
        outcomes: { answered: list },
        interrupted: false,
      })),
      names.map((list): JournalEntry => ({ type: 'had', package: 'web', versions: { '1': list } })),
      names.map((list): JournalEntry => ({ type: 'became', package: 'web', versions: { '2': list } })),
      fc.constant<JournalEntry>(began),
      fc.constant<JournalEntry>({ type: 'end', held: false, reason: '' }),
    )
    fc.assert(
      fc.property(fc.array(entry), (list) => {
        const record = recordOf('run', entries(...list))
        for (const change of record?.changes ?? [])
          expect(change.before === null || change.before !== change.after).to.equal(true)
      }),
    )
  })
})

describe('the store of records', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const write = (store: RecordStore, change: Partial<RunRecord> = {}) => {
    const record = recordOf('run-1', updated)
    if (record === undefined) throw new Error('no record')
    const journal = scratch.write('journal', 'the journal')
    return store.write({ ...record, ...change }, { feature: 'Feature: X', journal })
  }

  it('leads from a host, a release and a ticket to the run', () => {
    const store = new RecordStore(scratch.path)
    write(store)
    const read = (...path: string[]) =>
      JSON.parse(readFileSync(join(scratch.path, ...path), 'utf8')) as Record<string, unknown>
    expect(read('prod', '1.2', 'live', 'a.json')).to.deep.include({ host: 'a', release: '1.2' })
    expect(read('prod', '1.2', 'index.json')).to.deep.include({ tickets: ['OPS-1'] })
    expect(read('tickets', 'OPS-1', 'run-1.json')).to.deep.include({ run: 'run-1', environment: 'prod' })
    expect(existsSync(join(scratch.path, 'prod', '1.2', 'live', 'c.json'))).to.equal(false)
    expect(store.environments()).to.deep.equal(['prod'])
    expect(
      readFileSync(store.evidenceOf({ environment: 'prod', release: '1.2', run: 'run-1' }).feature, 'utf8'),
    ).to.equal('Feature: X')
  })

  it('keeps what other runs did to a host, and a run that is written twice once', () => {
    const store = new RecordStore(scratch.path)
    write(store)
    write(store, { run: 'run-2' })
    write(store, { run: 'run-2' })
    const { runs } = JSON.parse(
      readFileSync(join(scratch.path, 'prod', '1.2', 'live', 'a.json'), 'utf8'),
    ) as { runs: { run: string }[] }
    expect(runs.map(({ run }) => run)).to.deep.equal(['run-1', 'run-2'])
    expect(store.runsOf('prod', '1.2')).to.have.length(2)
  })

  it('knows the release that was heard of last', () => {
    const store = new RecordStore(scratch.path)
    write(store, { run: 'b', release: '9', ended: '2026-11-20' })
    write(store, { run: 'a', release: '10', ended: '2026-11-21' })
    expect(store.releasesOf('prod')).to.deep.equal(['9', '10'])
  })

  it('passes over a record that is damaged', () => {
    const store = new RecordStore(scratch.path)
    write(store)
    scratch.write('prod/1.2/runs/zzz.json', '{"run":')
    expect(store.runsOf('prod', '1.2').map(({ run }) => run)).to.deep.equal(['run-1'])
  })

  it('keeps every name within its folder', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(safe(name)).to.match(/^[\w.+-]+$/)
        expect(['', '.', '..']).not.to.include(safe(name))
      }),
    )
    expect(safe('../../etc')).to.equal('.._.._etc')
  })
})
