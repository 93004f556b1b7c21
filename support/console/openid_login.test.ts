import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { OpenIdProvider } from '../openid/provider'
import { ConsoleBrowser } from '../testing/console_browser'
import { ConsoleStand } from '../testing/console_stand'
import { OPENID, SigningProvider } from '../testing/signing_provider'
import { Sessions } from './sessions'

const SESSION = '__Host-lockstep-session'
const BEGUN = '__Host-lockstep-openid'

describe('a login by OpenID', () => {
  let stand: ConsoleStand
  let provider: SigningProvider
  beforeEach(() => {
    stand = new ConsoleStand()
    provider = new SigningProvider()
  })
  afterEach(() => stand.close())

  const openid = (settings = OPENID) => new OpenIdProvider(settings, stand.clock, provider.send)
  const open = (settings = OPENID) => stand.open({ openid: openid(settings) })
  const begin = async (browser: ConsoleBrowser, then = '/') => {
    const answer = await browser.ask(`/login/openid?then=${encodeURIComponent(then)}`)
    expect(answer.status).to.equal(302)
    return answer.headers.get('location') ?? ''
  }
  const logIn = async (browser: ConsoleBrowser, then = '/', changes = {}) =>
    browser.ask(provider.logIn(await begin(browser, then), changes))
  const sentenceOf = async (answer: Response) =>
    /role="alert">([^<]*)</.exec(await answer.text())?.[1] ?? 'no sentence'

  it('leads a stranger to the provider by a link, and back to where they wanted to go', async () => {
    const browser = new ConsoleBrowser(open())
    const away = await browser.ask('/hosts/web1?tab=2')
    expect(away.headers.get('location')).to.equal('/login?then=%2Fhosts%2Fweb1%3Ftab%3D2')
    const page = await (await browser.ask('/login?then=%2Fhosts%2Fweb1%3Ftab%3D2')).text()
    expect(page).to.contain(
      '<a href="/login/openid?then=%2Fhosts%2Fweb1%3Ftab%3D2">Log in at login.example.org</a>',
    )
    expect(page).not.to.contain('<form')
    const back = await logIn(browser, '/hosts/web1?tab=2')
    expect([back.status, back.headers.get('location')]).to.deep.equal([303, '/hosts/web1?tab=2'])
    expect(await (await browser.ask('/account')).text()).to.contain('You are anna, of web.')
    expect((await browser.ask('/login?then=/account')).headers.get('location')).to.equal('/account')
    expect(stand.audited).to.deep.equal([
      { type: 'logged in', person: 'anna', address: '127.0.0.1', by: 'openid' },
    ])
  })

  it('asks with PKCE, state and nonce, and for no more than it needs', async () => {
    const asked = new URL(await begin(new ConsoleBrowser(open())))
    expect(asked.origin + asked.pathname).to.equal('https://login.example.org/auth')
    const fields = Object.fromEntries(asked.searchParams)
    expect(fields).to.include({
      response_type: 'code',
      client_id: 'lockstep',
      redirect_uri: 'https://deploy.example.org/login/openid/answer',
      scope: 'openid profile',
      code_challenge_method: 'S256',
    })
    expect(
      [fields['state'], fields['nonce'], fields['code_challenge']].every((each) => each?.length === 43),
    ).to.equal(true)
    expect(new Set([fields['state'], fields['nonce'], fields['code_challenge']]).size).to.equal(3)
  })

  it('keeps its cookies to this origin, and the secrets of the login out of every file', async () => {
    const browser = new ConsoleBrowser(open())
    const to = new URL(await begin(browser))
    const cookie = browser.cookies.get(BEGUN) ?? ''
    await browser.ask(provider.logIn(to.href))
    expect(browser.set.every((each) => each.includes('HttpOnly; Secure; SameSite=Lax'))).to.equal(true)
    expect(browser.cookies.has(BEGUN), 'it is forgotten').to.equal(false)
    const secrets = [cookie.split('.')[1] ?? '', browser.cookies.get(SESSION) ?? '', OPENID.secret, 'access']
    const files = readdirSync(stand.scratch.path, { recursive: true, encoding: 'utf8' })
      .map((name) => join(stand.scratch.path, name))
      .filter((path) => statSync(path).isFile())
    for (const file of files)
      for (const secret of secrets)
        expect(readFileSync(file, 'utf8').includes(`"${secret}`) || file.includes(secret)).to.equal(false)
    expect(to.href).not.to.contain(cookie.split('.')[1])
  })

  it('gives a new id at each login, and ends the session before', async () => {
    const browser = new ConsoleBrowser(open())
    browser.cookies.set(SESSION, 'A'.repeat(43))
    await logIn(browser)
    const first = browser.cookies.get(SESSION) ?? ''
    expect(first).not.to.equal('A'.repeat(43))
    provider.claims = { preferred_username: 'bert' }
    await logIn(browser)
    expect(browser.cookies.get(SESSION)).not.to.equal(first)
    const old = new ConsoleBrowser(open())
    old.cookies.set(SESSION, first)
    expect((await old.ask('/')).status).to.equal(302)
  })

  it('is known after a restart, and no more at another provider, client or claim', async () => {
    const browser = new ConsoleBrowser(open())
    await logIn(browser)
    const id = browser.cookies.get(SESSION) ?? ''
    const statusWith = async (app: ReturnType<typeof open>) => {
      const other = new ConsoleBrowser(app)
      other.cookies.set(SESSION, id)
      return (await other.ask('/')).status
    }
    expect(await statusWith(open())).to.equal(200)
    expect(await statusWith(open({ ...OPENID, name: 'sub' }))).to.equal(302)
    await logIn(browser)
    await stand.addPeople('anna')
    const file = new ConsoleBrowser(stand.open())
    file.cookies.set(SESSION, browser.cookies.get(SESSION) ?? '')
    expect((await file.ask('/')).status, 'no session of the file of people').to.equal(302)
  })

  it('ends here by the form, and from a terminal', async () => {
    const browser = new ConsoleBrowser(open())
    await logIn(browser)
    expect((await browser.send('/account', '/logout', {})).status).to.equal(303)
    expect((await browser.ask('/')).status).to.equal(302)
    await logIn(browser)
    const sessions = new Sessions(stand.scratch.path, stand.clock, { sessionMs: 1, idleMs: 1 })
    expect(sessions.endOf('bert')).to.equal(0)
    expect(sessions.endOf('anna')).to.equal(1)
    expect((await browser.ask('/')).status).to.equal(302)
  })

  it('asks for what the id token leaves out, and believes it of the same person alone', async () => {
    provider.claims = {}
    provider.more = { sub: 'u-1', preferred_username: 'anna', groups: ['night'] }
    const browser = new ConsoleBrowser(open())
    expect((await logIn(browser)).status).to.equal(303)
    expect(await (await browser.ask('/account')).text()).to.contain('You are anna, of night.')
    provider.more = { sub: 'u-2', preferred_username: 'root' }
    const other = new ConsoleBrowser(open())
    expect(await sentenceOf(await logIn(other))).to.equal(
      'The answers of the provider are of two people, or two providers.',
    )
  })

  it('begins though the provider was away, once it is there', async () => {
    provider.failsWith = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
    })
    const app = open()
    expect(provider.asked, 'the start asks nothing').to.deep.equal([])
    const browser = new ConsoleBrowser(app)
    const ask = () => browser.ask('/login/openid?then=%2Faccount')
    const answer = await ask()
    expect(answer.status).to.equal(503)
    const page = await answer.text()
    expect(page).to.contain('The provider does not answer at this moment.')
    expect(page).to.contain('href="/login/openid?then=%2Faccount"')
    await ask()
    expect(provider.asked, 'it is not asked at once again').to.have.length(1)
    expect(stand.refused.join()).to.contain('ECONNREFUSED')
    provider.failsWith = undefined
    stand.clock.after(5_000, () => {})
    await stand.clock.next()
    expect((await ask()).status).to.equal(302)
    expect(stand.audited[0]).to.deep.equal({
      type: 'login refused',
      person: null,
      address: '127.0.0.1',
      why: 'the provider does not answer at this moment',
    })
  })

  it('tells the log why no connection comes about, and the person that there is none', async () => {
    for (const code of ['ENOTFOUND', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
      const cause = Object.assign(new Error('no'), { code })
      provider.failsWith = new TypeError('fetch failed', { cause })
      const answer = await new ConsoleBrowser(open()).ask('/login/openid')
      expect([answer.status, await sentenceOf(answer)]).to.deep.equal([
        503,
        'The provider does not answer at this moment.',
      ])
      expect(stand.refused.at(-1)).to.contain(code)
    }
  })

  it('is told when the provider goes between the beginning and the end', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    provider.failsWith = new DOMException('too long', 'TimeoutError')
    const answer = await browser.ask(back)
    expect([answer.status, await sentenceOf(answer)]).to.deep.equal([
      503,
      'The provider does not answer at this moment.',
    ])
  })

  const expired = { exp: Math.floor(Date.now() / 1_000) - 120 }
  const wrong: [what: string, change: (at: SigningProvider) => void, says: RegExp, status?: number][] = [
    ['the nonce of another login', (at) => (at.wrong = { nonce: 'another' }), /for another login/],
    ['no nonce', (at) => (at.wrong = { nonce: undefined }), /not one to this login/],
    ['an id token that has expired', (at) => (at.wrong = expired), /has expired, or its clock/],
    ['the token of another console', (at) => (at.wrong = { aud: 'other' }), /another console/],
    [
      'a token for two consoles',
      (at) => (at.wrong = { aud: ['lockstep', 'x'], azp: 'x' }),
      /another console/,
    ],
    [
      'a token of another provider',
      (at) => (at.wrong = { iss: 'https://evil.example' }),
      /of another provider/,
    ],
    [
      'a wrong signature',
      (at) => (at.signsWith = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      /signed with a key that is not its own/,
    ],
    ['no signature', (at) => (at.algorithm = 'none'), /not one to this login|not known/],
    ['a signature by a shared secret', (at) => (at.algorithm = 'HS256'), /not one to this login|not known/],
    ['no person', (at) => (at.claims = {}), /does not say who this is/],
    [
      'a name that a policy would read as more',
      (at) => (at.claims = { preferred_username: 'group web' }),
      /other signs/,
    ],
    [
      'a code that it does not know',
      (at) => (at.tokenError = { status: 400, body: { error: 'invalid_grant' } }),
      /finished before/,
    ],
    [
      'a secret that it does not know',
      (at) => (at.tokenError = { status: 401, body: { error: 'invalid_client' } }),
      /no answer that can be used/,
      502,
    ],
    [
      'nonsense',
      (at) => (at.tokenError = { status: 200, body: ['<script>'] }),
      /not one to this login|can be used/,
      0,
    ],
    ['a fault of its own', (at) => (at.tokenError = { status: 500, body: '<html>' }), /can be used/, 502],
  ]
  for (const [what, change, says, status = 403] of wrong)
    it(`is refused in a sentence, and in the audit trail: ${what}`, async () => {
      const browser = new ConsoleBrowser(open())
      change(provider)
      const answer = await logIn(browser)
      if (status > 0) expect(answer.status).to.equal(status)
      const sentence = await sentenceOf(answer)
      expect(sentence).to.match(says)
      expect(browser.cookies.has(SESSION)).to.equal(false)
      const [event] = stand.audited
      expect(event).to.include({ type: 'login refused', person: null })
      expect((event as { why: string }).why.toLowerCase()).to.equal(sentence.slice(0, -1).toLowerCase())
      expect(stand.failed, 'no fault of the console').to.deep.equal([])
      expect(stand.refused.join()).not.to.match(/secret of the client|access|<|anna/)
    })

  const answers: [changes: Record<string, string | undefined>, says: RegExp][] = [
    [{ error: 'access_denied', code: undefined }, /The provider, or the person there, has refused/],
    [
      { error: 'login_required', code: undefined, error_description: '<b>x' },
      /The provider has refused the login/,
    ],
    [{ error: '<script>', code: undefined }, /The provider has refused the login/],
    [{ error: 'server_error', code: undefined }, /cannot log anybody in at this moment/],
    [{ iss: 'https://evil.example' }, /The answer is one of another provider/],
    [{ iss: undefined }, /The answer is one of another provider/],
    [{ state: 'A'.repeat(43) }, /not one to the login of this browser/],
    [{ state: undefined }, /not one to the login of this browser/],
    [{ code: undefined }, /not one to this login/],
  ]
  for (const [changes, says] of answers)
    it(`is refused: an answer with ${JSON.stringify(changes)}`, async () => {
      const browser = new ConsoleBrowser(open())
      const answer = await logIn(browser, '/', changes)
      expect(answer.status).to.be.oneOf([403, 503])
      expect(await sentenceOf(answer)).to.match(says)
      expect(browser.cookies.has(SESSION)).to.equal(false)
      expect(provider.asked, 'no code was sent on').not.to.contain('/token')
      expect(stand.refused.join()).not.to.contain('<')
    })

  const metadata: [what: string, metadata: Record<string, unknown>][] = [
    ['another issuer', { issuer: 'https://evil.example' }],
    ['a login without https', { authorization_endpoint: 'http://login.example.org/auth' }],
    ['tokens without https', { token_endpoint: 'http://login.example.org/token' }],
    ['a login by a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['no keys', { jwks_uri: undefined }],
    ['addresses in a list', { authorization_endpoint: ['https://login.example.org/auth'] }],
  ]
  for (const [what, changes] of metadata)
    it(`leads no one to a provider whose metadata have ${what}`, async () => {
      provider.metadata = changes
      const browser = new ConsoleBrowser(open())
      const answer = await browser.ask('/login/openid')
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([502, null])
    })

  it('speaks http with a provider on this machine alone', async () => {
    const local = (address: string) => ({
      issuer: 'http://127.0.0.1:9',
      authorization_endpoint: `${address}/auth`,
      token_endpoint: 'http://127.0.0.1:9/token',
      jwks_uri: 'http://127.0.0.1:9/keys',
    })
    provider.metadata = local('http://127.0.0.1:9')
    const settings = { ...OPENID, issuer: 'http://127.0.0.1:9' }
    expect((await new ConsoleBrowser(open(settings)).ask('/login/openid')).status).to.equal(302)
    provider.metadata = local('http://evil.example')
    expect((await new ConsoleBrowser(open(settings)).ask('/login/openid')).status).to.equal(502)
  })
})
