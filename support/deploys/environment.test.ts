import { expect } from 'chai'
import { environmentOf } from './environment'

describe('the variables of a rollout that lockstep serve begins', () => {
  it('have no setting of this process that would make another rollout of it', () => {
    const env = {
      LOCKSTEP_SAFE_MODE: 'on',
      LOCKSTEP_LIMIT: 'web1',
      LOCKSTEP_VARIABLES: 'tag=v0',
      LOCKSTEP_RESUME: 'x',
      LOCKSTEP_STATE: 'state',
      PATH: '/bin',
      TOKEN: 'of lockstep.yaml',
      EMPTY: '',
    }
    expect(environmentOf(env, '/srv', { LOCKSTEP_RUN: 'r' })).to.deep.equal({
      PATH: '/bin',
      TOKEN: 'of lockstep.yaml',
      LOCKSTEP_RUN: 'r',
    })
  })

  it('have the locks and keys of this process, wherever that was started', () => {
    const env = {
      LOCKSTEP_LOCKS: 'locks',
      MCOLLECTIVE_CONFIG: '/etc/client.cfg',
      MCOLLECTIVE_SSL_PUBLIC: 'a.pem',
    }
    expect(environmentOf(env, '/srv', {})).to.deep.equal({
      LOCKSTEP_LOCKS: '/srv/locks',
      MCOLLECTIVE_CONFIG: '/etc/client.cfg',
      MCOLLECTIVE_SSL_PUBLIC: '/srv/a.pem',
    })
  })
})
