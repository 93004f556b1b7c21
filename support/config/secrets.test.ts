import { expect } from 'chai'
import { LockstepError } from '../system/errors'
import { BLOCK, ENCRYPTED, PLAIN, PLAIN_OF_BLOCK, PRIVATE_KEY, PUBLIC_KEY } from '../testing/eyaml'
import { Scratch } from '../testing/scratch'
import { readLockstepYaml } from './lockstep_yaml'
import type { ProcessContext } from './mcollective_cfg'
import { readAllVariables, readVariables } from './variables_file'
import { expectStompRoad } from './road_places'

const context = (env: ProcessContext['env'] = {}): ProcessContext => ({ env, hostname: 'control', uid: 1000 })
const TOKEN = `ENC[PKCS7,${ENCRYPTED}]`
const KEYS = 'eyaml: { private_key: keys/private.pem, public_key: keys/public.pem }\n'

function sentence(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof LockstepError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

describe('lockstep.yaml', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('keys/private.pem', PRIVATE_KEY)
    scratch.write('keys/public.pem', PUBLIC_KEY)
  })
  afterEach(() => scratch.remove())

  describe('with secrets', () => {
    const yaml = (secret: string, keys = KEYS) =>
      `${keys}environments:\n  test:\n    connector: activemq\n    brokers: [{ host: mq }]\n    security:\n      provider: psk\n      secret: ${secret}\n`
    const read = (text: string, env: ProcessContext['env'] = {}) =>
      readLockstepYaml(scratch.write('lockstep.yaml', text), undefined, context(env))
    const secretIn = (text: string, env: ProcessContext['env'] = {}) => {
      const { security } = expectStompRoad(read(text, env), 'a test').road
      return security.provider === 'psk' ? security.secret : undefined
    }

    it('takes what eyaml has encrypted, wherever a secret may stand', () => {
      expect(secretIn(yaml(`{ eyaml: "${TOKEN}" }`))).to.equal(PLAIN)
      expect(secretIn(yaml(`\n        eyaml: ${TOKEN}`))).to.equal(PLAIN)
      expect(secretIn(yaml(`\n        eyaml: >\n${BLOCK.replace(/^/gm, '          ')}`))).to.equal(
        PLAIN_OF_BLOCK,
      )
      expect(secretIn(yaml(`>\n${BLOCK.replace(/^/gm, '        ')}`))).to.equal(PLAIN_OF_BLOCK)
      const broker = yaml('{ env: PSK }').replace('host: mq', `host: mq, password: "${TOKEN}"`)
      expect(expectStompRoad(read(broker, { PSK: 'x' }), 'a test').road.brokers).to.deep.equal([
        { host: 'mq', port: 61613, password: PLAIN },
      ])
    })

    it('takes it for notifications too', () => {
      const notifications = `    notifications: [{ email: { server: mx, from: a@example.net, to: [b@example.net], user: me, password: "${TOKEN}" } }]\n`
      const [channel] = read(yaml('{ env: PSK }') + notifications, { PSK: 'x' }).notifications
      expect(channel).to.deep.include({ kind: 'email', secrets: [PLAIN] })
    })

    it('takes the private key from the environment too', () => {
      const keys = 'eyaml: { private_key: { env: EYAML_KEY } }\n'
      expect(secretIn(yaml(`"${TOKEN}"`, keys), { EYAML_KEY: PRIVATE_KEY })).to.equal(PLAIN)
    })

    it('looks for no key where nothing is encrypted', () => {
      scratch.remove()
      scratch = new Scratch()
      expect(secretIn(yaml('{ env: PSK }'), { PSK: 'x' })).to.equal('x')
    })

    it('warns once of a key that everybody can read', () => {
      const path = scratch.write('keys/private.pem', PRIVATE_KEY, 0o644)
      const text = yaml(`"${TOKEN}"`).replace('host: mq', `host: mq, password: "${TOKEN}"`)
      expect(read(text).warnings).to.deep.equal([
        `${path} holds a secret and everybody can read it; chmod 600 it`,
      ])
    })

    const wrong: [string, () => unknown, RegExp][] = [
      [
        'no key',
        () => read(yaml(`"${TOKEN}"`, '')),
        /lockstep\.yaml:7: the psk secret is encrypted, and nothing says with which key; write at the top: eyaml: \{ private_key: /,
      ],
      [
        'a key that is missing',
        () => read(yaml(`"${TOKEN}"`, 'eyaml: { private_key: none.pem }\n')),
        /lockstep\.yaml:1: the private key of eyaml .*none\.pem cannot be read: there is no such file/,
      ],
      [
        'a variable without a key',
        () => read(yaml(`"${TOKEN}"`, 'eyaml: { private_key: { env: KEY } }\n')),
        /:1: the private key of eyaml is to come from KEY, which is not set/,
      ],
      [
        'a key that is none',
        () => read(yaml(`"${TOKEN}"`, 'eyaml: { private_key: keys/public.pem }\n')),
        /:1: .*keys\/public\.pem is no private key; expected PEM text/,
      ],
      [
        'GPG',
        () => read(yaml(`"ENC[GPG,${ENCRYPTED}]"`)),
        /:8: the psk secret is encrypted with GPG, which is not understood/,
      ],
      [
        'a value that is cut',
        () => read(yaml('"ENC[PKCS7,MIIB]"')),
        /:8: the psk secret is no PKCS7 message/,
      ],
      [
        'an encrypted value within braces',
        () => read(yaml(`{ eyaml: ${TOKEN} }`)),
        /:8: .*; write ENC\[…\] between quotes where it stands within \{ \}/,
      ],
      [
        'a secret as it is',
        () => read(yaml('hunter2')),
        /:8: environments\.test\.security\.secret is written out; expected where the secret is: \{env: NAME\}, \{file: path\} or \{eyaml: /,
      ],
      [
        'a misspelt key',
        () => read(yaml(`"${TOKEN}"`, 'eyaml: { privat_key: x }\n')),
        /:1: (there is no setting eyaml\.privat_key|eyaml\.private_key is missing)/,
      ],
    ]
    for (const [name, work, expected] of wrong) {
      it(`says what is wrong with ${name}`, () => {
        expect(sentence(work)).to.match(expected)
        expect(sentence(work)).not.to.match(/hunter2|MIIB/)
      })
    }
  })

  describe('with variables', () => {
    const yaml = (test: string, more = '') =>
      `${KEYS}default: test\nenvironments:\n  live:\n    variables: { release: 1.9, only: live }\n  test:\n    client_config: none.cfg\n    variables:\n${test.replace(/^/gm, '      ')}\n${more}`
    const variablesOf = (text: string, env: ProcessContext['env'] = {}, wanted?: string) =>
      readVariables(scratch.write('lockstep.yaml', text), wanted, context(env))

    it('has them as they are written, numbers too', () => {
      const variables = variablesOf(
        yaml('release: 4.10\nbuild: 007\nfast: true\nday: 2026-11-21\nwhere: "<day>"'),
      )
      const values = variables.names.map((name) => [name, variables.valueOf(name)])
      expect(Object.fromEntries(values)).to.deep.equal({
        release: '4.10',
        build: '007',
        fast: 'true',
        day: '2026-11-21',
        where: '2026-11-21',
      })
    })

    it('has secrets in every form, and reads none that is not asked for', () => {
      const path = scratch.write('token', 'from a file\n', 0o644)
      const variables = variablesOf(
        yaml(`a: { env: A }\nb: { file: token }\nc: "${TOKEN}"\nd:\n  eyaml: ${TOKEN}\ne: { env: NOT_SET }`),
        { A: 'from env' },
      )
      expect(variables.names.filter((name) => variables.isSecret(name))).to.deep.equal([
        'a',
        'b',
        'c',
        'd',
        'e',
      ])
      expect(variables.warnings).to.deep.equal([])
      expect(['a', 'b', 'c', 'd'].map((name) => variables.valueOf(name))).to.deep.equal([
        'from env',
        'from a file',
        PLAIN,
        PLAIN,
      ])
      expect(variables.warnings).to.deep.equal([
        `${path} holds a secret and everybody can read it; chmod 600 it`,
      ])
      expect(sentence(() => variables.valueOf('e'))).to.match(
        /:14: the variable e is to come from NOT_SET, which is not set/,
      )
    })

    it('has those of each environment, of the default one first', () => {
      const path = scratch.write('lockstep.yaml', yaml('release: 2'))
      expect(readAllVariables(path, context()).map(({ place, names }) => [place, names])).to.deep.equal([
        ['the environment test', ['release']],
        ['the environment live', ['release', 'only']],
      ])
      expect(variablesOf(yaml('release: 2'), {}, 'live').valueOf('release')).to.equal('1.9')
    })

    it('has none where the default is no environment, and says which there are', () => {
      const text = yaml('release: 2').replace('default: test', 'default: prod')
      const path = scratch.write('lockstep.yaml', text)
      expect(sentence(() => readAllVariables(path, context()))).to.match(/:2: .*prod.*(live|test)/)
    })

    it('has them among the settings of an environment', () => {
      const text =
        'environments:\n  test:\n    connector: activemq\n    brokers: [{ host: mq }]\n    security: { provider: psk, secret: { env: PSK } }\n    variables: { release: 4.10 }\n'
      const path = scratch.write('lockstep.yaml', text)
      expect(readLockstepYaml(path, undefined, context({ PSK: 'x' })).name).to.equal('test')
    })

    const wrong: [string, string, RegExp][] = [
      [
        'a name that is none',
        'Release: 1',
        /lockstep\.yaml:9: .*a name such as release: a small letter, then letters/,
      ],
      [
        'a list',
        'release: [1]',
        /:9: environments\.test\.variables\.release is Array; expected one line of text, a number/,
      ],
      ['nothing', 'release:', /:9: environments\.test\.variables\.release is null; expected one line/],
      ['an empty text', 'release: ""', /:9: .*expected one line of text/],
      ['several lines', 'release: "a\\nb"', /:9: .*one line of text/],
      ['a misspelt place', 'token: { enw: A }', /:9: .*variables\.token/],
    ]
    for (const [name, text, expected] of wrong)
      it(`says what is wrong with ${name}`, () =>
        expect(sentence(() => variablesOf(yaml(text)))).to.match(expected))

    it('says what is wrong where it stands', () => {
      expect(sentence(() => variablesOf(yaml('a: <b>\nb: <c>')).check())).to.match(
        /lockstep\.yaml:9: the variable <a> uses <c>, which is not defined: a → b → c; there are: a, b/,
      )
    })
  })
})
