import { expect } from 'chai'
import { foldersIn } from './folders'

describe('the folders of a run', () => {
  it('are those that its own environment names, whichever the process began with', () => {
    expect(foldersIn({})).to.deep.equal({
      state: '.lockstep',
      history: '.lockstep/history',
      reports: 'reports',
    })
    expect(foldersIn({ LOCKSTEP_STATE: '/var/lib/x' }, { why: 'plan', reports: '/tmp/r' })).to.deep.equal({
      state: '/var/lib/x',
      history: '/var/lib/x/history',
      reports: '/tmp/r',
    })
  })
})
