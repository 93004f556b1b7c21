import { expect } from 'chai'
import { argumentFault } from './step_arguments'

const table = { dataTable: { rows: [] } }
const document = { docString: { content: 'x' } }
const team = (parameters: number) => ({ parameters, isOwn: false })
const own = (parameters: number) => ({ parameters, isOwn: true })

describe('the table or document below a line', () => {
  it('is as the function of its step takes it', () => {
    for (const [definition, values, argument] of [
      [team(0), 0, undefined],
      [team(2), 2, undefined],
      [team(2), 1, table],
      [team(1), 0, document],
      [own(3), 2, table],
    ] as const)
      expect(argumentFault(definition, values, argument)).to.equal(undefined)
  })

  const wrong: [string, Parameters<typeof argumentFault>, string][] = [
    ['one too many', [team(1), 1, table], 'the step takes no table, and there is one below it'],
    ['a document too many', [own(0), 0, document], 'the step takes no document, and there is one below it'],
    ['one that is missing', [own(3), 2, undefined], 'the step takes a table, and there is none below it'],
    [
      'a document for a table',
      [own(3), 2, document],
      'the step takes a table, and there is a document below it',
    ],
    [
      'one that is missing, or a callback',
      [team(1), 0, undefined],
      'a function that takes a callback has to return a promise instead',
    ],
    [
      'a function with too few parameters',
      [team(0), 1, undefined],
      'the function of the step has 0 parameters, and the line gives it 1 value',
    ],
    [
      'a function with too many',
      [team(3), 1, table],
      'the function of the step has 3 parameters, and the line gives it 2 values',
    ],
  ]
  for (const [what, args, said] of wrong)
    it(`is refused: ${what}`, () => expect(argumentFault(...args)).to.contain(said))
})
