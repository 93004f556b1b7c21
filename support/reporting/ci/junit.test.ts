import { expect } from 'chai'
import fc from 'fast-check'
import { seen, toldRun } from '../../testing/told_run'
import { xmlTree, type XmlNode } from '../../testing/xml_tree'
import { junitOf, junitOfRun, type JunitHead } from './junit'
import { suitesOf, type Result, type Suite } from './suites'

/** The attributes and children that Jenkins' junit-10.xsd lets elements have; those with a `!` are required. */
const KNOWN: Readonly<Record<string, { attributes: readonly string[]; children: readonly string[] }>> = {
  testsuites: { attributes: ['name', 'time', 'tests', 'failures', 'errors'], children: ['testsuite'] },
  testsuite: {
    attributes: ['name!', 'tests!', 'failures!', 'errors!', 'time', 'skipped', 'timestamp', 'file'],
    children: ['properties', 'testcase'],
  },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name!', 'value!'], children: [] },
  testcase: { attributes: ['name!', 'time', 'classname'], children: ['skipped', 'error', 'failure'] },
  skipped: { attributes: ['type', 'message'], children: [] },
  failure: { attributes: ['type', 'message'], children: [] },
  error: { attributes: ['type', 'message'], children: [] },
}
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/

describe('a JUnit report', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 30 })
  const hostile = fc.oneof(
    anything,
    fc.constantFrom(
      ']]>',
      '<![CDATA[',
      '--><a b="c',
      '\uD800',
      '\uDFFF\uD800',
      '\uFFFE\uFFFF',
      '\u0000\u001B[2J',
      '&amp;&#0;',
      '"\'<>\t\r\n',
    ),
  )
  const result: fc.Arbitrary<Result> = fc.oneof(
    fc.constant({ kind: 'passed' as const }),
    fc.record({ kind: fc.constant('skipped' as const), message: hostile }),
    fc.record({
      kind: fc.constantFrom('failure' as const, 'error' as const),
      type: hostile,
      message: hostile,
      details: hostile,
    }),
  )
  const suite: fc.Arbitrary<Suite> = fc.record({
    uri: hostile,
    name: hostile,
    began: fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined }),
    took: fc.double({ min: 0, max: 1e9, noNaN: true }),
    cases: fc.array(fc.record({ name: hostile, result }), { maxLength: 8 }),
  })

  it('is well formed, has the structure that Jenkins asks for, and counts right, for any answers of hosts', () => {
    fc.assert(
      fc.property(fc.array(suite, { maxLength: 5 }), (suites) => {
        const root = xmlTree(textOf(suites, [{ name: 'mode', text: 'plan' }]))
        expectKnown(root)
        expect(root.children).to.have.length(suites.length)
        root.children.forEach((node, index) => {
          const results = (suites[index]?.cases ?? []).map((each) => each.result.kind)
          const of = (kind: string) => String(results.filter((each) => each === kind).length)
          expect(node.attributes).to.include({
            tests: String(results.length),
            failures: of('failure'),
            errors: of('error'),
            skipped: of('skipped'),
          })
          expect(node.children[0]?.children[0]?.attributes).to.deep.equal({ name: 'mode', value: 'plan' })
          expect(
            node.children.slice(1).map(({ children: [first] }) => first?.name ?? 'passed'),
          ).to.deep.equal(results)
        })
        const sum = (key: string) =>
          root.children.reduce((n, { attributes }) => n + Number(attributes[key]), 0)
        for (const key of ['tests', 'failures', 'errors'])
          expect(Number(root.attributes[key])).to.equal(sum(key))
        expect(Number(root.attributes['time'])).to.be.closeTo(sum('time'), 0.001)
      }),
    )
  })

  it('says to the letter what can be said in XML', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const failure: Result = { kind: 'failure', type: 'diverged', message: text, details: text }
        const cases = [{ name: text, result: failure }]
        const root = xmlTree(textOf([{ uri: '', name: text, began: 0, took: 0, cases }]))
        const told = root.children[0]?.children[0]
        const legible = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
        expect(told?.attributes['name']).to.equal(legible)
        expect(told?.children[0]).to.deep.include({ text: legible, name: 'failure' })
        expect(told?.children[0]?.attributes['message']).to.equal(legible)
      }),
    )
  })

  it('has the time of a scenario in seconds, and as much when the times of its hosts are added up', () => {
    const verdict = seen({ web1: 'passed', web2: 'passed', web3: 'passed' })
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict }] }])
    const root = xmlTree(textOf([...suitesOf(run)]))
    const [node] = root.children
    expect(node?.attributes).to.include({ time: '3.000000', timestamp: '2026-01-01T00:00:00' })
    const times = (node?.children ?? []).map(({ attributes }) => Number(attributes['time']))
    expect(times).to.deep.equal([1, 1, 1])
  })

  it('has a class that Jenkins takes apart into the feature and the scenario', () => {
    const cases = [{ name: 'web1.example.net', result: { kind: 'passed' as const } }]
    const suites = [{ uri: 'features/a.b/web.feature', name: 'Update to 4.2.6', began: 0, took: 0, cases }]
    const [told] = xmlTree(textOf(suites)).children[0]?.children ?? []
    expect(told?.attributes).to.include({
      classname: 'features/a.b/web.Update to 4_2_6',
      name: 'web1.example.net',
    })
  })

  it('names the run, and says of every suite where it is from: a plan is not taken for a rollout', () => {
    const verdict = seen({ web1: 'passed' })
    const run = toldRun([{ scenarioId: '3', outcome: 'passed', steps: [{ line: 4, verdict }] }])
    run.mode = 'noop'
    const root = xmlTree([...junitOfRun(run)].join(''))
    expectKnown(root)
    expect(root.attributes['name']).to.equal(
      'lockstep 20260101-000000-abcd · PASSED (safe mode) · embedded fleet',
    )
    const properties = root.children[0]?.children[0]?.children.map(({ attributes }) => attributes)
    expect(properties).to.deep.include({ name: 'mode', value: 'safe mode' })
    expect(properties).to.deep.include({ name: 'by', value: 'me@here' })
  })

  it('of 10,000 hosts and ten lines is no larger than it has to be', () => {
    const hosts = Array.from({ length: 10_000 }, (_, index) => `web${index}.example.net`)
    const verdict = (last: string) =>
      seen(Object.fromEntries(hosts.map((host, index) => [host, index === 7_777 ? last : 'passed'])))
    const steps = Array.from({ length: 10 }, (_, index) => ({
      line: index + 4,
      verdict: verdict(index < 9 ? 'passed' : 'no'),
    }))
    const run = toldRun([{ scenarioId: '3', outcome: 'failed', steps }])
    const xml = textOf([...suitesOf(run)])
    expect(xml.length).to.be.below(3_000_000)
    expect(xmlTree(xml).attributes).to.include({ tests: '10000', failures: '1' })
  })
})

function textOf(suites: readonly Suite[], facts: JunitHead['facts'] = []): string {
  return [...junitOf(suites, { name: 'lockstep x', finished: 0, facts })].join('')
}

function expectKnown({ name, attributes, children }: XmlNode): void {
  const known = KNOWN[name]
  expect(known?.attributes.map((each) => each.replace('!', ''))).to.include.members(Object.keys(attributes))
  const wanted = known?.attributes.filter((each) => each.endsWith('!')).map((each) => each.slice(0, -1)) ?? []
  expect(Object.keys(attributes)).to.include.members(wanted)
  if (attributes['time'] !== undefined) expect(attributes['time']).to.match(TIME)
  for (const child of children) {
    expect(known?.children).to.include(child.name)
    expectKnown(child)
  }
}
