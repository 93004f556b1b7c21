import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import { LockstepError } from '../system/errors'
import { readBlocks } from '../testing/docs/blocks'
import { Scratch } from '../testing/scratch'
import { findClientCfg, readClientCfg } from './client_cfg'
import type { ProcessContext } from './mcollective_cfg'
import { FactFiles } from '../daemon/fact_cache'
import { parseFaults, parseHaproxyFault, readFleetFile } from '../simulation/fleet_file'
import { hostsInTable, readHostList } from '../inventory/host_list_file'
import { readInventorySetting, readLockstepYaml } from './lockstep_yaml'
import { readClasses, readServerCfg } from './server_cfg'
import { expectStompRoad } from './road_places'

const context = (env: ProcessContext['env'] = {}): ProcessContext => ({ env, hostname: 'control', uid: 1000 })

function sentence(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

describe('configuration', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())
  const at = (name: string) => `${scratch.path}/${name}`

  describe('of MCollective', () => {
    const cfg = (extra = '') =>
      `main_collective = mcollective\nconnector = rabbitmq\nplugin.psk = s3cret = x # y\nplugin.rabbitmq.vhost = /mc\nplugin.rabbitmq.pool.size = 2\n# note\nplugin.rabbitmq.pool.1.host = mq1\nplugin.rabbitmq.pool.1.port = 61614\nplugin.rabbitmq.pool.1.user = mco\nplugin.rabbitmq.pool.1.password = pa#ss\nplugin.rabbitmq.pool.2.host = mq2\n${extra}`

    it('is enough to connect', () => {
      const environment = readClientCfg(scratch.write('client.cfg', cfg()), context())
      expect(environment).to.deep.include({
        collective: 'mcollective',
        identity: 'control',
        warnings: [],
      })
      expect(environment.road).to.deep.include({
        connector: 'rabbitmq',
        virtualHost: '/mc',
        security: { provider: 'psk', secret: 's3cret = x # y', callerid: 'uid=1000' },
        directAddressing: true,
      })
      expect(environment.road.brokers).to.deep.equal([
        { host: 'mq1', port: 61614, user: 'mco', password: 'pa#ss' },
        { host: 'mq2', port: 61613 },
      ])
    })

    it('says that replies of RabbitMQ come through an exchange, as a cluster needs it', () => {
      const road = (more: string) => readClientCfg(scratch.write('client.cfg', cfg(more)), context()).road
      expect(road('plugin.rabbitmq.use_reply_exchange = 1\n')).to.include({ replyExchange: true })
      expect(road('')).not.to.have.property('replyExchange')
      const yaml = scratch.write(
        'lockstep.yaml',
        `environments:\n  test:\n    connector: rabbitmq\n    reply_exchange: true\n    brokers: [{ host: mq1 }]\n    security: { provider: psk, secret: { file: ${scratch.write('psk', 'secret')} } }\n`,
      )
      expect(
        expectStompRoad(readLockstepYaml(yaml, undefined, context()), 'a test').road.replyExchange,
      ).to.equal(true)
    })

    it('has the pool that the page of several brokers shows', () => {
      const [block] = readBlocks('docs/brokers.md').filter(({ language }) => language === 'ini')
      const { road } = readClientCfg(scratch.write('client.cfg', block?.text ?? ''), context())
      expect(road.brokers.map(({ host }) => host)).to.deep.equal(
        ['mq2', 'mq3', 'mq1'].map((name) => `${name}.example.net`),
      )
    })

    it('reads CRLF files, and warns of a secret that everybody can read', () => {
      const path = scratch.write('client.cfg', cfg().replaceAll('\n', '\r\n'), 0o644)
      const environment = readClientCfg(path, context())
      expect(environment.road.security).to.include({ secret: 's3cret = x # y' })
      expect(environment.warnings).to.deep.equal([`${path} holds a secret and everybody can read it`])
    })

    it('gives way to the environment variables that mco knows', () => {
      const env = { STOMP_USER: 'me', STOMP_PASSWORD: 'mine', MCOLLECTIVE_PSK: 'other' }
      const environment = readClientCfg(scratch.write('client.cfg', cfg()), context(env))
      expect(environment.road.brokers[1]).to.include({ user: 'me', password: 'mine' })
      expect(environment.road.security).to.include({ secret: 'other' })
    })

    it('is looked for where mco looks, after MCOLLECTIVE_CONFIG', () => {
      scratch.write('.mcollective', cfg())
      expect(findClientCfg(context({ HOME: scratch.path }))).to.equal(at('.mcollective'))
      expect(findClientCfg(context({ HOME: scratch.path, MCOLLECTIVE_CONFIG: '/x' }))).to.equal('/x')
    })

    const wrong: [string, string, string][] = [
      ['a line without =', cfg('nonsense\n'), ':12: expected "key = value"'],
      [
        'an unknown connector',
        cfg('connector = redis\n'),
        ':12: connector is "redis"; expected activemq, rabbitmq or nats',
      ],
      [
        'a port of 0',
        cfg('plugin.rabbitmq.pool.1.port = 0\n'),
        ':12: plugin.rabbitmq.pool.1.port is "0"; expected a whole number from 1 to 65535',
      ],
      [
        'a port that is none',
        cfg('plugin.rabbitmq.pool.1.port = 61613x\n'),
        ':12: plugin.rabbitmq.pool.1.port is "61613x"; expected a whole number from 1 to 65535',
      ],
      [
        'a pool larger than its hosts',
        cfg('plugin.rabbitmq.pool.size = 3\n'),
        ': plugin.rabbitmq.pool.3.host is missing',
      ],
      [
        'an unsupported security provider',
        cfg('securityprovider = sshkey\n'),
        ':12: securityprovider is "sshkey"; expected psk or ssl or aes_security',
      ],
      ['an empty secret', cfg('plugin.psk =\n'), ': plugin.psk is missing'],
      [
        'base64',
        cfg('plugin.rabbitmq.base64 = yes\n'),
        ':12: plugin.rabbitmq.base64 is "yes"; expected no: Lockstep does not support this',
      ],
      [
        'a missing key file',
        cfg(
          'securityprovider = ssl\nplugin.ssl_client_public = /x/me.pem\nplugin.ssl_client_private = /x/me.key\nplugin.ssl_server_public = /x/s.pem\n',
        ),
        ':14: the private key /x/me.key cannot be read: there is no such file',
      ],
    ]
    for (const [name, text, expected] of wrong) {
      it(`says what is wrong with ${name}`, () => {
        const path = scratch.write('client.cfg', text)
        expect(sentence(() => readClientCfg(path, context()))).to.equal(path + expected)
      })
    }

    it('never shows a secret in a sentence about a mistake', () => {
      fc.assert(
        fc.property(
          fc.string({ minLength: 12, unit: fc.constantFrom(...'abcdefghijklmnop') }),
          fc.string(),
          (secret, junk) => {
            const path = scratch.write(
              'client.cfg',
              cfg(`plugin.psk = ${secret}\nttl = ${junk}\nplugin.rabbitmq.pool.1.ssl = ${junk}\n`),
            )
            try {
              readClientCfg(path, context())
            } catch (error) {
              expect(error).to.be.instanceOf(LockstepError)
              expect((error as Error).message).not.to.contain(secret)
            }
          },
        ),
        { numRuns: 200 },
      )
    })
  })

  describe('of a host', () => {
    const cfg = (extra = '') =>
      `identity = web1\nplugin.psk = s3cret\nconnector = activemq\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = mq1\n${extra}`
    const read = (extra = '') => readServerCfg(scratch.write('server.cfg', cfg(extra)), context())

    it('is enough to answer', () => {
      const more =
        'main_collective = de\ncollectives = de, all\nplugin.yaml = /a.yaml:/b.yaml\nclassesfile = /classes\nrpcaudit = 1\nplugin.rpcaudit.logfile = /audit\nrpcauthorization = yes\nrpcauthprovider = action_policy\nplugin.actionpolicy.enable_default = 1\n'
      expect(read(more)).to.deep.include({
        identity: 'web1',
        mainCollective: 'de',
        collectives: ['de', 'all'],
        security: { provider: 'psk', secret: 's3cret' },
        factFiles: ['/a.yaml', '/b.yaml'],
        classesFile: '/classes',
        auditFile: '/audit',
        policies: { folder: at('policies'), allowUnconfigured: false, defaultPolicy: 'default' },
      })
      expect(read()).to.deep.include({
        auditFile: undefined,
        policies: undefined,
        collectives: ['mcollective'],
      })
    })

    const wrong: [string, string, RegExp][] = [
      [
        'another authorization',
        'rpcauthorization = 1\nrpcauthprovider = sudo\n',
        /rpcauthprovider is "sudo"; expected action_policy/,
      ],
      [
        'another audit',
        'rpcaudit = 1\nrpcauditprovider = db\n',
        /rpcauditprovider is "db"; expected logfile/,
      ],
      [
        'a provider that there is not',
        'plugin.lockstep.package_provider = zypper\n',
        /expected apt or dnf or yum/,
      ],
      [
        'a chain that is none',
        'plugin.iptables.chain = a b\n',
        /plugin\.iptables\.chain is "a b"; expected a name/,
      ],
      ['another target', 'plugin.iptables.target = LOG\n', /expected drop or reject/],
      [
        'a folder of agents that is not there',
        'plugin.lockstep.agents_dir = /etc/hostname\n',
        /expected a folder that is there/,
      ],
      [
        'an agent that is neither on nor off',
        'plugin.package.activate_agent = maybe\n',
        /expected yes or no/,
      ],
      [
        'another registration',
        'registerinterval = 300\nregistration = meta\n',
        /registration is "meta"; expected agentlist or lockstep/,
      ],
      [
        'keys that are learned from the wire',
        'securityprovider = aes_security\nplugin.aes.learn_pubkeys = 1\n',
        /learn_pubkeys is "1"; expected no/,
      ],
      [
        'times that nobody checks',
        'securityprovider = aes_security\nplugin.aes.enforce_ttl = 0\n',
        /enforce_ttl is "0"; expected yes/,
      ],
      ['another source of facts', 'factsource = facter\n', /factsource is "facter"; expected yaml/],
      [
        'a main collective that is none of its own',
        'collectives = a,b\n',
        /main_collective is undefined; expected one of: a, b|expected one of: a, b/,
      ],
      [
        'ssl without a folder of clients',
        'securityprovider = ssl\nplugin.ssl_client_cert_dir = /nowhere\nplugin.ssl_server_private = /x\n',
        /nowhere|cannot be read/,
      ],
    ]
    for (const [name, extra, expected] of wrong) {
      it(`says what is wrong with ${name}`, () => {
        expect(sentence(() => read(extra))).to.match(expected)
        expect(sentence(() => read(extra))).not.to.contain('s3cret')
      })
    }

    it('has its facts from files, read again when they change, and says which cannot be read', () => {
      const trouble: string[] = []
      const first = scratch.write('a.yaml', 'country: de\ncores: 4\nnested: { a: 1 }\n')
      const second = scratch.write('b.yaml', 'country: fr\n')
      const files = new FactFiles([first, second, at('none.yaml')], (what) => trouble.push(what))
      expect({ ...files.facts() }).to.deep.equal({ country: 'fr', cores: '4', nested: '{"a":1}' })
      scratch.write('b.yaml', 'country: italy\n')
      expect(files.facts()['country']).to.equal('italy')
      scratch.write('b.yaml', '- no\n- mapping\n')
      expect(files.facts()['country']).to.equal('de')
      expect(trouble.join(' ')).to.contain('none.yaml').and.to.contain('it holds no mapping of facts')
    })

    it('has its classes from a file, and none without it', () => {
      expect(readClasses(scratch.write('classes.txt', 'roles::web\r\n\ncommon\n'))).to.deep.equal([
        'roles::web',
        'common',
      ])
      expect(readClasses(at('none'))).to.deep.equal([])
    })
  })

  describe('in lockstep.yaml', () => {
    const yaml = (change = '') => `environments:
  test:
    connector: activemq
    brokers:
      - { host: mq.example.net, user: mco, password: { env: MQ_PASSWORD } }
    security: { provider: psk, secret: { file: secret } }
    discovery_window: 3 seconds
    timeouts: { package: 5 minutes }
${change}`
    const read = (text: string, wanted?: string, env: ProcessContext['env'] = { MQ_PASSWORD: 'pw' }) => {
      scratch.write('secret', 's3cret\n')
      return readLockstepYaml(scratch.write('lockstep.yaml', text), wanted, context(env))
    }

    it('names the sources of the inventory, beside the file and by extension, and all environments', () => {
      const written =
        '[hosts.csv, hosts.tsv, a/hosts.yml, { csv: b.csv, delimiter: semicolon }, { program: ./inventory.py, within: 10 seconds }, { program: /p }, discovery]'
      const text = `${yaml(`    inventory: ${written}\n`)}  production: { client_config: client.cfg }\ndefault: test\n`
      const { inventory, environments } = read(text)
      expect(environments).to.deep.equal(['test', 'production'])
      expect(inventory).to.deep.equal([
        { kind: 'csv', path: at('hosts.csv'), delimiter: 'comma' },
        { kind: 'csv', path: at('hosts.tsv'), delimiter: 'tab' },
        { kind: 'yaml', path: at('a/hosts.yml') },
        { kind: 'csv', path: at('b.csv'), delimiter: 'semicolon' },
        { kind: 'program', path: at('inventory.py'), within: 10_000, withheld: ['MQ_PASSWORD'] },
        { kind: 'program', path: '/p', within: 30_000, withheld: ['MQ_PASSWORD'] },
        { kind: 'discovery' },
      ])
      expect(read(yaml()).inventory).to.deep.equal([])
    })

    it('has an inventory for users without the secret', () => {
      const path = scratch.write('lockstep.yaml', yaml('    inventory: [hosts.csv]\n'))
      expect(readInventorySetting(path, undefined)).to.deep.equal({
        environment: 'test',
        environments: ['test'],
        sources: [{ kind: 'csv', path: at('hosts.csv'), delimiter: 'comma' }],
      })
      expect(sentence(() => readInventorySetting(path, 'prod'))).to.contain('there is no environment "prod"')
    })

    it('names environments', () => {
      expect(read(yaml())).to.deep.include({
        name: 'test',
        road: {
          connector: 'activemq',
          brokers: [{ host: 'mq.example.net', port: 61613, user: 'mco', password: 'pw' }],
          virtualHost: 'mcollective',
          security: { provider: 'psk', secret: 's3cret', callerid: 'uid=1000' },
          directAddressing: true,
        },
        discoveryWindow: 3000,
        timeouts: { package: 300_000 },
      })
    })

    it('can point to an mco configuration', () => {
      scratch.write(
        'client.cfg',
        'plugin.psk = x\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = mq\n',
      )
      const environment = read('environments: { prod: { client_config: client.cfg } }')
      expect(environment.name).to.equal('prod')
      expect(environment.road.connector).to.equal('activemq')
    })

    it('reads ssl keys', () => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      scratch.write('me.pem', publicKey.export({ type: 'spki', format: 'pem' }))
      scratch.write('me.key', privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const ssl = '{ provider: ssl, private_key: me.key, public_key: me.pem, server_public_key: me.pem }'
      expect(
        expectStompRoad(read(yaml().replace(/\{ provider.*\}/, ssl)), 'a test').road.security,
      ).to.include({
        provider: 'ssl',
        callerid: 'cert=me',
        serializer: 'marshal',
      })
    })

    it('reads the runtime sockets of HAProxies', () => {
      const sockets = '    haproxy: [{ socket: /run/haproxy/admin.sock }, { host: lb2, port: 9999 }]\n'
      expect(read(yaml(sockets)).haproxy).to.deep.equal([
        { socket: '/run/haproxy/admin.sock' },
        { host: 'lb2', port: 9999 },
      ])
      expect(read(yaml()).haproxy).to.deep.equal([])
    })

    const wrong: [string, () => unknown, RegExp][] = [
      [
        'a runtime socket that is none',
        () => read(yaml('    haproxy: [/run/haproxy/admin.sock]\n')),
        /:9: environments.test.haproxy.0 .*a runtime socket: \{socket: \/path\} or \{host: name, port: number\}/,
      ],
      ['no runtime socket', () => read(yaml('    haproxy: []\n')), /:9: .*at least one/],
      [
        'a misspelt setting',
        () => read(yaml('    conector: x\n')),
        /lockstep.yaml:9: there is no setting environments.test.conector; the closest known one is connector/,
      ],
      [
        'an unknown environment',
        () => read(yaml(), 'prod'),
        /there is no environment "prod"; there are: test\. Choose with LOCKSTEP_ENVIRONMENT/,
      ],
      [
        'a wrong type',
        () => read(yaml().replace('{ host', '{ port: 61613x, host')),
        /lockstep.yaml:5: environments.test.brokers.0.port is "61613x"; expected a port number/,
      ],
      [
        'a port out of range',
        () => read(yaml().replace('{ host', '{ port: 70000, host')),
        /:5: .*expected a port up to 65535/,
      ],
      [
        'no brokers',
        () => read(yaml().replace(/brokers:\n.*\n/, 'brokers: []\n')),
        /:4: .*at least one broker/,
      ],
      [
        'a duration that is none',
        () => read(yaml().replace('3 seconds', 'soon')),
        /:7: .*discovery_window is "soon"; expected a duration such as 30 seconds/,
      ],
      [
        'a plain password',
        () => read(yaml().replace('{ env: MQ_PASSWORD }', 'hunter2')),
        /where the secret is/,
      ],
      [
        'an inventory that is none',
        () => read(yaml('    inventory: [hosts.txt]\n')),
        /:9: environments\.test\.inventory\.0 is "hosts\.txt"; expected a \.csv, \.tsv, \.yaml or \.yml file, \{program: path\}, or discovery/,
      ],
      [
        'a key that comes twice',
        () => read(yaml('    connector: rabbitmq\n')),
        /:9: connector is there already, on line \d/,
      ],
      ['a syntax error', () => read('environments: [\n'), /lockstep.yaml:2: /],
      [
        'a secret from a variable that is not set',
        () => read(yaml(), undefined, {}),
        /the password of mq.example.net is to come from MQ_PASSWORD, which is not set/,
      ],
      [
        'a billion laughs',
        () =>
          read(`a: &a [1,1]\nb: &b [${'*a,'.repeat(99)}*a]\nenvironments: { x: [${'*b,'.repeat(99)}*b] }`),
        /alias/i,
      ],
    ]
    for (const [name, work, expected] of wrong) {
      it(`says what is wrong with ${name}`, () => {
        const said = sentence(work)
        expect(said).to.match(expected)
        expect(said).not.to.contain('s3cret')
      })
    }

    const misspelt: [string, string][] = [
      ['{ brokers: [{ host: a, tls: { caa: x } }] }', 'brokers.0.tls.caa; the closest known one is ca'],
      [
        '{ brokers: [{ host: a, password: { fille: x } }] }',
        'brokers.0.password.fille; the closest known one is file',
      ],
      [
        '{ security: { provider: psk, secert: { env: X } } }',
        'security.secert; the closest known one is secret',
      ],
      ['{ haproxy: [{ sockt: /run/x }] }', 'haproxy.0.sockt; the closest known one is socket'],
      ['{ haproxy: [{ host: a, prt: 1 }] }', 'haproxy.0.prt; the closest known one is port'],
      ['{ inventory: [{ programm: x }] }', 'inventory.0.programm; the closest known one is program'],
      [
        '{ notifications: [{ webhok: { env: X } }] }',
        'notifications.0.webhok; the closest known one is webhook',
      ],
      [
        '{ notifications: [{ email: { server: a, form: a@b.c, to: [a@b.c] } }] }',
        'notifications.0.email.form; the closest known one is from',
      ],
      ['{ saef_mode: true }', 'saef_mode; the closest known one is safe_mode'],
    ]
    for (const [settings, expected] of misspelt) {
      it(`names the key that was meant, and the line, with ${settings}`, () => {
        const base =
          '{ connector: activemq, brokers: [{ host: a }], security: { provider: psk, secret: { env: X } } }'
        const merged = JSON.stringify({ ...(parse(base) as object), ...(parse(settings) as object) })
        expect(sentence(() => read(`environments:\n  test:\n    ${merged}`))).to.contain(
          `lockstep.yaml:3: there is no setting environments.test.${expected}`,
        )
      })
    }

    it('says which file is missing', () => {
      expect(sentence(() => readLockstepYaml(at('none.yaml'), undefined, context()))).to.match(
        /cannot be read: there is no such file/,
      )
      expect(sentence(() => readLockstepYaml(scratch.path, undefined, context()))).to.match(/it is a folder/)
    })
  })

  describe('of an embedded fleet', () => {
    it('describes hosts in ranges, with faults on top', () => {
      const path = scratch.write(
        'fleet.yaml',
        'repository: { app: [1.0, 2.0] }\nfleet:\n  - { hosts: "web[9-11]", facts: { cores: 4 }, checks: { c: [ok, critical] } }\n',
      )
      const { hosts } = readFleetFile(path, parseFaults('web10=silent from step 2'))
      expect(hosts.map(({ identity }) => identity)).to.deep.equal(['web9', 'web10', 'web11'])
      expect(hosts[1]).to.deep.include({ facts: { cores: '4' }, fault: { name: 'silent', from: 2 } })
    })

    const wrong: [string, string, RegExp][] = [
      [
        'a host that is described twice',
        'fleet: [{ hosts: a }, { hosts: a }]',
        /the host a is described twice/,
      ],
      [
        'an unknown fault',
        'fleet:\n  - hosts: a\n    fault: sulks\n',
        /fleet.yaml:3: fleet.0.fault is "sulks"; expected one of: silent/,
      ],
      ['a range that is too large', 'fleet: [{ hosts: "a[1-900000]" }]', /a range of 900000 hosts/],
      ['no hosts', 'fleet: []', /at least one group/],
      [
        'an unknown setting',
        'fleet:\n  - hosts: a\n    pakages: {}\n',
        /fleet.yaml:3: there is no setting fleet.0.pakages/,
      ],
    ]
    for (const [name, text, expected] of wrong) {
      it(`says what is wrong with ${name}`, () =>
        expect(sentence(() => readFleetFile(scratch.write('fleet.yaml', text)))).to.match(expected))
    }

    it('says what is wrong with LOCKSTEP_FAULTS', () => {
      expect(sentence(() => parseFaults('web1'))).to.match(/LOCKSTEP_FAULTS: "web1"; expected host=fault/)
      expect(
        sentence(() =>
          readFleetFile(scratch.write('f.yaml', 'fleet: [{ hosts: a }]'), parseFaults('b=silent')),
        ),
      ).to.match(/there is no host b/)
    })
  })

  describe('of the faults of a simulated HAProxy', () => {
    it('says which, and from which question on', () => {
      expect(parseHaproxyFault('web1=lies, haproxy=deaf from question 9')).to.deep.equal({
        fault: 'deaf',
        from: 9,
      })
      expect(parseHaproxyFault('web1=lies')).to.equal(undefined)
      expect(sentence(() => parseHaproxyFault('haproxy=tired'))).to.match(
        /expected haproxy=fault, with a fault of: truncated/,
      )
    })
  })

  describe('in a table of hosts', () => {
    const table = (...rows: string[][]) => ({ raw: () => rows })
    it('is as it is written', () => {
      expect(hostsInTable(table(['web2'], ['web1']))).to.deep.equal(['web2', 'web1'])
      expect(sentence(() => hostsInTable(table(['web1'], ['WEB1'])))).to.match(
        /"WEB1" is twice in the table of hosts/,
      )
      expect(sentence(() => hostsInTable(table(['__proto__'])))).to.match(/is no host name/)
      expect(sentence(() => hostsInTable(table(['web1', ''])))).to.match(/is no host name/)
    })
  })

  describe('in a host list', () => {
    it('reads CRLF, a BOM, blanks and comments', () => {
      expect(
        readHostList(scratch.write('hosts', '\uFEFFweb1.example.net\r\n\r\n  Web2 # second\r\n# none\r\n')),
      ).to.deep.equal(['web1.example.net', 'Web2'])
    })
    const wrong: [string, string, RegExp][] = [
      ['a duplicate', 'web1\nWEB1\n', /hosts:2: WEB1 is listed already, on line 1/],
      ['something that is no name', 'web1\nweb 2\n', /hosts:2: "web 2" is no host name/],
      ['a shell command', '$(reboot)\n', /hosts:1: "\$\(reboot\)" is no host name/],
      ['nothing', '\n \n', /lists no host/],
    ]
    for (const [name, text, expected] of wrong) {
      it(`says what is wrong with ${name}`, () =>
        expect(sentence(() => readHostList(scratch.write('hosts', text)))).to.match(expected))
    }
  })
})
