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

  it('cuts what is too long before it is matched, and what is unknown before code is proposed for it', () => {
    const preflight = new Preflight(
      () => ['a variable that is not known'],
      () => ({ parameters: 1, isOwn: true }),
    )
    const long = row(0, 'x'.repeat(2_001))
    const unknown = row(1, 'y'.repeat(2_000), [])
    for (const told of [...long, ...unknown]) preflight.hear(told)
    const texts = [long, unknown].map(([told]) => told?.pickle?.steps[0]?.text.length)
    expect(texts).to.deep.equal([301, 301])
    const [first, ...others] = preflight
      .findings({ balancers: [], contractOf: ownContractOf })
      .map(({ message }) => message)
    expect(first).to.match(/^the step "x{80}…" has 2001 characters; at most 2000 are read: put the rest into/)
    expect(others).to.deep.equal(['a variable that is not known'])
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
function row(n: number, text = 'a line', definitions = ['d']): Envelope[] {
  const steps = [{ id: `s${n}`, text, astNodeIds: ['node'] }]
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
      stepDefinitionIds: definitions,
      stepMatchArgumentsLists: [{ stepMatchArguments: [] }],
    },
  ]
  return [{ pickle }, { testCase: { id: `c${n}`, pickleId: `p${n}`, testSteps } }] as Envelope[]
}
