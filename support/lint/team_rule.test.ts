import { expect } from 'chai'
import { featureOf } from '../testing/feature_lines'
import { lint } from './lint'
import type { Rule } from './rule'
import type { TeamRule } from './team_rule'

const FEATURE = featureOf('When I disable puppet\nWhen I enable puppet')

function ruleOf(find: unknown): TeamRule {
  const rule = { id: 'no-puppet', severity: 'error', why: 'It matters.', fix: 'Leave it.', find } as Rule
  return { rule, file: './rules.js' }
}

const found = (find: unknown, feature = FEATURE) =>
  lint(feature, [ruleOf(find)]).map(({ line, rule, severity, message }) => [line, rule, severity, message])

describe('a rule of a team', () => {
  const good: Rule['find'] = (timeline) =>
    timeline.of('disables puppet').map(({ line }) => ({ line, message: 'puppet is left alone here' }))

  it('finds what it looks for, beside the rules of Lockstep', () => {
    expect(found(good)).to.deep.equal([[1, 'no-puppet', 'error', 'puppet is left alone here']])
  })

  it('can be allowed by a comment, with a reason', () => {
    const comments = [{ line: 0, text: '# lockstep: allow no-puppet because it is a test' }]
    expect(found(good, { ...FEATURE, comments, places: [{ starts: 1, ends: 2 }] })).to.deep.equal([])
  })

  const broken: [string, unknown, string][] = [
    [
      'throws an error',
      () => {
        throw new Error('boom')
      },
      'boom',
    ],
    // oxlint-disable-next-line no-throw-literal
    [
      'throws a text',
      () => {
        throw 'boom'
      },
      'boom',
    ],
    ['returns nothing', () => undefined, 'it returned no list of faults'],
    ['answers later', async () => [], 'it returned a promise; a rule answers at once'],
    [
      'finds a fault without a line',
      () => [{ message: 'x' }],
      'a fault has no line; expected a whole number from 1',
    ],
    [
      'finds a fault without words',
      () => [{ line: 1, message: ' ' }],
      'a fault has no message; expected a sentence',
    ],
    ['finds nothing that is a fault', () => [null], 'a fault has no line; expected a whole number from 1'],
    [
      'has a severity of its own',
      () => [{ line: 1, message: 'x', severity: 'hint' }],
      'a fault has an unknown severity; expected error or warning',
    ],
  ]
  for (const [what, find, reason] of broken)
    it(`that ${what} is an error, and never passed over`, () => {
      expect(found(find)).to.deep.equal([
        [1, 'rule-failed', 'error', `the rule no-puppet of ./rules.js could not be applied: ${reason}`],
      ])
    })

  it('that could not be applied is not allowed by a comment', () => {
    const comments = [{ line: 0, text: '# lockstep: allow rule-failed because I say so' }]
    const feature = { ...FEATURE, comments, places: [{ starts: 1, ends: 2 }] }
    const rules = found(() => {
      throw new Error('boom')
    }, feature).map(([, rule]) => rule)
    expect(rules).to.have.members(['rule-failed', 'allow-unknown-rule'])
  })

  it('hides nothing from another rule, whatever it does to the feature', () => {
    const greedy = ruleOf((timeline: { moments: unknown[] }) => {
      timeline.moments.length = 0
      return []
    })
    const own = lint(featureOf('When I disable puppet'), [greedy, ruleOf(good)])
    expect(own.map(({ rule }) => rule)).to.have.members(['block-without-unblock', 'no-puppet'])
  })
})
