import { expect } from 'chai'
import fc from 'fast-check'
import type { JournalEntry } from '../rollout/model/journal_entry'
import { describeEntry } from './format_history'
import { historyEntryOf, type Entry } from './history_record'
import { recordIn } from './reading'

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
  mutating: true,
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
  { type: 'rollouts ended', passed: true, reason: '' },
)

describe('the record of a run', () => {
  it('has the gates at which it waited, with who answered where', () => {
    const waits = (gate: string): JournalEntry => ({
      type: 'gate waits',
      gate,
      question: 'Go on?',
      until: at,
    })
    const found = historyEntryOf(
      'run',
      entries(
        waits('1'),
        { type: 'gate ended', gate: '1', outcome: 'approved', by: 'bert', means: 'console' },
        { type: 'gate ended', gate: '1', outcome: 'approved', by: 'someone else', means: 'file' },
        waits('2'),
        { type: 'gate ended', gate: '2', outcome: 'late' },
        { type: 'gate ended', gate: 'unknown', outcome: 'approved', by: 'anna' },
        waits('3'),
      ),
    )
    expect(found?.gates).to.deep.equal([
      { question: 'Go on?', outcome: 'approved', by: 'bert', means: 'console', at },
      { question: 'Go on?', outcome: 'late', by: null, means: null, at },
    ])
    const whole = found && { ...found, drift: [] }
    expect(recordIn(JSON.stringify(whole))).to.deep.equal(whole)
    expect(whole && describeEntry(whole).lines).to.include.members([
      `Go on? approved by bert in the console, at ${at}`,
      `Go on? no one answered in time, at ${at}`,
    ])
  })

  it('has the order to each host, its state before and after, and what is not known', () => {
    const { changes = [], outcome, release, tickets } = historyEntryOf('run', updated) ?? {}
    expect({ outcome, release, tickets }).to.deep.equal({
      outcome: 'passed',
      release: '1.2',
      tickets: ['OPS-1'],
    })
    expect(
      changes.map(({ host, before, after, outcome: came, temporary }) => [
        host,
        before,
        after,
        came,
        temporary,
      ]),
    ).to.deep.equal([
      ['a', '1', '2', 'done', false],
      ['b', '1', null, 'no answer', false],
      ['a', null, null, 'done', true],
    ])
  })

  it('of a run that was killed says so, and that nothing is known of what it had asked', () => {
    const { outcome, changes } = historyEntryOf('run', entries(asked('update', ['a'], 'r'))) ?? {}
    expect(outcome).to.equal('cut off')
    expect(changes?.[0]?.outcome).to.equal('no answer')
  })

  it('is none without a roll call', () => {
    expect(historyEntryOf('run', [{ ...began, at }])).to.equal(undefined)
  })

  it('in safe mode is of what would be done, until it is left', () => {
    const noop = { ...began, mode: 'noop' }
    const list = entries({
      type: 'planned',
      step: 's',
      line: 1,
      resource: 'package web',
      temporary: false,
      fates: [{ from: '1', to: '2', hosts: ['a'] }],
    })
    const record = historyEntryOf('run', [{ ...noop, at }, ...list.slice(1)])
    expect([record?.mode, record?.changes[0]?.outcome]).to.deep.equal(['noop', 'would be done'])
    const activated: Entry = { type: 'activated', release: '1.2', at }
    expect(historyEntryOf('run', [{ ...noop, at }, activated, ...list.slice(1)])?.mode).to.equal('live')
  })

  it('of a run that hosts were allowed to fail in names them, and is not one that passed', () => {
    const end: JournalEntry = { type: 'rollouts ended', passed: false, reason: '', withinBudget: true }
    const { outcome, out } = historyEntryOf('run', entries({ type: 'out', hosts: ['b'] }, end)) ?? {}
    expect({ outcome, out }).to.deep.equal({ outcome: 'passed with failures', out: ['b'] })
    expect(historyEntryOf('run', entries(end))?.outcome, 'the feature beside it').to.equal('passed')
  })

  it('of a run that was refused before it sent anything was refused, and failed after that', () => {
    const end: JournalEntry = { type: 'rollouts ended', passed: false, reason: 'gate-closed' }
    expect(historyEntryOf('run', entries(end))?.outcome).to.equal('refused')
    expect(historyEntryOf('run', entries(asked('update', ['a'], 'r'), end))?.outcome).to.equal('failed')
    expect(historyEntryOf('run', entries({ ...end, reason: 'diverged' }))?.outcome).to.equal('failed')
  })

  it('of a run that a person stopped was interrupted, as its verdict says', () => {
    const end: JournalEntry = { type: 'rollouts ended', passed: false, reason: 'interrupted' }
    expect(historyEntryOf('run', entries(end))?.outcome).to.equal('interrupted')
    expect(historyEntryOf('run', entries(asked('update', ['a'], 'r'), end))?.outcome).to.equal('interrupted')
  })

  it('follows a host through several changes of one package', () => {
    const answered = (id: string): JournalEntry => ({
      type: 'answered',
      requestId: id,
      outcomes: { answered: ['a'] },
      interrupted: false,
    })
    const became = (version: string): JournalEntry => ({
      type: 'became',
      package: 'web',
      versions: { [version]: ['a'] },
    })
    const had = (version: string): JournalEntry => ({
      type: 'had',
      package: 'web',
      versions: { [version]: ['a'] },
    })
    const once = (id: string, before: string, after: string) => [
      had(before),
      asked('install', ['a'], id),
      answered(id),
      became(after),
    ]
    // A step that puts a version back looks afterwards, and not before.
    const back = once('r3', '3', '1').slice(1)
    const list = [...once('r1', '1', '2'), ...once('r2', '2', '3'), ...back, asked('install', ['a'], 'r4')]
    const { changes = [] } = historyEntryOf('run', entries(...list)) ?? {}
    expect(changes.map(({ before, after, outcome }) => [before, after, outcome])).to.deep.equal([
      ['1', '2', 'done'],
      ['2', '3', 'done'],
      ['3', '1', 'done'],
      ['1', null, 'no answer'],
    ])
  })

  it('has the state that a later look has seen, of a host that was silent or that lied', () => {
    const list = entries(
      { type: 'had', package: 'web', versions: { '1': ['a', 'b'] } },
      asked('update', ['a', 'b'], 'r'),
      { type: 'answered', requestId: 'r', outcomes: { answered: ['a'], silent: ['b'] }, interrupted: false },
      { type: 'became', package: 'web', versions: { '2': ['a'] } },
      { type: 'became', package: 'web', versions: { '1': ['a'], '2': ['b'] } },
    )
    expect(
      historyEntryOf('run', list)?.changes.map(({ host, before, after, outcome }) => [
        host,
        before,
        after,
        outcome,
      ]),
    ).to.deep.equal([['b', '1', '2', 'no answer']])
  })

  it('never throws, for any journal', () => {
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
      fc.constant<JournalEntry>({ type: 'rollouts ended', passed: false, reason: '' }),
    )
    fc.assert(
      fc.property(fc.array(entry), (list) => {
        const record = historyEntryOf('run', entries(...list))
        for (const change of record?.changes ?? [])
          expect(change.before === null || change.before !== change.after).to.equal(true)
      }),
    )
  })
})
