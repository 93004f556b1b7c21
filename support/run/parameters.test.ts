import { expect } from 'chai'
import { WORLD_PARAMETERS } from '../config/settings'
import { expectMeaningful, type RunParameters } from './parameters'

describe('the parameters of a run', () => {
  it('are the world parameters of the table of settings', () => {
    const all: Readonly<Record<keyof RunParameters, true>> = {
      mode: true,
      intent: true,
      idempotence: true,
      plan: true,
      release: true,
      limit: true,
      environment: true,
      fleet: true,
      resume: true,
    }
    expect(Object.keys(all)).to.have.members([...WORLD_PARAMETERS])
  })

  const said =
    (parameters: object, env = {}) =>
    () =>
      expectMeaningful(parameters as RunParameters, env)

  it('go to the hosts that their intent is for', () => {
    expect(said({ mode: 'embedded', intent: 'plan' })).to.throw('say -p plan')
    expect(said({ intent: 'drift' })).to.throw('say -p drift')
    expect(said({ mode: 'live', intent: 'rehearse' })).to.throw('leave out -p live')
    for (const mode of ['lint', 'none', 'noop', 'plan', 'toString'])
      expect(said({ mode }), mode).to.throw('it is embedded or live')
  })

  it('ask for an idempotence check after a rollout alone, or in a run that belongs to one', () => {
    for (const other of [{ mode: 'live', intent: 'plan' }, { intent: 'rehearse' }])
      expect(said({ ...other, idempotence: true })).to.throw('follows a rollout')
    expect(
      said(
        { mode: 'live', intent: 'plan', idempotence: true },
        { LOCKSTEP_BEGUN_BY: JSON.stringify({ why: 'plan', reports: '/tmp/r' }) },
      ),
    ).not.to.throw()
    for (const mode of ['live', 'embedded']) expect(said({ mode, idempotence: true }), mode).not.to.throw()
  })
})
