import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { readBusBroker } from './bus_broker'
import { readPipelineSetting } from './pipeline_setting'

describe('the broker of the bus', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  function brokerOf(bus: string, connector = 'rabbitmq') {
    const context = { env: { PASSWORD: 'hunter22', PSK: 'a psk secret' }, hostname: 'control', uid: 0 }
    const path = scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    connector: ${connector}
    brokers: [{ host: broker.example.net, user: deploy, password: { env: PASSWORD } }]
    security: { provider: psk, secret: { env: PSK } }
  production: { client_config: nowhere.cfg }
pipeline:
  bus: ${bus}
  repositories:
    website: { url: /srv/git/website.git, branches: [main], trigger: [hook] }
`,
    )
    const setting = readPipelineSetting(path, context)?.bus
    return setting && readBusBroker(path, setting, context)
  }

  it('is that of an environment, with all its secrets', () => {
    expect(brokerOf('{ environment: test }')).to.deep.include({
      brokers: [{ host: 'broker.example.net', port: 61613, user: 'deploy', password: 'hunter22' }],
      virtualHost: '/mcollective',
      messages: '/topic/lockstep.pipeline',
      sentences: '/topic/lockstep.pipeline.events',
      secrets: ['a psk secret', 'hunter22'],
    })
  })

  it('publishes to another topic, or to an exchange of RabbitMQ', () => {
    expect(brokerOf('{ environment: test, destination: web.builds }')?.sentences).to.equal(
      '/topic/web.builds.events',
    )
    const bus = '{ environment: test, destination: builds, exchange: deploys }'
    expect(brokerOf(bus)?.messages).to.equal('/exchange/deploys/builds')
    expect(() => brokerOf(bus, 'activemq')).to.throw(
      /lockstep\.yaml:8: exchange is for RabbitMQ, and the environment test has activemq; leave it out$/,
    )
  })

  it('is refused in one sentence where it leads nowhere, or its name could be more than one', () => {
    expect(() => brokerOf('{ environment: tset }')).to.throw(
      /there is no environment "tset"; there are: test/,
    )
    expect(() => brokerOf('{}')).to.throw(/no environment was chosen; there are: test, production/)
    for (const name of ['"/queue/a"', '"a b"', '""', '"a*"', '">"', '"a\\nb"'])
      expect(() => brokerOf(`{ environment: test, destination: ${name} }`), name).to.throw(
        /lockstep\.yaml:8: .*a name of letters, digits/,
      )
  })
})
