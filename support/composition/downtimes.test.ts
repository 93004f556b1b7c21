import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { downtimesOf } from './downtimes'

describe('The downtimes of a run', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const open = (yaml: string | undefined, isSimulated = false) =>
    downtimesOf({
      config: yaml === undefined ? undefined : scratch.write('lockstep.yaml', yaml),
      environment: 'production',
      env: {},
      run: '1',
      lookEvery: 1,
      isSimulated,
    })
  const PROMETHEUS = 'prometheus: { file: /p/hosts.json }'
  const NAGIOS = 'nagios: { folder: /n/lockstep, reload: [reload] }'
  const BOTH = `monitoring: { environment: production, ${NAGIOS}, ${PROMETHEUS} }`

  it('are in the systems that take one, and in a simulated one for simulated hosts', () => {
    expect(open(BOTH).all(() => false).name).to.equal('has a downtime in Nagios')
    expect(open(undefined, true).all(() => false).name).to.equal('has a downtime in the simulated monitoring')
  })

  it('need a system that takes one, and monitoring of the same environment', () => {
    for (const yaml of [undefined, 'environments: {}', `monitoring: { ${PROMETHEUS} }`])
      expect(() => open(yaml).all(() => false)).to.throw(/^a downtime is wanted, and no monitoring system/)
    expect(() => open(`monitoring: { environment: test, ${NAGIOS} }`).all(() => false)).to.throw(
      /^a downtime is wanted in production, and monitoring of .* is of the environment test$/,
    )
  })

  it('of earlier runs are found by their words, and named where their system is not configured any more', () => {
    expect(open(BOTH).named('has a downtime in Nagios')?.name).to.equal('has a downtime in Nagios')
    expect(open(BOTH).named('blocks 10.0.0.1')).to.equal(undefined)
    expect(() => open(BOTH).named('has a downtime in Icinga and Nagios')).to.throw(
      /does not name Icinga any more; name it again, or end the downtime there$/,
    )
  })
})
