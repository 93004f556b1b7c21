import { expect } from 'chai'
import { Scratch } from '../testing/scratch'
import { secretsOf } from '../config/environment'
import { readLockstepYaml } from '../config/lockstep_yaml'
import { expectStompRoad, stompRoadsOf } from '../config/road_places'
import { fleetName } from './fleet_name'
import { describeRoad } from './fleet_road'
import { readWrittenRoads } from './written_roads'
import { redactNothing } from '../system/redaction'

const ROADS = `environments:
  production:
    roads:
      office:
        connector: activemq
        brokers: [{ host: mq1, password: { env: MQ1 } }]
        security: { provider: psk, secret: { env: PSK } }
      dmz:
        connector: rabbitmq
        brokers: [{ host: mq2, password: { env: MQ2 } }]
        collective: dmz
        identity: control.dmz
        security: { provider: psk, secret: { env: PSK2 } }
    ttl: 30
    inventory: [hosts.csv]
`
const ENV = { MQ1: 'password 1', MQ2: 'password 2', PSK: 'secret 1', PSK2: 'secret 2' }

describe('an environment with several roads', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const read = (text = ROADS) =>
    readLockstepYaml(scratch.write('lockstep.yaml', text), undefined, {
      env: ENV,
      hostname: 'control',
      uid: 0,
    })
  const refused = (text: string) => faultOf(() => read(text))

  it('has each by its name, and what is shared beside them', () => {
    const environment = read()
    expect(environment.ttl).to.equal(30)
    expect(
      stompRoadsOf(environment).map(({ name, road, collective, identity, keys }) => [
        name,
        road.connector,
        road.brokers[0]?.host,
        road.virtualHost,
        collective,
        identity,
        keys.join('.'),
      ]),
    ).to.deep.equal([
      ['office', 'activemq', 'mq1', 'mcollective', 'mcollective', 'control', 'roads.office'],
      ['dmz', 'rabbitmq', 'mq2', '/mcollective', 'dmz', 'control.dmz', 'roads.dmz'],
    ])
    expect(secretsOf(environment)).to.include.members(Object.values(ENV))
    expect(fleetName(environment)).to.equal('mq1:61613 mcollective + mq2:61613 dmz')
    expect(describeRoad(environment)).to.equal('the broker mq1:61613 (office) and the broker mq2:61613 (dmz)')
  })

  it('takes a road from a client.cfg', () => {
    scratch.write(
      'client.cfg',
      'plugin.psk = other\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = mq3\n',
      0o600,
    )
    const environment = read(
      ROADS.replace(/ {6}dmz:[^]* {4}ttl/, '      dmz: { client_config: client.cfg }\n    ttl'),
    )
    expect(stompRoadsOf(environment)[1]).to.deep.include({ name: 'dmz', collective: 'mcollective' })
    expect(secretsOf(environment)).to.include('other')
  })

  it('names file, line and road of a mistake', () => {
    expect(refused(ROADS.replace('collective: dmz', 'colective: dmz')).message).to.match(
      /lockstep\.yaml:11: there is no setting environments\.production\.roads\.dmz\.colective; the closest known one is collective$/,
    )
    expect(refused(ROADS.replace('connector: rabbitmq', 'virtual_host: x')).message).to.contain(
      'environments.production.roads.dmz.connector is missing',
    )
    expect(refused(ROADS.replace('env: MQ2', 'env: NONE')).message).to.match(/lockstep\.yaml:10: .*NONE/)
    expect(refused(ROADS.replace('    ttl', '    connector: activemq\n    ttl')).message).to.contain(
      'there is no setting environments.production.connector',
    )
  })

  it('has two of them at least, to different hosts', () => {
    expect(refused(ROADS.replace(/ {6}dmz:[^]* {4}ttl/, '    ttl')).message).to.contain('two roads or more')
    const same = ROADS.replace('connector: rabbitmq', 'connector: activemq')
      .replace('host: mq2', 'host: mq1')
      .replace('collective: dmz', 'collective: mcollective')
    expect(refused(same).message).to.match(
      /lockstep\.yaml:8: the roads office and dmz both go to the collective/,
    )
  })

  it('has no one broker for what needs one', () => {
    expect(faultOf(() => expectStompRoad(read(), 'the bus')).message).to.equal(
      'the bus needs one broker, and the environment production has the roads office and dmz; write an environment with one of them alone, and name that',
    )
  })

  describe('with an inventory', () => {
    const written = async (rows: string) => {
      scratch.write('hosts.csv', rows)
      const environment = read()
      if (environment.road.connector !== 'mixed') throw new Error('one road')
      return readWrittenRoads(environment, environment.road, new AbortController().signal, redactNothing)
    }

    it('takes the road of a host from its column', async () => {
      expect([...(await written('host,road\nweb1,office\nweb2,\n'))]).to.deep.equal([['web1', 'office']])
    })

    it('names the row whose road it does not have', async () => {
      const error = (await written('host,road\nweb1,ofice\n').catch((reason: unknown) => reason)) as Error
      expect(error.message).to.match(
        /hosts\.csv:2: web1 has the road "ofice", which production does not have; there are: office, dmz$/,
      )
    })
  })
})

function faultOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('it was expected to fail')
}
