import { StepDefinitionPatternType, type Envelope } from '@cucumber/messages'
import { expect } from 'chai'
import { ownContractOf } from '../rpc/contracts'
import { Preflight } from './preflight'

describe('what a feature is read by before it runs', () => {
  it('checks a line once that many rows of a table repeat', () => {
    let looks = 0
    const functionOf = () => {
      looks += 1
      return { parameters: 1, isOwn: true }
    }
    const preflight = new Preflight(() => [], functionOf)
    preflight.hear(definition)
    for (let n = 0; n < 100; n += 1) for (const told of row(n)) preflight.hear(told)
    const found = preflight
      .findings({ balancers: [], contractOf: ownContractOf })
      .map(({ message }) => message)
    expect(found).to.deep.equal(['the step takes a table, and there is none below it'])
    expect(looks).to.equal(1)
  })

  it('knows the features of which nothing is to be run, be they empty or left out', () => {
    const preflight = new Preflight(
      () => [],
      () => ({ parameters: 0, isOwn: true }),
    )
    for (const uri of ['x.feature', 'empty.feature', 'left-out.feature'])
      preflight.hear({ gherkinDocument: { uri, comments: [] } })
    for (const told of row(0)) preflight.hear(told)
    expect(preflight.idle).to.deep.equal(['empty.feature', 'left-out.feature'])
  })
})

const definition = {
  stepDefinition: {
    id: 'd',
    pattern: { source: 'a line', type: StepDefinitionPatternType.CUCUMBER_EXPRESSION },
    sourceReference: {},
  },
} as Envelope

/** Returns cucumber's messages for a scenario with one line. */
function row(n: number): Envelope[] {
  const steps = [{ id: `s${n}`, text: 'a line', astNodeIds: ['node'] }]
  const pickle = {
    id: `p${n}`,
    uri: 'x.feature',
    name: '',
    language: 'en',
    tags: [],
    astNodeIds: ['node'],
    steps,
  }
  const testSteps = [
    {
      id: `t${n}`,
      pickleStepId: `s${n}`,
      stepDefinitionIds: ['d'],
      stepMatchArgumentsLists: [{ stepMatchArguments: [] }],
    },
  ]
  return [{ pickle }, { testCase: { id: `c${n}`, pickleId: `p${n}`, testSteps } }] as Envelope[]
}
