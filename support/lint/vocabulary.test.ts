import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { VOCABULARY } from './vocabulary'

const STEPS = resolve(__dirname, '..', '..', 'step_definitions')

describe('the vocabulary of the linter', () => {
  const sentences = readdirSync(STEPS).flatMap((name) =>
    [...readFileSync(join(STEPS, name), 'utf8').matchAll(/\b(?:Given|When|Then)\(\s*(['"])(.+?)\1/g)].map(
      ([, , sentence = '']) => sentence,
    ),
  )

  it('has every sentence, so that none is taken for a step that may do anything', () => {
    expect(sentences.filter((sentence) => !VOCABULARY.has(sentence))).to.deep.equal([])
  })

  it('has no sentence that is not there any more', () => {
    expect([...VOCABULARY.keys()].filter((sentence) => !sentences.includes(sentence))).to.deep.equal([])
  })
})
