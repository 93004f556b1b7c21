import { expect } from 'chai'
import { faultOfProfileOptions } from './profile_options'

describe('the options of profiles', () => {
  it('are a team’s own', () => {
    expect(faultOfProfileOptions({})).to.equal(undefined)
    expect(faultOfProfileOptions({ fleet: 'fleet.yaml', own: { smoke: {} } })).to.equal(undefined)
  })

  it('are refused where one is unknown', () => {
    expect(faultOfProfileOptions({ flet: 'x' } as object)).to.contain('flet')
  })

  it('name no profile like one of Lockstep’s', () => {
    expect(faultOfProfileOptions({ own: { live: {} } })).to.contain("the profile live is Lockstep's")
  })
})
