import { once } from 'node:events'
import net from 'node:net'
import { expect } from 'chai'
import { listen, type Listening } from '../server/listen'
import { ConsoleBrowser, tokenIn } from '../testing/console_browser'
import { ConsoleStand, PASSWORD } from '../testing/console_stand'
import { MAX_FORM_BYTES } from './guard'

const FORM = 'application/x-www-form-urlencoded'
type Asked = Parameters<ConsoleBrowser['ask']>[1]

/** A request, and how it has to be refused: the status, and words of the sentence. */
interface Hostile {
  what: string
  path?: string
  asked?: Asked
  status: number
  says: RegExp
}

/** Requests that are refused with and without a session. */
const ANYBODY: readonly Hostile[] = [
  {
    what: 'the name of another site (DNS rebinding)',
    asked: { headers: { host: 'evil.example' } },
    status: 421,
    says: /no name of the console/,
  },
  {
    what: 'our name with another port',
    asked: { headers: { host: 'deploy.example.org:8443' } },
    status: 421,
    says: /no name/,
  },
  {
    what: 'our name with more behind it',
    asked: { headers: { host: 'deploy.example.org.evil.example' } },
    status: 421,
    says: /no name/,
  },
  {
    what: 'our name as a user of another',
    asked: { headers: { host: 'deploy.example.org@evil.example' } },
    status: 421,
    says: /no name/,
  },
  {
    what: 'two names',
    asked: { headers: { host: 'deploy.example.org, evil.example' } },
    status: 421,
    says: /no name/,
  },
  {
    what: 'this machine by its address',
    asked: { headers: { host: '127.0.0.1' } },
    status: 421,
    says: /no name/,
  },
  { what: 'no name', asked: { headers: { host: undefined } }, status: 421, says: /no name/ },
  { what: 'another name in the first line', path: 'https://evil.example/', status: 421, says: /no name/ },
  { what: 'PUT', asked: { method: 'PUT' }, status: 405, says: /method/ },
  { what: 'DELETE', asked: { method: 'DELETE' }, status: 405, says: /method/ },
  { what: 'OPTIONS', asked: { method: 'OPTIONS' }, status: 405, says: /method/ },
  { what: 'a method of its own', asked: { method: 'APPROVE' }, status: 405, says: /method/ },
  { what: 'a long address', path: `/${'a'.repeat(3_000)}`, status: 414, says: /too long/ },
  {
    what: 'a picture of another site',
    asked: { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } },
    status: 403,
    says: /another site/,
  },
  {
    what: 'a frame of another site',
    asked: {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    },
    status: 403,
    says: /another site/,
  },
  {
    what: 'a script of a site beside it',
    asked: { headers: { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' } },
    status: 403,
    says: /another site/,
  },
  {
    what: 'a form of another site',
    asked: { method: 'POST', headers: { origin: 'https://evil.example' } },
    status: 403,
    says: /another origin/,
  },
  {
    what: 'a form without an origin',
    asked: { method: 'POST', headers: { origin: undefined } },
    status: 403,
    says: /another origin/,
  },
  {
    what: 'a form of a page without an origin',
    asked: { method: 'POST', headers: { origin: 'null' } },
    status: 403,
    says: /another origin/,
  },
  {
    what: 'a form of the same name without TLS',
    asked: { method: 'POST', headers: { origin: 'http://deploy.example.org' } },
    status: 403,
    says: /another origin/,
  },
  {
    what: 'a form of another port',
    asked: { method: 'POST', headers: { origin: 'https://deploy.example.org:8443' } },
    status: 403,
    says: /another origin/,
  },
  {
    what: 'a form whose origin goes on',
    asked: { method: 'POST', headers: { origin: 'https://deploy.example.org.evil.example' } },
    status: 403,
    says: /another origin/,
  },
  {
    what: 'JSON',
    asked: { method: 'POST', headers: { 'content-type': 'application/json' } },
    status: 415,
    says: /^Only forms/,
  },
  {
    what: 'plain text',
    asked: { method: 'POST', headers: { 'content-type': 'text/plain' } },
    status: 415,
    says: /^Only forms/,
  },
  {
    what: 'a form with files',
    asked: { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' } },
    status: 415,
    says: /^Only forms/,
  },
  {
    what: 'no type',
    asked: { method: 'POST', headers: { 'content-type': undefined } },
    status: 415,
    says: /^Only forms/,
  },
  {
    what: 'a form that says that it is long',
    asked: { method: 'POST', headers: { 'content-length': String(MAX_FORM_BYTES + 1) } },
    status: 413,
    says: /longer than/,
  },
]

/** Requests of somebody without a session. */
const STRANGER: readonly Hostile[] = [
  {
    what: 'a form',
    path: '/start',
    asked: { method: 'POST', body: 'form=x' },
    status: 403,
    says: /log in first/,
  },
  {
    what: 'a form to nowhere',
    path: '/nothing',
    asked: { method: 'POST', body: '' },
    status: 403,
    says: /log in first/,
  },
  {
    what: 'a logout',
    path: '/logout',
    asked: { method: 'POST', body: '' },
    status: 403,
    says: /log in first/,
  },
  {
    what: 'a stream',
    path: '/stream',
    asked: { headers: { accept: 'text/event-stream' } },
    status: 401,
    says: /log in first/,
  },
  {
    what: 'a login without a page',
    path: '/login',
    asked: { method: 'POST', body: `name=anna&password=${encodeURIComponent(PASSWORD)}` },
    status: 403,
    says: /not one of this browser/,
  },
  {
    what: 'an id that was never given',
    asked: { method: 'POST', headers: { cookie: `__Host-lockstep-session=${'A'.repeat(43)}` } },
    status: 403,
    says: /log in first/,
  },
  {
    what: 'a path for an id',
    asked: { method: 'POST', headers: { cookie: '__Host-lockstep-session=../../../etc/passwd' } },
    status: 403,
    says: /log in first/,
  },
  {
    what: 'a long login',
    path: '/login',
    asked: { method: 'POST', body: `name=${'a'.repeat(MAX_FORM_BYTES)}` },
    status: 413,
    says: /longer than/,
  },
]

describe('a hostile request', () => {
  let stand: ConsoleStand
  beforeEach(async () => (stand = await new ConsoleStand().addPeople('anna', 'bert')))
  afterEach(() => stand.close())

  async function expectRefused(browser: ConsoleBrowser, { path = '/', asked = {}, status, says }: Hostile) {
    const answer = await browser.ask(path, asked)
    const text = await answer.text()
    expect(answer.status, text).to.equal(status)
    const [, sentence = ''] = /<p role="alert">([^<]*)<\/p>/.exec(text) ?? []
    expect(sentence).to.match(says)
    expect(sentence).to.match(/^[A-Z].*\.$/s)
    expect(text).not.to.contain('evil.example')
    expect(answer.headers.get('content-security-policy')).to.match(/^default-src 'none'; .*base-uri 'none'$/)
    expect(answer.headers.get('cache-control')).to.equal('no-store')
    expect(stand.done).to.deep.equal([])
    expect(stand.failed).to.deep.equal([])
  }

  for (const hostile of ANYBODY)
    it(`is refused with a session and without: ${hostile.what}`, async () => {
      await expectRefused(new ConsoleBrowser(stand.open()), hostile)
      await expectRefused(await stand.browserOf('anna'), hostile)
    })

  for (const hostile of STRANGER)
    it(`is refused without a session: ${hostile.what}`, () =>
      expectRefused(new ConsoleBrowser(stand.open()), hostile))

  /** Asks for a form as anna would, and lets a test change it before it is sent. */
  const sent = (browser: ConsoleBrowser, form: string, headers = {}) =>
    browser.ask('/start', { method: 'POST', body: new URLSearchParams({ form }).toString(), headers })
  const formOf = async (browser: ConsoleBrowser) => tokenIn(await (await browser.ask('/hosts/web1')).text())
  const refusal = async (answer: Response) => [
    answer.status,
    /<p role="alert">([^<]*)<\/p>/.exec(await answer.text())?.[1],
  ]

  it('is refused: a form that was sent before, also by another process', async () => {
    const browser = await stand.browserOf('anna')
    const form = await formOf(browser)
    expect((await sent(browser, form)).status).to.equal(200)
    expect(await refusal(await sent(browser, form))).to.deep.equal([
      403,
      'The form was sent before; load its page again.',
    ])
    const other = new ConsoleBrowser(stand.open())
    for (const [name, value] of browser.cookies) other.cookies.set(name, value)
    expect((await sent(other, form)).status).to.equal(403)
    expect(stand.done).to.deep.equal(['anna'])
  })

  it('is refused: many sendings of one form at the same time', async () => {
    const browser = await stand.browserOf('anna')
    const form = await formOf(browser)
    const answers = await Promise.all(Array.from({ length: 20 }, () => sent(browser, form)))
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1)
    expect(stand.done).to.deep.equal(['anna'])
  })

  it('is refused: a form of another person, of another path, and an old one', async () => {
    const app = stand.open()
    const [anna, bert] = [await stand.browserOf('anna', app), await stand.browserOf('bert', app)]
    const why = [403, 'The form is not one of this session; load its page again.']
    expect(await refusal(await sent(anna, await formOf(bert)))).to.deep.equal(why)
    expect(await refusal(await sent(anna, tokenIn(await (await anna.ask('/account')).text())))).to.deep.equal(
      why,
    )
    expect(await refusal(await sent(anna, ''))).to.deep.equal(why)
    const form = await formOf(anna)
    expect(await refusal(await sent(anna, `${form}x`))).to.deep.equal(why)
    const [, ...rest] = form.split('.')
    expect(await refusal(await sent(anna, ['zzzzzzzz', ...rest].join('.')))).to.deep.equal(why)
    for (let times = 0; times < 3; times += 1) {
      stand.clock.after(3_000_000, () => {})
      await stand.clock.next()
      await anna.ask('/')
    }
    expect(await refusal(await sent(anna, form))).to.deep.equal([
      403,
      'The form is too old; load its page again.',
    ])
    expect(stand.done).to.deep.equal([])
  })

  it('is refused: an act that the policy does not allow; it is a line of the audit trail', async () => {
    const bert = await stand.browserOf('bert')
    const why = 'the policy does not allow bert to start in test'
    expect(await refusal(await sent(bert, await formOf(bert)))).to.deep.equal([
      403,
      `${why.replace('the', 'The')}.`,
    ])
    expect(stand.audited.at(-1)).to.deep.equal({
      type: 'act refused',
      person: 'bert',
      address: '127.0.0.1',
      why,
    })
    expect(stand.done).to.deep.equal([])
  })

  it('is refused: a session in two cookies of one name', async () => {
    const browser = await stand.browserOf('anna')
    const id = browser.cookies.get('__Host-lockstep-session') ?? ''
    const cookie = `__Host-lockstep-session=${id}; __Host-lockstep-session=${'B'.repeat(43)}`
    expect((await browser.ask('/', { headers: { cookie } })).status).to.equal(302)
  })

  it('is refused: a path that is there for forms alone, and one that is not there', async () => {
    const browser = await stand.browserOf('anna')
    expect((await browser.ask('/start')).status).to.equal(405)
    expect((await browser.ask('/nothing')).status).to.equal(404)
    expect((await browser.ask('/hosts/web1', { method: 'POST', body: 'form=x' })).status).to.equal(404)
    expect(stand.done).to.deep.equal([])
  })

  for (const then of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/.//evil.example',
    '/login',
    '',
    '/logout',
  ])
    it(`leads nowhere else after a login: ${JSON.stringify(then)}`, async () => {
      const answer = await new ConsoleBrowser(stand.open()).logIn('anna', PASSWORD, then)
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, '/'])
    })

  it('fills no disk: a flood of refused logins is counted', async () => {
    const app = stand.open()
    for (let times = 0; times < 300; times += 1)
      await new ConsoleBrowser(app, undefined, `10.1.${times % 5}.1`).ask('/start', {
        method: 'POST',
        body: '',
      })
    expect(stand.audited).to.have.length(60)
    stand.clock.after(60_000, () => {})
    await stand.clock.next()
    await new ConsoleBrowser(app).ask('/start', { method: 'POST', body: '' })
    expect(stand.audited[60]).to.deep.equal({ type: 'refused without a line', count: 240 })
  })

  describe('behind a proxy', () => {
    const proxy = { from: ['10.9.9.9'], user: 'x-remote-user', groups: 'x-remote-groups' }
    const asked = async (peer: string, headers: Record<string, string>) => {
      const browser = new ConsoleBrowser(stand.open({ proxy }), undefined, peer, headers)
      return refusal(await browser.ask('/'))
    }

    it('is refused: the header of the proxy from another address', async () => {
      const why = [403, 'Pages are there through the proxy alone.']
      expect(await asked('127.0.0.1', { 'x-remote-user': 'anna' })).to.deep.equal(why)
      expect(
        await asked('10.9.9.90', { 'x-remote-user': 'anna', 'x-forwarded-for': '10.9.9.9' }),
      ).to.deep.equal(why)
    })

    it('is refused: no header, two names, and a name that a policy would read as more', async () => {
      expect(await asked('10.9.9.9', {})).to.deep.equal([403, 'The proxy names no person.'])
      for (const name of ['', 'anna, bert', 'everybody', '<script>', 'anna bert', `a${'a'.repeat(80)}`])
        expect((await asked('10.9.9.9', { 'x-remote-user': name }))[0], name).to.equal(403)
      expect(
        (await asked('10.9.9.9', { 'x-remote-user': 'anna', 'x-remote-groups': 'web,may' }))[0],
      ).to.equal(403)
    })
  })

  describe('over a socket', () => {
    let listening: Listening
    beforeEach(async () => {
      const app = stand.open({ origins: ['http://127.0.0.1:8090'] })
      listening = await listen(app, { host: '127.0.0.1', port: 0 }, () => {})
    })
    afterEach(() => listening.close())

    /** Sends bytes as they are, and returns the first line of the answer with its sentence. */
    async function say(bytes: string): Promise<string> {
      const socket = net.connect(listening.port, '127.0.0.1')
      socket.on('error', () => {})
      let heard = ''
      socket.on('data', (piece) => (heard += piece.toString()))
      socket.write(bytes)
      await once(socket, 'close')
      const [, sentence = ''] = /<p role="alert">([^<]*)/.exec(heard) ?? []
      return `${heard.split('\r\n')[0]} ${sentence}`
    }
    const HOST = 'Host: 127.0.0.1:8090\r\nConnection: close\r\n'

    it('is refused: names of others, in each place where one can stand', async () => {
      expect(await say(`GET / HTTP/1.1\r\n${HOST}\r\n`)).to.match(/ 302 /)
      expect(await say('GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).to.match(
        / 421 .*no name/,
      )
      expect(await say(`GET http://evil.example/ HTTP/1.1\r\n${HOST}\r\n`)).to.match(/ 421 .*no name/)
      expect(await say('GET / HTTP/1.0\r\n\r\n')).to.match(/ 421 .*no name/)
      expect(await say(`GET / HTTP/1.1\r\nHost: evil.example\r\n${HOST}\r\n`)).to.match(/ 4\d\d /)
    })

    it('is refused: a form of another origin, and one that never ends', async () => {
      const head = `POST /login HTTP/1.1\r\n${HOST}Content-Type: ${FORM}\r\n`
      expect(await say(`${head}Origin: http://evil.example\r\nContent-Length: 1\r\n\r\nx`)).to.match(
        / 403 .*another origin/,
      )
      const own = `${head}Origin: http://127.0.0.1:8090\r\n`
      expect(await say(`${own}Content-Length: 99999999\r\n\r\nx`)).to.match(/ 413 .*longer than/)
      const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`
      expect(await say(`${own}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`)).to.match(
        / 413 .*longer than/,
      )
    })

    it('is refused: many bytes of headers, and bytes that are no request', async () => {
      expect(await say(`GET / HTTP/1.1\r\n${HOST}Cookie: ${'a'.repeat(20_000)}\r\n\r\n`)).to.match(/ 431 /)
      expect(await say('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n')).to.match(/ 400 /)
      expect(await say(`GET /%00%0d%0aSet-Cookie:x HTTP/1.1\r\n${HOST}\r\n`)).to.match(/ 302 /)
    })
  })
})
