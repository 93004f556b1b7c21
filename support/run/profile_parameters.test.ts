import { expect } from 'chai'
import { PROFILE_NAMES } from './modes'
import { parametersOf } from './profile_parameters'

describe('what a profile says of its runs', () => {
  it('is the same for hooks and for the plugin', () => {
    for (const name of PROFILE_NAMES) {
      const { worldParameters, pluginOptions } = parametersOf(name, 'fleet.yaml')
      if (pluginOptions !== undefined) expect(pluginOptions.lockstep, name).to.include(worldParameters)
    }
  })

  it('names the embedded fleet only where it is spoken to', () => {
    expect(parametersOf('default', 'fleet.yaml').worldParameters).to.have.property('fleet', 'fleet.yaml')
    expect(parametersOf('ci', undefined).worldParameters).not.to.have.property('fleet')
    expect(parametersOf('live', 'fleet.yaml').worldParameters).to.deep.equal({ mode: 'live' })
  })

  it('only reads with lint, and lints with ci', () => {
    expect(PROFILE_NAMES.filter((name) => parametersOf(name, undefined).onlyReads)).to.deep.equal(['lint'])
    const lints = PROFILE_NAMES.filter((name) => parametersOf(name, undefined).pluginOptions?.lockstep.lint)
    expect(lints).to.deep.equal(['lint', 'ci'])
  })

  it('stands beside another one to check idempotence', () => {
    expect(parametersOf('idempotence', 'fleet.yaml')).to.deep.equal({
      onlyReads: false,
      worldParameters: { idempotence: true },
      pluginOptions: undefined,
    })
  })
})
