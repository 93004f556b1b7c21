import { expect } from 'chai'
import { oddSelections } from './selections'

const CLASS = 'I want to update hosts with class {class}'
const FACT = 'I want to update hosts with fact {fact}'
const TABLE = 'I want to update the hosts:'
const UPDATE = 'I update the package {package}'

type Line = readonly [expression: string, value?: string, cells?: readonly string[]]

/** Returns a scenario of which the first step is on line `from`. */
function scenario(from: number, lines: readonly Line[], uri = 'x.feature') {
  const steps = lines.map(([expression, value = '', cells = []], index) => ({
    line: from + index,
    text: expression.replace(/\{\w+\}/, value),
    table: cells.map((cell) => [cell]),
    expression,
  }))
  return { uri, steps }
}

describe('selections of a feature', () => {
  const web: Line = [CLASS, 'web']
  const de: Line = [FACT, 'country=de']
  const update: Line = [UPDATE, 'mywebapp']

  it('are the same in every scenario, in any order, or none', () => {
    const scenarios = [[web, de, update], [de, web, update], [update]].map((lines) => scenario(1, lines))
    expect(oddSelections(scenarios)).to.deep.equal([])
    expect(oddSelections([scenario(1, [web]), scenario(1, [de], 'other.feature')])).to.deep.equal([])
  })

  for (const [what, lines, line, said] of [
    ['other hosts', [[CLASS, 'db'], update], 9, '"I want to update hosts with class db" selects other hosts'],
    ['fewer hosts', [web, de, [FACT, 'rack=1'], update], 11, 'fact rack=1" selects other hosts than line 1'],
    ['more hosts', [web, update], 9, 'the scenario of "I want to update hosts with class web" selects other'],
  ] as const)
    it(`are refused where a later scenario selects ${what}`, () => {
      const [found, ...others] = oddSelections([scenario(1, [web, de, update]), scenario(9, lines)])
      expect(found).to.include({ uri: 'x.feature', line })
      expect(found?.message).to.contain(said).and.to.contain('write a feature for each')
      expect(others).to.deep.equal([])
    })

  it('are refused where a table has other hosts', () => {
    const listed = (...cells: string[]) => [[TABLE, '', cells], update] as const
    const found = oddSelections([scenario(1, listed('web1')), scenario(5, listed('web2'))])
    expect(found.map(({ line }) => line)).to.deep.equal([5])
  })

  it('are refused behind a line that needs the hosts', () => {
    const [found] = oddSelections([scenario(1, [web, update, de])])
    expect(found).to.include({ line: 3 })
    expect(found?.message).to.contain('line 2 before it is for those that are selected already')
  })
})
