import { expect } from 'chai'
import fc from 'fast-check'
import { LockstepError } from '../system/errors'
import { Scratch } from '../testing/scratch'
import { TEST_CERTIFICATE } from '../testing/test_certificate'
import { secretsOf } from './environment'
import { readLockstepYaml } from './lockstep_yaml'

const env = {
  HOOK_URL: 'https://hooks.example.net/in/t0ken-of-the-hook',
  SLACK_URL: 'https://hooks.slack.com/services/T0/B0/s3cret',
  HOOK_TOKEN: 'let-me-in',
  SMTP_PASSWORD: 'hunter2-of-smtp',
  PLAIN: 'http://hooks.example.net/x',
  CREDENTIALS: 'https://me:hunter2-in-url@hooks.example.net/',
  NONSENSE: 'hunter2 is no address',
  BROKEN: 'two\nlines',
}

describe('the notifications of an environment', () => {
  let scratch: Scratch
  beforeEach(() => {
    scratch = new Scratch()
    scratch.write('ca.pem', TEST_CERTIFICATE)
    scratch.write('key', 'k3y-of-the-hook\n')
    const pool = 'plugin.activemq.pool'
    scratch.write('client.cfg', `plugin.psk = x\n${pool}.size = 1\n${pool}.1.host = mq\n`)
  })
  afterEach(() => scratch.remove())

  const read = (...notifications: string[]) => {
    const list = notifications
      .map((notification) => `      - ${notification.replaceAll('\n', '\n        ')}\n`)
      .join('')
    const text = `environments:\n  test:\n    client_config: client.cfg\n    notifications:\n${list}`
    const context = { env, hostname: 'control', uid: 1000 }
    return readLockstepYaml(scratch.write('lockstep.yaml', text), undefined, context)
  }
  const sentence = (...notifications: string[]) => {
    try {
      read(...notifications)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      return error.message.replace(`${scratch.path}/`, '')
    }
    throw new Error('it was accepted')
  }

  it('are none unless said', () => {
    const text = 'environments: { test: { client_config: client.cfg } }'
    const context = { env, hostname: 'control', uid: 1000 }
    const path = scratch.write('lockstep.yaml', text)
    expect(readLockstepYaml(path, undefined, context).notifications).to.deep.equal([])
  })

  describe('by the code of a team', () => {
    it('read secrets anywhere in what it is given', () => {
      const [channel] = read(
        'channel: pager\nwith: { room: deploys, retries: 3, login: { user: me, pass: { env: HOOK_TOKEN } }, keys: [{ file: key }] }\non: [failed]',
      ).notifications
      expect(channel).to.deep.include({
        kind: 'extension',
        name: 'pager',
        on: ['failed'],
        options: {
          room: 'deploys',
          retries: 3,
          login: { user: 'me', pass: 'let-me-in' },
          keys: ['k3y-of-the-hook'],
        },
        secrets: ['let-me-in', 'k3y-of-the-hook'],
      })
    })

    it('hide those secrets', () => {
      const environment = read('channel: pager\nwith: { key: { env: HOOK_TOKEN } }')
      expect(secretsOf(environment)).to.include('let-me-in')
    })

    it('refuse a secret that is written out, and do not repeat it', () => {
      const said = sentence('channel: pager\nwith: { room: x, api_token: hunter2 }')
      expect(said).to.equal(
        'lockstep.yaml:6: api_token is written out; expected where the secret is: {env: NAME}, {file: path} or {eyaml: "ENC[PKCS7,…]"}',
      )
    })

    it('refuse a secret that is not there', () => {
      expect(sentence('channel: pager\nwith: { key: { env: NOT_THERE } }')).to.match(
        /^lockstep\.yaml:6: .*NOT_THERE/,
      )
    })
  })

  it('go to webhooks, Slack, by email and to topics', () => {
    const all = [
      'started',
      'approval wanted',
      'wave begun',
      'wave ended',
      'failed',
      'ended',
      'drift found',
      'monitoring changed',
      'release created',
    ]
    expect(
      read(
        'webhook: { env: HOOK_URL }\nbearer: { env: HOOK_TOKEN }\nhmac: { file: key }\nca: ca.pem\non: [started, wave ended]',
        'webhook: { url: "https://example.net/hook" }\ntemplate: \'{"content": "<summary>"}\'',
        'slack: { env: SLACK_URL }\ntemplate: "<summary> in <environment>"',
        'email: { server: smtp.example.net, from: a@example.net, to: [b@example.net], user: me, password: { env: SMTP_PASSWORD } }',
        'topic: /topic/lockstep\non: [ended]',
      ).notifications,
    ).to.deep.equal([
      {
        kind: 'webhook',
        url: env.HOOK_URL,
        bearer: 'let-me-in',
        hmac: 'k3y-of-the-hook',
        ca: TEST_CERTIFICATE,
        on: ['started', 'wave ended'],
        secrets: [env.HOOK_URL, '/in/t0ken-of-the-hook', 'let-me-in', 'k3y-of-the-hook'],
      },
      {
        kind: 'webhook',
        url: 'https://example.net/hook',
        on: all,
        secrets: [],
        template: '{"content": "<summary>"}',
      },
      {
        kind: 'slack',
        url: env.SLACK_URL,
        on: all,
        secrets: [env.SLACK_URL, '/services/T0/B0/s3cret'],
        template: '<summary> in <environment>',
      },
      {
        kind: 'email',
        server: 'smtp.example.net',
        port: 587,
        from: 'a@example.net',
        to: ['b@example.net'],
        tls: 'starttls',
        login: { user: 'me', password: 'hunter2-of-smtp' },
        on: all,
        secrets: ['hunter2-of-smtp'],
      },
      { kind: 'topic', destination: '/topic/lockstep', on: ['ended'], secrets: [] },
    ])
  })

  it('have secrets that are hidden like all others', () => {
    const environment = read('slack: { env: SLACK_URL }', 'webhook: { url: "https://example.net/hook" }')
    expect(secretsOf(environment)).to.include(env.SLACK_URL).and.not.to.include('/hook')
  })

  it('are warned of where others can read them', () => {
    const mail =
      'email: { server: mail, from: a@b.c, to: [d@e.f], tls: none, user: me, password: { env: SMTP_PASSWORD } }'
    expect(read('webhook: { env: PLAIN }', mail).warnings).to.deep.equal([
      'notifications go to hooks.example.net unencrypted; use https',
      'the password for mail goes there unencrypted; set tls: starttls or implicit',
    ])
    expect(read('webhook: { url: "http://127.0.0.1:8080/" }').warnings).to.deep.equal([])
  })

  const email = (settings: string) => `email: { server: mail, ${settings} }`
  const wrong: [string, string, RegExp][] = [
    [
      'a channel of no kind',
      'pager: 1',
      /^lockstep\.yaml:5: .*notifications\.0 .*expected one of: webhook, slack, email, topic/,
    ],
    [
      'a misspelt setting',
      'slack: { env: SLACK_URL }\nonly: [ended]',
      /:6: there is no setting .*notifications\.0\.only/,
    ],
    [
      'an unknown event',
      'slack: { env: SLACK_URL }\non: [finished]',
      /:6: .*expected events among: started, /,
    ],
    ['no event', 'slack: { env: SLACK_URL }\non: []', /:6: .*at least one event/],
    [
      'an unknown placeholder',
      'slack: { env: SLACK_URL }\ntemplate: "<sumary>"',
      /:6: .*in place of <sumary>/,
    ],
    [
      'a webhook template that is no JSON',
      'webhook: { env: HOOK_URL }\ntemplate: "<summary>"',
      /:6: .*expected JSON/,
    ],
    [
      'an address of Slack written out',
      'slack: https://hooks.slack.com/hunter2',
      /:5: .*slack is written out; expected where the secret is: \{env: NAME\}/,
    ],
    [
      'an address of a webhook written out',
      'webhook: https://hooks.example.net/hunter2',
      /webhook is written out; expected where it is/,
    ],
    [
      'a password written out',
      email('from: a@b.c, to: [d@e.f], user: me, password: hunter2'),
      /:5: .*password is written out/,
    ],
    [
      'a secret that is not there',
      'slack: { env: NOT_SET }',
      /the address of the slack channel is to come from NOT_SET, which is not set/,
    ],
    [
      'an address that is none',
      'slack: { env: NONSENSE }',
      /the address of a notification channel is none; expected https/,
    ],
    ['an address of another kind', 'webhook: { url: "file:///etc/passwd" }', /expected https/],
    [
      'user and password in an address',
      'webhook: { env: CREDENTIALS }',
      /hooks\.example\.net holds user or password; expected bearer/,
    ],
    [
      'a bearer secret of two lines',
      'webhook: { env: HOOK_URL }\nbearer: { env: BROKEN }',
      /nothing that a header can carry/,
    ],
    [
      'an authority that is not there',
      'webhook: { env: HOOK_URL }\nca: none.pem',
      /CA certificate .*none\.pem cannot be read: there is no such file/,
    ],
    [
      'a recipient with a header in it',
      email('from: a@b.c, to: ["d@e.f\\r\\nBcc: g@h.i"]'),
      /:5: [^]*an email address such as/,
    ],
    ['nobody to write to', email('from: a@b.c, to: []'), /:5: .*at least one/],
    [
      'a user without a password',
      email('from: a@b.c, to: [d@e.f], user: me'),
      /one of user and password; expected both or none/,
    ],
    ['a topic of an agent', 'topic: /topic/mcollective.package.agent', /:5: .*of no agent/],
    ['a topic with a header in it', 'topic: "/topic/a\\nb:c"', /:5: [^]*a topic such as/],
  ]
  for (const [name, notification, expected] of wrong) {
    it(`are refused with ${name}`, () => {
      const said = sentence(notification)
      expect(said).to.match(expected)
      expect(said).not.to.contain('hunter2')
    })
  }

  it('are settings or a sentence, for any text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('webhook', 'slack', 'email', 'topic', 'template', 'on'),
        fc.json(),
        (key, value) => {
          try {
            read(
              `{ "slack": { "env": "SLACK_URL" }, ${JSON.stringify(key === 'slack' ? 'ca' : key)}: ${value} }`,
            )
          } catch (error) {
            expect(error).to.be.instanceOf(LockstepError)
          }
        },
      ),
    )
  })
})
