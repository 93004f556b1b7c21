import { expect } from 'chai'
import { readInventory } from '../inventory/inventory'
import { LockstepError } from '../system/errors'
import { reasonOf } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { readClientCfg } from './client_cfg'
import { readFleetFile } from '../simulation/fleet_file'
import { readHostList } from '../inventory/host_list_file'
import { readInventorySetting, readLockstepYaml } from './lockstep_yaml'
import { readServerCfg } from './server_cfg'
import { readAllVariables, readVariables } from './variables_file'

const context = { env: {}, hostname: 'control', uid: 1000 }

function sentence(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

/** Returns a lockstep.yaml whose environment has these lines, the first of which is line 4. */
const environment = (...lines: string[]) =>
  `default: test\nenvironments:\n  test:\n${lines.map((line) => `    ${line}\n`).join('')}`
const BROKER = [
  'connector: activemq',
  'brokers: [{ host: mq }]',
  'security: { provider: psk, secret: { env: PSK } }',
]
const CLIENT = 'client_config: client.cfg'
const notification = (channel: string) =>
  environment(CLIENT, 'notifications:', `  - topic: /topic/x`, `  - ${channel}`)

describe('a refusal of what is written in a file', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write(
      'client.cfg',
      'plugin.psk = x\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = mq\n',
    )
    scratch.write('broken.pem', 'broken')
    scratch.write('empty', '')
  })
  afterEach(() => scratch.remove())

  const wrong: [string, string, number][] = [
    ['YAML that is none', 'default: test\nenvironments: [\n', 3],
    ['a key that is there twice', `${environment(CLIENT)}default: test\n`, 5],
    ['an alias that stands for nothing', environment(CLIENT, 'ttl: *nothing'), 5],
    ['a misspelt setting', environment(CLIENT, 'tttl: 5'), 5],
    ['a value of the wrong kind', environment(CLIENT, 'ttl: soon'), 5],
    ['a default that is not there', environment(CLIENT).replace('default: test', 'default: live'), 1],
    [
      'two environments and no default',
      'environments:\n  a: { client_config: c }\n  b: { client_config: c }\n',
      1,
    ],
    ['an environment that is empty', 'default: test\nenvironments:\n  test:\n', 3],
    ['no broker', environment('connector: activemq', 'brokers: []', BROKER[2] ?? ''), 5],
    ['a secret that is not set', environment(...BROKER), 6],
    [
      'a secret in an empty file',
      environment(...BROKER.slice(0, 2), 'security: { provider: psk, secret: { file: empty } }'),
      6,
    ],
    [
      'a secret in a file that is not there',
      environment(...BROKER.slice(0, 2), 'security: { provider: psk, secret: { file: no } }'),
      6,
    ],
    [
      'a secret that is written out',
      environment(...BROKER.slice(0, 2), 'security: { provider: psk, secret: hunter2 }'),
      6,
    ],
    [
      'an encrypted secret without keys',
      environment(...BROKER.slice(0, 2), 'security: { provider: psk, secret: "ENC[PKCS7,AAAA]" }'),
      6,
    ],
    [
      'a private key that is none',
      environment(
        ...BROKER.slice(0, 2),
        'security:',
        '  provider: ssl',
        '  private_key: broken.pem',
        '  public_key: broken.pem',
        '  server_public_key: broken.pem',
      ),
      8,
    ],
    [
      'the key of a client that is not there',
      environment(
        ...BROKER.slice(0, 2),
        'security:',
        '  provider: aes_security',
        '  private_key: no.pem',
        '  public_key: no.pem',
      ),
      9,
    ],
    [
      'a certificate that is none',
      environment(
        'connector: activemq',
        'brokers:',
        '  - host: mq',
        '    tls: { ca: broken.pem }',
        'security: { provider: psk, secret: { file: client.cfg } }',
      ),
      7,
    ],
    ['a notification with a misspelt key', notification('topicc: x'), 7],
    ['a notification to an address that is none', notification('webhook: { file: client.cfg }'), 7],
    ['a notification whose secret is not set', notification('slack: { env: NOT_SET }'), 7],
    [
      'a notification with half a login',
      notification('email: { server: mail, from: a@b.c, to: [a@b.c], user: me }'),
      7,
    ],
    [
      'a notification whose authority is not there',
      notification('{ webhook: { url: "https://a.b/c" }, ca: no.pem }'),
      7,
    ],
    ['an inventory that is none', environment(CLIENT, 'inventory:', '  - hosts.txt'), 6],
    ['a variable that is no text', environment(CLIENT, 'variables:', '  a: [1]'), 6],
    ['a variable that uses one that is not there', environment(CLIENT, 'variables:', '  a: <b>'), 6],
    ['variables in a circle', environment(CLIENT, 'variables:', '  a: <b>', '  b: <a>'), 6],
  ]
  for (const [name, text, line] of wrong) {
    it(`names file and line: ${name}`, () => {
      const path = scratch.write('lockstep.yaml', text)
      const said = sentence(() => {
        readInventorySetting(path, undefined)
        readAllVariables(path, context)
        readVariables(path, undefined, context).check()
        return readLockstepYaml(path, undefined, context)
      })
      expect(said).to.match(/^\S/)
      expect(said.slice(0, path.length + 4), said).to.contain(`${path}:${line}`)
      expect(said).not.to.contain('hunter2')
    })
  }

  const others: [string, string, string, (path: string) => unknown, number][] = [
    ['mco without "="', 'client.cfg', 'a = b\nnonsense\n', (path) => readClientCfg(path, context), 2],
    [
      'mco with a number that is none',
      'client.cfg',
      'plugin.psk = x\nplugin.activemq.pool.size = many\n',
      (path) => readClientCfg(path, context),
      2,
    ],
    [
      'a daemon with a switch that is none',
      'server.cfg',
      'plugin.psk = x\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = a\nplugin.lockstep.package_lock_seconds = soon\n',
      (path) => readServerCfg(path, context),
      4,
    ],
    [
      'a fleet with a host twice',
      'fleet.yaml',
      'fleet:\n  - hosts: web1\n  - hosts: web[1-2]\n',
      readFleetFile,
      3,
    ],
    ['a fleet with a range that is none', 'fleet.yaml', 'fleet:\n  - hosts: web[9-2]\n', readFleetFile, 2],
    [
      'a fleet with a balancer of such a range',
      'fleet.yaml',
      'haproxy:\n  www: web[9-2]\nfleet:\n  - hosts: web1\n',
      readFleetFile,
      2,
    ],
    [
      'a fleet with a misspelt key',
      'fleet.yaml',
      'fleet:\n  - hosts: web1\n    fautl: lies\n',
      readFleetFile,
      3,
    ],
    ['a list with no host name', 'hosts.txt', 'web1\n-\n', readHostList, 2],
    ['a list with a host twice', 'hosts.txt', 'web1\nweb1\n', readHostList, 2],
  ]
  for (const [name, file, text, read, line] of others) {
    it(`names file and line: ${name}`, () => {
      const path = scratch.write(file, text)
      expect(sentence(() => read(path))).to.contain(`${path}:${line}`)
    })
  }

  const inventories: [string, string, string, number][] = [
    ['a table with a cell too many', 'hosts.csv', 'host,country\nweb1,de\nweb2,de,x\n', 3],
    ['a table with a host twice', 'hosts.csv', 'host,country\nweb1,de\nweb1,fr\n', 3],
    ['a table with no host name', 'hosts.csv', 'host\nweb1\n_\n', 3],
    ['a table with an open quote', 'hosts.csv', 'host,country\nweb1,"de\n', 2],
    ['a table with a column twice', 'hosts.csv', 'host,host\nweb1,web1\n', 1],
    ['a table without hosts', 'hosts.csv', 'name\nweb1\n', 1],
    ['hosts with a misspelt key', 'hosts.yaml', 'hosts:\n  web1:\n    clases: [a]\n', 3],
    ['hosts with no host name', 'hosts.yaml', 'hosts:\n  _:\n    classes: [a]\n', 2],
    ['hosts twice', 'hosts.yaml', 'hosts:\n  web1: {}\n  web1: {}\n', 3],
  ]
  for (const [name, file, text, line] of inventories) {
    it(`names file and line: ${name}`, async () => {
      const path = scratch.write(file, text)
      const source = file.endsWith('.csv')
        ? ({ kind: 'csv', path, delimiter: 'comma' } as const)
        : ({ kind: 'yaml', path } as const)
      const options = { environment: undefined, environments: ['test'], signal: new AbortController().signal }
      expect(await reasonOf(readInventory([source], options))).to.contain(`${path}:${line}`)
    })
  }
})
