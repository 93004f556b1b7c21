import { expect } from 'chai'
import { LockstepError } from '../system/errors'
import { failure } from '../testing/failure'
import { Scratch } from '../testing/scratch'
import { secretsOf } from './environment'
import { readLockstepYaml } from './lockstep_yaml'

const CONTEXT = { env: {}, home: '/none', hostname: 'control', uid: 0 }

describe('the Prometheus of an environment', () => {
  let scratch: Scratch
  beforeEach(() => (scratch = new Scratch()))
  afterEach(() => scratch.remove())

  const read = (prometheus: string) => {
    scratch.write('secret', 's3cret\n', 0o600)
    const path = scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    connector: activemq
    brokers: [{ host: mq.example.net, port: 61613 }]
    security: { provider: psk, secret: { file: secret } }
    prometheus: ${prometheus}
`,
    )
    return readLockstepYaml(path, 'test', CONTEXT)
  }

  it('has a url, and counts samples for 90 seconds', () => {
    expect(read('{ url: http://p.example.net:9090/ }').prometheus).to.deep.equal({
      url: 'http://p.example.net:9090',
      ca: undefined,
      authorization: undefined,
      staleAfterMs: 90_000,
      secrets: [],
    })
  })

  it('has a user or a token, which no report shows', () => {
    const user = read('{ url: https://p.example.net/x, user: u, password: { file: secret } }')
    expect(user.prometheus?.authorization).to.equal(`Basic ${Buffer.from('u:s3cret').toString('base64')}`)
    expect(secretsOf(user)).to.include.members(['s3cret', Buffer.from('u:s3cret').toString('base64')])
    const token = read('{ url: https://p.example.net/x, token: { file: secret } }')
    expect(token.prometheus?.authorization).to.equal('Bearer s3cret')
  })

  for (const [written, says] of [
    ['{ url: "http://u:s3cret@p.example.net" }', 'without a password'],
    ['{ url: p.example.net }', 'where it is, such as http://prometheus.example.net:9090'],
    ['{ url: "http://p.example.net", user: u }', 'expected user and password, or neither'],
    ['{ url: "http://p.example.net", password: s3cret, user: u }', 'where the secret is'],
    [
      '{ url: "http://p.example.net", user: u, password: { file: secret }, token: { file: secret } }',
      'expected a token, or a user and password',
    ],
    ['{ url: "http://p.example.net", stale_after: 1 ms }', 'from 1 second'],
    ['{ url: "http://p.example.net", ca: none.pem }', 'none.pem'],
  ] as const)
    it(`is refused as ${written}`, async () => {
      const error = await failure((async () => read(written))())
      expect(error).to.be.instanceOf(LockstepError)
      expect(error.message).to.contain(says)
      expect(error.message).to.contain('lockstep.yaml:')
      expect(error.message).not.to.contain('s3cret@')
    })
})
