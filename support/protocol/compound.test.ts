import { expect } from 'chai'
import fc from 'fast-check'
import { matchesCompound } from './compound'
import { compoundWords } from './compound_words'
import { Patterns } from './patterns'
import type { Plain } from './plain'
import { Refusal } from './refusal'

const host = {
  identity: 'web1',
  classes: ['roles::web', 'common'],
  agents: ['nrpe'],
  facts: { country: 'de', cores: '4' },
}
const DATA: Readonly<Record<string, Plain>> = { size: 10, kind: 'file', on: true, nothing: null }
const data = (name: string, _argument: string, field: string) =>
  name === 'stat' ? (DATA[field] ?? null) : undefined

const words = (expression: string): Plain => compoundWords(expression) ?? null
const call = (field: string, operator: string, wanted: Plain, name = 'stat'): Plain => [
  { fstatement: { name, params: '/x', operator, value: field, r_compare: wanted } },
]

describe('a compound filter', () => {
  const cases: [string, boolean][] = [
    ['country=de', true],
    ['country=fr', false],
    ['country=/^d/', true],
    ['cores>=4', true],
    ['cores<4', false],
    ['nowhere=1', false],
    ['roles::web', true],
    ['/^roles/', true],
    ['not roles::web', false],
    ['not not common', true],
    ['country=de and roles::web', true],
    ['country=fr or roles::web', true],
    ['( country=fr or roles::web ) and cores>3', true],
    ['country=de and ( roles::db or not environment=prod )', true],
    // Operators bind from left to right, without the usual precedence of `and` over `or`.
    ['roles::db and common or common', true],
    ['common or common and roles::db', false],
  ]
  for (const [expression, expected] of cases) {
    it(`${expected ? 'means' : 'does not mean'} the host by: ${expression}`, () =>
      expect(matchesCompound(words(expression), host, data, new Patterns())).to.equal(expected))
  }

  const calls: [Plain, boolean][] = [
    [call('size', '>', '9'), true],
    [call('size', '==', 10), true],
    [call('size', '<=', 'many'), false],
    [call('kind', '==', 'file'), true],
    [call('kind', '!=', 'file'), false],
    [call('kind', '>', 'a'), false],
    [call('on', '==', 'true'), true],
    [call('nothing', '==', 'x'), false],
    [call('size', '=~', '1'), false],
    [call('size', '==', 10, 'unknown'), false],
  ]
  for (const [expression, expected] of calls) {
    it(`asks data functions: ${JSON.stringify(expression)} is ${expected}`, () =>
      expect(matchesCompound(expression, host, data, new Patterns())).to.equal(expected))
  }

  it('that cannot be evaluated means no host, negated or not', () => {
    for (const bad of [
      '',
      'and',
      'not',
      '(',
      'country=de )',
      '( country=de',
      'country=de or',
      'country=de country=de',
    ])
      expect(matchesCompound(words(bad), host, data, new Patterns()), bad).to.equal(false)
    const negated = [{ not: 'not' }, ...(call('size', '==', 10, 'unknown') as Plain[])]
    expect(matchesCompound(negated, host, data, new Patterns())).to.equal(false)
    expect(matchesCompound(words(`${'not '.repeat(200)}common`), host, data, new Patterns())).to.equal(false)
  })

  it('with a pattern that cannot be used is refused: its negation must not mean everybody', () => {
    for (const bad of ['/[/', '/a(?=b)/', 'country=/\\1/', 'not /[/', 'not country=/d++/'])
      expect(() => matchesCompound(words(bad), host, data, new Patterns()), bad).to.throw(
        Refusal,
        'is no regular expression',
      )
  })

  it('throws nothing but a refusal, for any text', () => {
    const word = fc.oneof(
      fc.constantFrom<Plain>(
        { and: 'and' },
        { or: 'or' },
        { not: 'not' },
        { '(': '(' },
        { ')': ')' },
        { statement: 'common' },
      ),
      fc.dictionary(
        fc.constantFrom('statement', 'fstatement', 'x', '__proto__'),
        fc.jsonValue() as fc.Arbitrary<Plain>,
      ),
      fc.jsonValue() as fc.Arbitrary<Plain>,
    )
    fc.assert(
      fc.property(fc.oneof(fc.array(word), fc.jsonValue() as fc.Arbitrary<Plain>), (expression) => {
        try {
          expect(matchesCompound(expression as Plain, host, data, new Patterns())).to.be.a('boolean')
        } catch (error) {
          expect(error).to.be.instanceOf(Refusal)
        }
      }),
    )
  })
})
