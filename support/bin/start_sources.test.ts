import { expect } from 'chai'
import { NO_RIGHTS } from '../people/rights_now'
import { Scratch } from '../testing/scratch'
import { startSources } from './start_sources'

describe('who approves a start', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const write = (approval: string) =>
    scratch.write(
      'lockstep.yaml',
      `environments: { test: {}, production: {} }\nconsole: { people: p, policy: q, approval: ${approval} }\n`,
    )

  it('is what lockstep.yaml says at that moment, and another person while it says nothing', () => {
    const config = write('none')
    const desk = { starter: undefined, fault: undefined }
    const { approvalIn } = startSources(
      { features: [], environments: ['test'] },
      { config, state: scratch.path, env: {}, desk, rights: NO_RIGHTS },
    )
    expect(approvalIn('test')).to.equal('none')
    write('{ production: anybody }')
    expect([approvalIn('test'), approvalIn('production')]).to.deep.equal(['another person', 'anybody'])
    write('none')
    expect(approvalIn('production')).to.equal('none')
    write('nobody at all')
    expect(approvalIn('production')).to.equal('another person')
  })
})
