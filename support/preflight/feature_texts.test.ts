import type { GherkinDocument, Pickle, TestCase } from '@cucumber/messages'
import { expect } from 'chai'
import { featureTexts, type Heard } from './feature_texts'

const at = (line: number) => ({ location: { line } })
const words = { keyword: '', name: '', description: '' }
const step = (line: number) => ({ ...at(line), keyword: 'When ', text: 'x', id: `s${line}` })
const row = (line: number) => ({ ...at(line), cells: [], id: `r${line}` })
const table = { ...at(9), ...words, tags: [], id: 't', tableBody: [row(11), row(12)] }
const document: GherkinDocument = {
  uri: 'own.feature',
  comments: [{ ...at(1), text: '# one' }],
  feature: {
    ...at(3),
    ...words,
    language: 'en',
    tags: [{ ...at(2), name: '@a', id: 'a' }],
    children: [
      { background: { ...at(4), ...words, id: 'b', steps: [step(5)] } },
      { scenario: { ...at(7), ...words, id: 'c', tags: [], steps: [step(8)], examples: [table] } },
    ],
  },
}
const pickle = (id: string): Pickle => ({
  ...words,
  id,
  uri: 'own.feature',
  language: 'en',
  tags: [],
  astNodeIds: ['c'],
  steps: [{ id: `p${id}`, text: 'x', astNodeIds: ['s8'] }],
})
const testCase = (id: string, stepDefinitionIds: readonly string[]): TestCase => ({
  id: `case ${id}`,
  pickleId: id,
  testSteps: [
    {
      id: 'e',
      pickleStepId: `p${id}`,
      stepDefinitionIds,
      stepMatchArgumentsLists: [
        { stepMatchArguments: [{ parameterTypeName: 'word', group: { children: [], value: 'y' } }] },
      ],
    },
  ],
})
const heard: Heard = {
  documents: [document],
  pickles: new Map([pickle('1'), pickle('2')].map((each) => [each.id, each])),
  testCases: [testCase('1', ['d']), testCase('2', ['d', 'e'])],
  lines: new Map([['s8', 8]]),
  expressions: new Map([['d', 'the {word}']]),
}

describe('the texts of features', () => {
  const [text] = featureTexts(heard)

  it('have the steps as they were matched, and no sentence where several match', () => {
    const [first, second] = text?.scenarios.map(({ steps }) => steps[0]) ?? []
    expect(first).to.deep.equal({
      line: 8,
      text: 'x',
      expression: 'the {word}',
      arguments: [{ type: 'word', value: 'y' }],
      rows: 0,
      keyword: 'unknown',
    })
    expect(second?.expression).to.equal(undefined)
  })

  it('have all that a comment can stand before, from its tags to its last line', () => {
    const places = text?.places.map(({ starts, ends }) => `${starts}-${ends}`)
    expect(places).to.have.members(['2-12', '4-5', '5-5', '7-12', '8-8', '9-12', '11-11', '12-12'])
  })

  it('are whole when every scenario is run, and are not there when none is', () => {
    const run = (...testCases: TestCase[]) => featureTexts({ ...heard, testCases }).map(({ whole }) => whole)
    expect(run(...heard.testCases)).to.deep.equal([true])
    expect(run(testCase('1', ['d']))).to.deep.equal([false])
    expect(run()).to.deep.equal([])
  })
})
