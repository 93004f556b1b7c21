import { expect } from 'chai'
import type { Environment } from '../config/environment'
import { noExtensions } from '../extensions/extensions'
import { balancersOf, obligationOf } from './balancers'

const environment = {
  name: 'test',
  road: { connector: 'activemq', brokers: [{ host: '10.0.0.5', port: 61_613 }] },
  haproxy: [],
  balancers: [],
  lookEvery: 1_000,
} as unknown as Environment

describe('the load balancers of an environment', () => {
  const balancers = balancersOf(environment, { extensions: noExtensions(), isSimulated: false })

  it('are not its broker, since hosts that block it could not receive any more', () => {
    expect(() => balancers.at('10.0.0.5')).to.throw(/^10\.0\.0\.5 is the address of the broker of test/)
    expect(balancers.at('10.0.0.6').name).to.equal('blocks 10.0.0.6')
  })

  it('are no broker of any of several roads', () => {
    const roads = ['10.0.0.5', '10.0.0.7'].map((host) => ({
      name: host,
      road: { connector: 'rabbitmq', brokers: [{ host, port: 61_613 }] },
    }))
    roads.push({ name: 'nats', road: { connector: 'nats', brokers: [{ host: '10.0.0.8', port: 4_222 }] } })
    const several = { ...environment, road: { connector: 'mixed', roads } } as unknown as Environment
    const { at } = balancersOf(several, { extensions: noExtensions(), isSimulated: false })
    for (const address of ['10.0.0.5', '10.0.0.7', '10.0.0.8'])
      expect(() => at(address)).to.throw(/is the address of the broker of test/)
  })

  it('can be released all the same where an earlier run blocked it', () => {
    expect(obligationOf('blocks 10.0.0.5', balancers)?.name).to.equal('blocks 10.0.0.5')
  })

  it('name what is missing where a backend is named and there is no HAProxy', () => {
    expect(() => balancers.backend('www')).to.throw(/test has no HAProxy/)
  })
})
