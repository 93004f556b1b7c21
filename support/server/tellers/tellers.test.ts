import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { looksProven, prove, readTold, type WebTeller, type WebTrigger } from './tellers'

const SECRET = "It's a Secret to Everybody"
const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const ZERO = '0'.repeat(40)
const NOW = 1_614_265_330_000

/** The vector of GitHub's documentation, "Validating webhook deliveries". */
const GITHUB = {
  body: 'Hello, World!',
  header: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
}
/** The vector of the reference libraries of Standard Webhooks. */
const STANDARD = {
  key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  body: '{"test": 2432232314}',
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
}

type Headers = Readonly<Record<string, string>>

function proven(trigger: WebTrigger, headers: Headers, body: string | Buffer, now = NOW) {
  const header = (name: string) => headers[name]
  if (!looksProven(trigger.kind, header)) return undefined
  return prove(trigger, { header, body: Buffer.from(body), now })
}

function read(kind: WebTeller, headers: Headers, body: unknown) {
  return readTold(kind, (name) => headers[name], body, 'website')
}

/** Signs by a program that shares no code with ours. */
function openssl(secret: string, body: string | Buffer): string {
  const hex = Buffer.from(secret).toString('hex')
  const args = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${hex}`]
  return execFileSync('openssl', args, { input: body, encoding: 'utf8' }).replace(/^.*= /, '').trim()
}

describe('the proof that a hook brings', () => {
  const github: WebTrigger = { kind: 'github', secret: SECRET }
  const signed: WebTrigger = { kind: 'gitlab', token: 'the token', signingKey: STANDARD.key }
  const token: WebTrigger = { kind: 'gitlab', token: 'the token', signingKey: undefined }

  it('is right for the vector that GitHub has published', () => {
    const headers = { 'x-hub-signature-256': GITHUB.header }
    expect(proven(github, headers, GITHUB.body)).to.deep.equal({ sameness: Buffer.from(GITHUB.body) })
    expect(proven({ ...github, secret: 'another' }, headers, GITHUB.body)).to.equal(undefined)
    expect(proven(github, {}, GITHUB.body), 'no signature').to.equal(undefined)
    expect(proven(github, { 'x-hub-signature': GITHUB.header }, GITHUB.body), 'SHA-1 header').to.equal(
      undefined,
    )
  })

  it('is right for the vector of Standard Webhooks, whose id makes it this one', () => {
    expect(proven(signed, STANDARD.headers, STANDARD.body)).to.deep.equal({
      sameness: STANDARD.headers['webhook-id'],
    })
    const several = `v1,${'A'.repeat(44)} v2,x ${STANDARD.headers['webhook-signature']}`
    expect(
      proven(signed, { ...STANDARD.headers, 'webhook-signature': several }, STANDARD.body),
      'one of several is enough',
    ).not.to.equal(undefined)
  })

  it('is of five minutes, in both directions, by the clock of this machine', () => {
    const at = (now: number) => proven(signed, STANDARD.headers, STANDARD.body, now) !== undefined
    expect([-300_000, 300_000].map((skew) => at(NOW + skew))).to.deep.equal([true, true])
    expect([-300_001, 300_001].map((skew) => at(NOW + skew))).to.deep.equal([false, false])
  })

  it('is no token alone where a signing key is configured', () => {
    const headers = { 'x-gitlab-token': 'the token' }
    expect(proven(token, headers, '{}')).not.to.equal(undefined)
    expect(proven(signed, headers, '{}')).to.equal(undefined)
    expect(proven(token, { 'x-gitlab-token': 'the toke' }, '{}')).to.equal(undefined)
    expect(proven(token, { 'x-gitlab-token': '' }, '{}')).to.equal(undefined)
    expect(proven(token, STANDARD.headers, STANDARD.body), 'a signature without its key').to.equal(undefined)
  })

  it('is no dot in an id: the same signature would fit to another time and body', () => {
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = STANDARD.headers
    const headers = {
      'webhook-id': `${id}.${time}`,
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
    }
    expect(proven(signed, headers, STANDARD.body)).to.equal(undefined)
  })

  it('is right for what openssl has signed, in each form', () => {
    const body = JSON.stringify({ text: 'ü, "quoted"\n' })
    const hex = openssl(SECRET, body)
    const forms: [WebTrigger, Headers][] = [
      [github, { 'x-hub-signature-256': `sha256=${hex}` }],
      [{ kind: 'gitea', secret: SECRET }, { 'x-gitea-signature': hex }],
      [{ kind: 'gitea', secret: SECRET }, { 'x-forgejo-signature': hex }],
      [{ kind: 'hmac', secret: SECRET }, { 'x-lockstep-signature': `sha256=${hex}` }],
    ]
    for (const [trigger, headers] of forms) expect(proven(trigger, headers, body)).not.to.equal(undefined)
    const key = Buffer.from('a key as plain text')
    const content = `id-1.${NOW / 1000}.${body}`
    const headers = {
      'webhook-id': 'id-1',
      'webhook-timestamp': String(NOW / 1000),
      'webhook-signature': `v1,${Buffer.from(openssl(key.toString(), content), 'hex').toString('base64')}`,
    }
    const plain: WebTrigger = { kind: 'gitlab', token: undefined, signingKey: key.toString() }
    const whsec: WebTrigger = { ...plain, signingKey: `whsec_${key.toString('base64')}` }
    expect(proven(plain, headers, body)).to.deep.equal({ sameness: 'id-1' })
    expect(proven(whsec, headers, body)).to.deep.equal({ sameness: 'id-1' })
  })

  it('is refused when one byte of the body or of a signed header is another', () => {
    const hook: [WebTrigger, Headers, string][] = [
      [github, { 'x-hub-signature-256': GITHUB.header }, GITHUB.body],
      [signed, STANDARD.headers, STANDARD.body],
      [token, { 'x-gitlab-token': 'the token' }, '{}'],
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...hook),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 33, max: 126 }),
        ([trigger, headers, body], which, where, code) => {
          const names = [...Object.keys(headers), ...(trigger === token ? [] : ['body'])]
          const name = names[which % names.length] ?? ''
          const text = name === 'body' ? body : (headers[name] ?? '')
          const at = where % text.length
          const altered = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
          fc.pre(altered !== text)
          const told =
            name === 'body'
              ? proven(trigger, headers, altered)
              : proven(trigger, { ...headers, [name]: altered }, body)
          expect(told).to.equal(undefined)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('what a hook says', () => {
  const push = { ref: 'refs/heads/main', before: A, after: B }
  const change = { ref: 'refs/heads/main', before: A, after: B }

  it('is a push, as each sender writes it', () => {
    const wanted = { push: { by: 'ann', changes: [change] } }
    expect(read('github', { 'x-github-event': 'push' }, { ...push, pusher: { name: 'ann' } })).to.deep.equal(
      wanted,
    )
    expect(read('gitea', { 'x-gitea-event': 'push' }, { ...push, pusher: { login: 'ann' } })).to.deep.equal(
      wanted,
    )
    expect(
      read('gitea', { 'x-forgejo-event': 'push' }, { ...push, pusher: { username: 'ann' } }),
    ).to.deep.equal(wanted)
    expect(read('gitlab', {}, { ...push, object_kind: 'push', user_username: 'ann' })).to.deep.equal(wanted)
    expect(read('hmac', {}, { id: '1', by: 'ann', changes: [push] })).to.deep.equal(wanted)
  })

  it('is a tag that is new, and a branch that is gone', () => {
    const tag = { ref: 'refs/tags/v1', before: ZERO, after: B, object_kind: 'tag_push' }
    expect(read('gitlab', {}, tag)).to.deep.equal({
      push: { by: undefined, changes: [{ ref: 'refs/tags/v1', before: undefined, after: B }] },
    })
    expect(
      read('github', { 'x-github-event': 'push' }, { ...push, after: ZERO, head_commit: null }),
    ).to.deep.equal({
      push: { by: undefined, changes: [{ ...change, after: undefined }] },
    })
  })

  it('starts nothing where it is no push', () => {
    expect(read('github', { 'x-github-event': 'ping' }, {})).to.deep.equal({
      nothing: 'the event ping is no push',
    })
    expect(read('gitlab', {}, { ...push, object_kind: 'merge_request' })).to.deep.equal({
      nothing: 'the event merge_request is no push',
    })
    expect(read('gitlab', {}, { object_kind: '<b>\n' })).to.deep.equal({ nothing: 'the event is no push' })
  })

  it('is refused, not passed over, where the header of the event is lost', () => {
    expect(read('github', {}, push)).to.have.property('fault')
    expect(read('gitea', { 'x-github-event': 'push' }, push)).to.have.property('fault')
  })

  it('is refused where a ref or a commit is none', () => {
    const refs = [
      'main',
      'refs/heads/a b',
      'refs/heads/a\n',
      `refs/heads/${'x'.repeat(1_024)}`,
      'refs/heads/\ud800',
      '',
    ]
    for (const ref of refs)
      expect(read('github', { 'x-github-event': 'push' }, { ...push, ref }), ref).to.have.property('fault')
    for (const after of ['', 'HEAD', A.toUpperCase(), `${A}0`, null, 7])
      expect(read('hmac', {}, { id: '1', changes: [{ ...push, after }] }), String(after)).to.have.property(
        'fault',
      )
  })

  it('is bounded, of one repository, and has an id where senders write it themselves', () => {
    const many = (count: number) => ({ id: '1', changes: Array.from({ length: count }, () => push) })
    expect(read('hmac', {}, many(1_000))).to.have.property('push')
    expect(read('hmac', {}, many(1_001))).to.have.property('fault')
    expect(read('hmac', {}, many(0))).to.have.property('fault')
    expect(read('hmac', {}, { changes: [push] })).to.have.property('fault')
    expect(read('hmac', {}, { ...many(1), repository: 'website' })).to.have.property('push')
    expect(read('hmac', {}, { ...many(1), repository: 'other' })).to.have.property('fault')
  })

  it('is never an error of ours, for any JSON', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom<WebTeller[]>('github', 'gitlab', 'gitea', 'hmac'),
        (body, kind) => {
          const reading = read(kind, { 'x-github-event': 'push', 'x-gitea-event': 'push' }, body)
          expect(reading).not.to.have.property('push')
        },
      ),
    )
  })

  it('shows the name of a pusher on one line', () => {
    const told = read(
      'github',
      { 'x-github-event': 'push' },
      { ...push, pusher: { name: `a\u001b[2J\nb${'x'.repeat(300)}` } },
    )
    const by = 'push' in told ? (told.push.by ?? '') : ''
    expect(by)
      .to.match(/^a \[2J bx+…$/)
      .and.to.have.length(200)
  })
})
