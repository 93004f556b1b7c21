import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { featureOf } from '../testing/feature_lines'
import type { FeatureText, StepText } from './feature_text'
import { lint } from './lint'
import { rules } from './rules'
import { FeatureTimeline } from './feature_timeline'
import { SENTENCES } from '../sentences/catalogue'

const ROLLING = resolve(__dirname, '..', '..', 'features', 'deployments', 'rolling.feature')

describe('the linter', () => {
  it('finds a line once, however many rows its scenario has', () => {
    const feature = featureOf('When I disable puppet')
    const rows = { ...feature, scenarios: [...feature.scenarios, ...feature.scenarios] }
    expect(lint(rows)).to.have.length(1)
  })

  it('says what is wrong, why it matters and how to put it right, in lines of their own', () => {
    const [finding] = lint(featureOf('When I disable puppet'))
    expect(finding).to.deep.equal({
      uri: 'own.feature',
      line: 1,
      rule: 'block-without-unblock',
      severity: 'error',
      message: '"I disable puppet", and no line after it enables puppet again',
      why: 'The rollout would pass, and leave its hosts out of service, without alerts, or with puppet disabled.',
      fix: 'Say "I unblock the load balancer", "I end the downtime" or "I enable puppet" as one of the last lines.',
    })
  })

  it('takes any sequence of steps, in any order, with any arguments', () => {
    fc.assert(
      fc.property(anyFeature, (feature) => {
        const lines = new Set(feature.scenarios.flatMap(({ steps }) => steps.map(({ line }) => line)))
        const found = lint(feature)
        for (const { line, message } of found) {
          expect(lines.has(line)).to.equal(true)
          expect(message).not.to.match(/undefined|[\p{Cc}\p{Cf}]/u)
        }
        expect(new Set(found.map(({ line, rule }) => `${line} ${rule}`))).to.have.length(found.length)
      }),
      { numRuns: 500 },
    )
  })

  it('is done with thousands of steps', () => {
    const step = featureOf('When I block the load balancer').scenarios[0]?.steps ?? []
    const scenarios = Array.from({ length: 200 }, () => ({
      steps: Array(10).fill(step).flat() as StepText[],
    }))
    expect(lint({ ...featureOf(''), scenarios })).not.to.deep.equal([])
  })

  it('looks at each step a bounded number of times, however many rows a table has @long', () => {
    const looksPerStep = (rows: number) => {
      const feature = manyRows(rows)
      const story = new FeatureTimeline(feature)
      let looks = 0
      for (const moment of story.moments) {
        const { effect } = moment
        Object.defineProperty(moment, 'effect', { get: () => ((looks += 1), effect) })
      }
      for (const { find } of rules) find(story)
      return looks / story.moments.length
    }
    expect(looksPerStep(5_000)).to.be.below(looksPerStep(50) * 1.5)
  })

  it('finds nothing in a good feature, with any harmless lines added to it', () => {
    const good = readFileSync(ROLLING, 'utf8').split('\n')
    const steps = good.map((line) => line.trim()).filter((line) => /^(Given|When|Then|And) /.test(line))
    const split = steps.findIndex((line) => line.includes('I take the next'))
    const rows = ['1 host', '25%', 'the rest']
    const harmless = fc.constantFrom(
      'Then every host should answer',
      'And I wait 10 seconds between waves',
      'And up to 1 host may fail in each wave',
      'And the check disk should be ok',
      'And the service mywebapp should be running',
      'And the package mywebapp should be installed',
      'And the action status of the agent service should answer status "running"',
      'And the pool www should have 8 hosts in service',
    )
    const added = fc.array(fc.tuple(fc.nat(), harmless), { maxLength: 8 })
    fc.assert(
      fc.property(added, added, (before, during) => {
        const scenario = withAdded(steps.slice(split), during).join('\n')
        const scenarios = rows.map((row) => `Scenario\n${scenario.replace('<wave>', row)}`)
        const text = ['Background', ...withAdded(steps.slice(0, split), before), ...scenarios].join('\n')
        expect(lint(featureOf(text)).map(({ line, rule }) => `${line} ${rule}`)).to.deep.equal([])
      }),
    )
  })
})

function withAdded(steps: readonly string[], added: readonly (readonly [number, string])[]): string[] {
  const all = [...steps]
  // The first step stays first: it is the Given that names the balancer, or the step that takes the wave.
  for (const [at, line] of added) all.splice(1 + (at % all.length), 0, line)
  return all
}

const argument = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('a', 'b', '1', '2', '25%', '100%', 'the rest', 'each rack', '1 host', 'web1', '/web/'),
)

const anyStep: fc.Arbitrary<StepText> = fc.record({
  line: fc.integer({ min: 1, max: 60 }),
  text: fc.string({ unit: 'binary', maxLength: 30 }),
  expression: fc.constantFrom(...SENTENCES.keys(), 'a step of our own', undefined),
  arguments: fc.array(
    argument.map((value) => ({ type: undefined, value })),
    { maxLength: 3 },
  ),
  rows: fc.nat(3),
  keyword: fc.constantFrom('context' as const, 'action' as const, 'outcome' as const, 'unknown' as const),
})

const anyFeature: fc.Arbitrary<FeatureText> = fc.record({
  uri: fc.constant('own.feature'),
  scenarios: fc.array(fc.record({ steps: fc.array(anyStep, { maxLength: 12 }) }), { maxLength: 4 }),
  comments: fc.constant([]),
  places: fc.constant([]),
  whole: fc.boolean(),
})

/**
 * Makes a feature whose lines have something for every rule; each row has a wave, a backend and packages of its own.
 */
function manyRows(rows: number): FeatureText {
  const scenarios = Array.from(
    { length: rows },
    (_, n) => `Scenario
Given the load balancer is the haproxy backend www${n}
And I want to update hosts with class web
And I want to pre-discover how many hosts to update
And I take the next 1 host
When I block the load balancer
Then traffic from the load balancer should be blocked
When I update the package app${n}
Then the package version for app${n} should be 2
When I update the package lib${n}
When I unblock the load balancer
Then traffic from the load balancer should be unblocked`,
  )
  return featureOf(scenarios.join('\n'))
}
