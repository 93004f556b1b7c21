import { expect } from 'chai'
import { Authority } from '../testing/authority'
import { Scratch } from '../testing/scratch'
import { readClientCfg } from './client_cfg'
import { readServerCfg } from './server_cfg'

const context = { env: { USER: 'anna' }, hostname: 'control', uid: 1000 }

describe('the files of Choria', () => {
  const [scratch, authority] = [new Scratch(), new Authority()]
  const { certificate, key } = authority.issue({ name: 'anna.mcollective' })
  const files = `plugin.security.provider = file
plugin.security.file.certificate = ${scratch.write('anna.pem', certificate)}
plugin.security.file.key = ${scratch.write('anna.key', key)}
plugin.security.file.ca = ${scratch.write('ca.pem', authority.certificate)}
`
  after(() => scratch.remove())

  const HOSTS = 'plugin.choria.middleware_hosts = nats1.example.net, nats://nats2.example.net:4333\n'
  const cfg = (text: string) => scratch.write('client.cfg', text)
  const fault = (text: string, read: typeof readClientCfg | typeof readServerCfg = readClientCfg) => {
    try {
      read(cfg(text), context)
      return 'read'
    } catch (error) {
      return (error as Error).message
    }
  }

  it('name the brokers, and the caller by the certificate', () => {
    const { road, warnings } = readClientCfg(cfg(`connector = nats\n${HOSTS}${files}`), context)
    expect(road.brokers.map(({ host, port }) => `${host}:${port}`)).to.deep.equal([
      'nats1.example.net:4222',
      'nats2.example.net:4333',
    ])
    expect(road.brokers.every(({ tls }) => tls?.verify === true && tls.cert !== undefined)).to.equal(true)
    expect(road.security).to.include({ provider: 'choria', callerid: 'choria=anna.mcollective' })
    expect(warnings).to.deep.equal([])
  })

  it('are known without a connector, and refuse another security', () => {
    expect(readClientCfg(cfg(`${HOSTS}${files}`), context).road.connector).to.equal('nats')
    expect(fault(`${HOSTS}${files}securityprovider = psk\n`)).to.contain(
      'securityprovider is "psk"; expected choria',
    )
  })

  it('of Puppet are found by the name of the user', () => {
    for (const [folder, text] of [
      ['certs/anna.mcollective.pem', certificate],
      ['private_keys/anna.mcollective.pem', key],
      ['certs/ca.pem', authority.certificate],
    ] as const)
      scratch.write(`ssl/${folder}`, text)
    const { road } = readClientCfg(cfg(`${HOSTS}plugin.choria.ssldir = ${scratch.path}/ssl\n`), context)
    expect(road.security).to.include({ callerid: 'choria=anna.mcollective' })
  })

  it('say what cannot be read as it is', () => {
    expect(fault(`connector = nats\n${files}`)).to.contain('Lockstep does not look for SRV records')
    expect(fault(`plugin.choria.middleware_hosts = nats1:70000\n${files}`)).to.contain(
      'expected names and ports',
    )
    expect(fault(`${HOSTS}${files}registerinterval = 300\n`, readServerCfg)).to.contain(
      'a host registers itself over ActiveMQ or RabbitMQ alone',
    )
    expect(fault(`${HOSTS}${files}identity = web*\n`, readServerCfg)).to.contain('"web*" is no name for NATS')
    expect(fault(`${HOSTS}${files.replace('file\n', 'vault\n')}`)).to.contain('expected puppet or file')
  })

  it('say whose requests a host takes', () => {
    const plain = readServerCfg(cfg(`${HOSTS}${files}`), context).security
    expect(plain).to.deep.include({
      callers: ['/\\.mcollective$/'],
      privileged: ['/\\.privileged\\.mcollective$/'],
    })
    const named = `${HOSTS}${files}plugin.choria.security.certname_whitelist = bert, /^ops\\./\n`
    expect(readServerCfg(cfg(named), context).security).to.deep.include({ callers: ['bert', '/^ops\\./'] })
  })
})
