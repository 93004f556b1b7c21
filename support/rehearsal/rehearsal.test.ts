import { expect } from 'chai'
import fc from 'fast-check'
import { endingsOf, failuresOf } from './endings'
import { type HostTruth } from '../run/rehearsed'
import { faultNamed, parseFaults, usualFaults } from './fault_table'
import { needsOf } from './needs'
import { readRehearsal } from './rehearsal'
import type { PlannedStep } from '../run/run_parts'
import type { Phrase } from '../sentences/catalogue'

const OLD = ['package web 1', 'service web running']
const NEW = ['package web 2', 'service web running']
const DONE = ['package update', 'service restart']
const host = (name: string, change: Partial<HostTruth> = {}): HostTruth => ({
  host: name,
  before: OLD,
  after: NEW,
  done: DONE,
  served: true,
  named: false,
  silent: false,
  out: false,
  ...change,
})
const clean = [host('a'), host('b')]
const rehearsed = (truth: HostTruth[], exitCode: number) => {
  const endings = endingsOf(truth, clean)
  return {
    endings: endings.map(({ ending }) => ending),
    failures: failuresOf(truth, endings, endingsOf(clean, clean), exitCode),
  }
}

describe('where a host ends in a rehearsal', () => {
  it('is new or old, in rotation or out of it, and half-updated when it is neither', () => {
    const cases: [Partial<HostTruth>, string][] = [
      [{}, 'new, in rotation'],
      [{ served: false }, 'new, out of rotation'],
      [{ after: OLD, done: [] }, 'old, untouched'],
      [{ after: OLD, done: [], served: false }, 'old, out of rotation'],
      [{ after: OLD, done: ['package update'] }, 'old, told and not changed'],
      [{ done: ['package update'], served: false }, 'half-updated, out of rotation'],
      [{ done: ['package update'] }, 'half-updated, in rotation'],
      [{ after: ['package web 1', 'service web stopped'], done: [] }, 'half-updated, in rotation'],
    ]
    for (const [change, ending] of cases)
      expect(rehearsed([host('a', change)], 1).endings).to.deep.equal([ending])
  })

  it('fails the rehearsal when it is half-updated and served', () => {
    expect(rehearsed([host('a', { done: ['package update'] }), host('b')], 1).failures).to.deep.equal([
      'half-updated and in rotation: a',
    ])
  })

  it('fails it when it is out of rotation and the run does not say so', () => {
    expect(rehearsed([host('a', { served: false })], 1).failures).to.deep.equal([
      'out of rotation, and not accounted for: a',
    ])
    expect(rehearsed([host('a', { served: false, named: true })], 1).failures).to.deep.equal([])
  })

  it('fails it when the run says that it passed, and it has not; not for a host that was allowed to fail', () => {
    const lied = { after: OLD, done: ['package update'] }
    expect(rehearsed([host('a', lied), host('b')], 0).failures).to.deep.equal([
      'said to have passed, and has not: a',
    ])
    expect(rehearsed([host('a', lied), host('b')], 1).failures).to.deep.equal([])
    expect(rehearsed([host('a', { ...lied, out: true }), host('b')], 5).failures).to.deep.equal([])
  })
})

describe('a rehearsal of a fault', () => {
  const ended = { plan: undefined, said: 'the port is taken' }

  it('is read by the hosts that it knows of, and fails without any where that is what the fault does', () => {
    expect(readRehearsal({ ...ended, exitCode: 1, truth: clean })).to.deep.equal({
      exitCode: 1,
      truth: clean,
    })
    expect(readRehearsal({ ...ended, exitCode: 3, truth: [] })).to.deep.equal({ exitCode: 3, truth: [] })
  })

  it('has rehearsed nothing where it failed before it knew of any host, or did not end', () => {
    for (const exitCode of [0, 1, 2, 4, 5, 6, 130, undefined])
      expect(readRehearsal({ ...ended, exitCode, truth: [] })).to.equal('the port is taken')
    expect(readRehearsal({ ...ended, exitCode: 0, truth: undefined })).to.equal('the port is taken')
  })
})

const lines = ['I block the load balancer', 'I update the package web', 'I unblock the load balancer']
const EXPRESSIONS = [
  'I block the load balancer',
  'I update the package {package}',
  'I unblock the load balancer',
] as const satisfies readonly Phrase[]
const table = (...rows: string[][]) => ({ uri: 'x', line: 1, rows })

describe('a table of faults', () => {
  it('names host, fault and line', () => {
    expect(
      parseFaults(table(['host', 'fault', 'during'], ['web1', 'stops answering', 'I update']), lines),
    ).to.deep.equal([{ host: 'web1', fault: 'stops answering', during: 'I update' }])
    expect(parseFaults(table(['fault', 'host'], ['lies', 'last host']), lines)).to.deep.equal([
      { host: 'last host', fault: 'lies', during: undefined },
    ])
    expect(faultNamed('stops answering', 'x')).to.deep.equal({ name: 'silent', from: 1, during: 'x' })
  })

  it('says what is wrong with it', () => {
    const wrong: [string[][], string][] = [
      [[['who', 'fault']], 'has the columns host, fault'],
      [
        [
          ['host', 'fault'],
          ['a b', 'lies'],
        ],
        'is no host',
      ],
      [
        [
          ['host', 'fault'],
          ['a', 'explodes'],
        ],
        'there is no fault "explodes"',
      ],
      [
        [
          ['host', 'fault', 'during'],
          ['a', 'lies', 'I fly'],
        ],
        'no line of the feature has "I fly"',
      ],
      [[['host', 'fault']], 'is empty'],
      [[], 'has the columns'],
    ]
    for (const [rows, said] of wrong)
      expect(parseFaults(table(...rows), lines))
        .to.be.a('string')
        .that.contains(said)
  })

  it('is read or refused in a sentence, with any content', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string())), (rows) => {
        const read = parseFaults(table(...rows), lines)
        expect(typeof read === 'string' ? read.length > 0 : read.length > 0).to.equal(true)
      }),
    )
  })
})

describe('a feature that is rehearsed', () => {
  const step = (text: string, values: { type: string; value: string }[] = []) => ({ line: 1, text, values })
  const plan = [
    {
      uri: 'x',
      scenarioId: '1',
      name: 'x',
      wave: undefined,
      tags: [],
      steps: [
        step('the backend', [{ type: 'backend', value: 'www' }]),
        step('I update the package web', [{ type: 'package', value: 'web' }]),
        step('version', [
          { type: 'package', value: 'web' },
          { type: 'version', value: '2' },
        ]),
        step('the repository', [{ type: 'repository', value: 'site' }]),
        step('the tag', [{ type: 'tag', value: 'v2' }]),
        step('in', [
          { type: 'user', value: 'alice' },
          { type: 'site', value: 'intranet' },
        ]),
        step('running', [{ type: 'service', value: 'web' }]),
        step('ok', [{ type: 'check', value: 'http' }]),
      ],
    },
  ]

  it('needs what it names', () => {
    const { packages, repositories, sites, puppet, compiles, ...rest } = needsOf(plan)
    expect(compiles).to.equal(undefined)
    expect(puppet).to.deep.equal({ release: 'simulated', changes: {} })
    expect([...sites]).to.deep.equal([['intranet', ['alice']]])
    expect([...repositories]).to.deep.equal([['site', ['v2']]])
    expect([...packages]).to.deep.equal([['web', ['2']]])
    expect(rest).to.deep.equal({ services: ['web'], checks: ['http'], backends: ['www'] })
  })

  it('needs puppet masters that compile the repository that it named last, where it looks at what they serve', () => {
    const looks = {
      ...step('every puppet master should serve release 2'),
      expression: 'every puppet master should serve release {release}',
    }
    const after = step('the repository', [{ type: 'repository', value: 'other' }])
    expect(
      needsOf(plan.map((each) => ({ ...each, steps: [...each.steps, looks, after] }))).compiles,
    ).to.equal('site')
  })

  it('needs puppet code of the release that a line says in quotes, without them', () => {
    const applied = {
      ...step('puppet should have applied release "2026.11.3"', [{ type: 'string', value: '"2026.11.3"' }]),
      expression: 'puppet should have applied release {string}',
    }
    expect(needsOf(plan.map((each) => ({ ...each, steps: [applied] }))).puppet.release).to.equal('2026.11.3')
  })

  it('without faults of its own is rehearsed with those that its lines can have', () => {
    const faultsOf = (...steps: PlannedStep[]) => usualFaults(plan.map((each) => ({ ...each, steps })))
    const known = lines.map((line, index) => ({ ...step(line), expression: EXPRESSIONS[index] }))
    expect(faultsOf(...known.slice(1, 2)).map(({ fault }) => fault)).to.deep.equal([
      'stops answering',
      'fails',
      'lies',
    ])
    expect(faultsOf(...known)).to.have.length(5)
    expect(faultsOf(...known.slice(2)).map(({ during }) => during)).to.deep.equal([
      'I unblock the load balancer',
    ])
  })

  it('is rehearsed with those of a team’s own action where no other line changes hosts', () => {
    const faultsOf = (...steps: PlannedStep[]) => usualFaults(plan.map((each) => ({ ...each, steps })))
    const own = {
      ...step('the database is migrated'),
      expression: 'the database is migrated',
      isAction: true,
    }
    const change = { ...step('I update the package web'), expression: EXPRESSIONS[1], isAction: true }
    const during = (...steps: PlannedStep[]) => [...new Set(faultsOf(...steps).map((fault) => fault.during))]
    expect(during(own)).to.deep.equal(['the database is migrated'])
    expect(during(own, change)).to.deep.equal(['I update the package web'])
    expect(during({ ...own, isAction: false })).to.deep.equal([])
    expect(during({ ...step('I update the website'), isAction: false })).to.deep.equal([])
  })
})
