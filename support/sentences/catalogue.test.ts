import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { CATALOGUE, concludes, effectOf, groupOf, kindOf, SENTENCES, speaks } from './catalogue'
import { EFFECTS, GROUPS } from './effects'
import type { Sentence } from './sentence'

const STEPS = resolve(__dirname, '..', '..', 'step_definitions')

/** The step definitions as they are written: file, keyword, phrase, code. */
const defined = readdirSync(STEPS).flatMap((name) =>
  readFileSync(join(STEPS, name), 'utf8')
    .split(/^(?=\w+\()/m)
    .slice(1)
    .map((code) => {
      const [, keyword = '', phrase = ''] = /^(\w+)\(\s*'((?:[^'\\]|\\.)+)'/.exec(code) ?? []
      return { noun: basename(name, '.ts').replaceAll('_', ' '), keyword, phrase, code }
    }),
)
const catalogued = Object.entries(CATALOGUE).flatMap(([noun, sentences]) =>
  Object.entries<Sentence>(sentences).map(([phrase, { keyword }]) => ({ noun, keyword, phrase })),
)

describe('the catalogue of sentences', () => {
  it('has every sentence that is defined, under its noun and keyword, and no other', () => {
    expect(catalogued).to.have.deep.members(
      defined.map(({ noun, keyword, phrase }) => ({ noun, keyword, phrase })),
    )
  })

  it('has no phrase twice', () => {
    expect(SENTENCES.size).to.equal(catalogued.length)
  })

  it('tells a person what each does, in one sentence of one line', () => {
    for (const [phrase, { help }] of SENTENCES) {
      expect(help, phrase).to.match(/^[A-Z][^\n|]{8,84}\.$/)
      expect(help.split(' ').length, phrase).to.be.at.most(20)
    }
  })

  it('uses every kind of effect, and every group', () => {
    const kinds = new Set([...SENTENCES.values()].map(({ effect }) => effect))
    expect(Object.keys(EFFECTS)).to.have.members([...kinds])
    const groups = new Set([...kinds].map((kind) => EFFECTS[kind].group))
    expect(Object.keys(GROUPS)).to.have.members([...groups])
  })

  it('says of those that come to a verdict that they do, and of no others', () => {
    for (const { phrase, code } of defined)
      expect(concludes(phrase), phrase).to.equal(/\.to\.pass\(\)|expectToMove\(/.test(code))
  })

  it('has a When for what is done to hosts, and for nothing that is read-only', () => {
    for (const [phrase, { keyword }] of SENTENCES) {
      const group = groupOf(phrase) ?? ''
      const acts = ['changes', 'takes out', 'puts back', 'disables', 'enables', 'mutes', 'unmutes'].includes(
        group,
      )
      expect(keyword === 'When', phrase).to.equal(acts)
    }
  })

  it('knows nothing of a step of a team’s own, which may do what its keyword allows', () => {
    const keywords = ['context', 'action', 'outcome', 'unknown'] as const
    fc.assert(
      fc.property(
        fc.option(fc.string(), { nil: undefined }),
        fc.constantFrom(...keywords),
        (expression, keyword) => {
          fc.pre(expression === undefined || !SENTENCES.has(expression))
          const effect = effectOf({ expression, keyword, arguments: [], rows: 0 })
          expect(effect).to.deep.equal({
            kind: 'unknown',
            acts: keyword !== 'outcome',
            looks: keyword !== 'context',
          })
          expect([kindOf(expression), groupOf(expression)]).to.deep.equal([undefined, undefined])
          expect([concludes(expression), speaks(expression)]).to.deep.equal([false, false])
        },
      ),
    )
  })

  it('gives a sentence an effect of its kind, for any values; a wave of no size is unknown', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SENTENCES),
        fc.array(fc.string()),
        fc.nat(3),
        ([expression, { effect }], values, rows) => {
          const found = effectOf({
            expression,
            keyword: 'action',
            rows,
            arguments: values.map((value) => ({ value })),
          })
          expect(found.kind === effect || (effect === 'takes wave' && found.kind === 'unknown')).to.equal(
            true,
          )
        },
      ),
    )
  })
})
