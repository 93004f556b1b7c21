import { expect } from 'chai'
import { OpenIdProvider } from '../openid/provider'
import { ConsoleBrowser } from '../testing/console_browser'
import { ConsoleStand } from '../testing/console_stand'
import { OPENID, SigningProvider } from '../testing/signing_provider'

const SESSION = '__Host-lockstep-session'
const BEGUN = '__Host-lockstep-openid'

describe('what is hostile to a login by OpenID', () => {
  let stand: ConsoleStand
  let provider: SigningProvider
  beforeEach(() => {
    stand = new ConsoleStand()
    provider = new SigningProvider()
  })
  afterEach(() => stand.close())

  const open = () => stand.open({ openid: new OpenIdProvider(OPENID, stand.clock, provider.send) })
  const begin = async (browser: ConsoleBrowser, then = '/') =>
    (await browser.ask(`/login/openid?then=${encodeURIComponent(then)}`)).headers.get('location') ?? ''
  const refusalOf = async (answer: Response) => {
    const sentence = /role="alert">([^<]*)</.exec(await answer.text())?.[1]
    return `${answer.status} ${sentence}`
  }
  const asked = (path: string) => provider.asked.filter((each) => each === path).length

  it('is refused: the answer of a login that another browser has begun', async () => {
    const app = open()
    const [eve, anna] = [new ConsoleBrowser(app), new ConsoleBrowser(app)]
    const back = provider.logIn(await begin(eve))
    expect(await refusalOf(await anna.ask(back))).to.match(/^403 This browser has begun no login/)
    await begin(anna)
    expect(await refusalOf(await anna.ask(back))).to.match(/^403 .* not one to the login of this browser/)
    expect(anna.cookies.has(SESSION), 'anna is in no session of eve').to.equal(false)
    expect(asked('/token'), 'no code of another is sent on').to.equal(0)
  })

  it('is refused: an answer that comes again, also with its cookie, also twice at a time', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    const cookie = browser.cookies.get(BEGUN) ?? ''
    const both = await Promise.all([browser.ask(back), browser.ask(back)])
    expect(both.map(({ status }) => status)).to.have.members([303, 403])
    browser.cookies.set(BEGUN, cookie)
    expect(await refusalOf(await browser.ask(back))).to.match(/^403 .* has finished it/)
    browser.cookies.delete(BEGUN)
    expect((await browser.ask(back)).status).to.equal(403)
    expect((await browser.ask('/')).status, 'the session is as it was').to.equal(200)
    expect(asked('/token')).to.equal(1)
  })

  it('is refused: an answer that comes again to another process, by the provider', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    const cookie = browser.cookies.get(BEGUN) ?? ''
    expect((await browser.ask(back)).status).to.equal(303)
    const other = new ConsoleBrowser(open())
    other.cookies.set(BEGUN, cookie)
    expect(await refusalOf(await other.ask(back))).to.match(
      /^403 .* does not know this login, or it was finished/,
    )
  })

  it('is refused: a cookie that was changed in any part', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser, '/hosts/web1'))
    const parts = (browser.cookies.get(BEGUN) ?? '').split('.')
    expect(parts).to.have.length(4)
    const evil = Buffer.from('//evil.example').toString('base64url')
    const changed = [
      ['zzzzzzzz', ...parts.slice(1)],
      [parts[0], 'A'.repeat(43), ...parts.slice(2)],
      [...parts.slice(0, 2), evil, parts[3]],
      [...parts.slice(0, 3), 'A'.repeat(43)],
      parts.slice(0, 3),
      [...parts, 'more'],
    ]
    for (const each of changed) {
      browser.cookies.set(BEGUN, each.join('.'))
      expect(await refusalOf(await browser.ask(back))).to.match(/^403 This browser has begun no login/)
    }
    browser.cookies.set(BEGUN, `${parts.join('.')}; ${BEGUN}=${parts.join('.')}`)
    expect((await browser.ask(back)).status, 'twice').to.equal(403)
    browser.cookies.set(BEGUN, parts.join('.'))
    expect((await browser.ask(back)).headers.get('location')).to.equal('/hosts/web1')
  })

  it('is refused: a login that takes more than ten minutes', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    expect(browser.set.at(-1)).to.match(/; Max-Age=600$/)
    stand.clock.after(600_001, () => {})
    await stand.clock.next()
    expect(await refusalOf(await browser.ask(back))).to.equal(
      '403 The login has taken more than ten minutes.',
    )
  })

  it('is refused: a login that has begun with another provider', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    const settings = { ...OPENID, client: 'another' }
    const app = stand.open({ openid: new OpenIdProvider(settings, stand.clock, provider.send) })
    const other = new ConsoleBrowser(app)
    other.cookies.set(BEGUN, browser.cookies.get(BEGUN) ?? '')
    expect(await refusalOf(await other.ask(back))).to.match(/^403 This browser has begun no login/)
  })

  it('leads to no other origin after a login', async () => {
    for (const then of [
      '//evil.example',
      'https://evil.example/',
      '/\\evil.example',
      '/login/openid',
      'javascript:1',
    ]) {
      const browser = new ConsoleBrowser(open())
      const answer = await browser.ask(provider.logIn(await begin(browser, then)))
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([303, '/'])
    }
  })

  it('ends no login by an answer that somebody has made up', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    const cross = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    for (let n = 0; n < 20; n += 1)
      await browser.ask('/login/openid/answer?error=access_denied&state=x', { headers: cross })
    expect((await browser.ask(back, { headers: cross })).status).to.equal(303)
  })

  it('lets no page of another site do more than link there', async () => {
    const browser = new ConsoleBrowser(open())
    for (const dest of ['image', 'iframe', 'script'])
      expect(
        (
          await browser.ask('/login/openid', {
            headers: {
              'sec-fetch-site': 'cross-site',
              'sec-fetch-mode': dest === 'iframe' ? 'navigate' : 'no-cors',
              'sec-fetch-dest': dest,
            },
          })
        ).status,
      ).to.equal(403)
    expect(browser.cookies.has(BEGUN)).to.equal(false)
    const posted = await browser.ask('/login/openid/answer', { method: 'POST', body: 'code=x&state=y' })
    expect(posted.status).to.equal(403)
    expect((await browser.ask('/login', { method: 'POST', body: 'name=anna&password=x' })).status).to.equal(
      403,
    )
  })

  it('begins no login for a link of another page, and so ends none that is under way', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser))
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      const linked = await browser.ask('/login/openid?then=%2Faccount', { headers })
      expect([linked.status, linked.headers.get('location')]).to.deep.equal([200, null])
      expect(await linked.text()).to.contain('href="/login/openid?then=%2Faccount"')
    }
    expect((await browser.ask(back)).status).to.equal(303)
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    const known = await browser.ask('/login/openid?then=%2Faccount', { headers })
    expect(known.headers.get('location'), 'who is logged in stays so').to.equal('/account')
    for (const site of ['same-origin', 'none'])
      expect(
        (
          await browser.ask('/login/openid', {
            headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' },
          })
        ).headers.get('location'),
      ).to.match(/^https:\/\/login\.example\.org\//)
  })

  it('keeps out no browser that has logged in before, from an address with wrong codes', async () => {
    const app = open()
    const anna = new ConsoleBrowser(app)
    expect((await anna.ask(provider.logIn(await begin(anna)))).status).to.equal(303)
    await anna.send('/account', '/logout', {})
    provider.tokenError = { status: 400, body: { error: 'invalid_grant' } }
    const strangers = async (count: number) => {
      const statuses = []
      for (let n = 0; n < count; n += 1) {
        const eve = new ConsoleBrowser(app)
        statuses.push((await eve.ask(provider.logIn(await begin(eve)))).status)
      }
      return statuses.at(-1)
    }
    expect(await strangers(11)).to.equal(429)
    provider.tokenError = undefined
    expect((await anna.ask(provider.logIn(await begin(anna)))).status).to.equal(303)
    expect(await strangers(1), 'and lets no stranger guess on').to.equal(429)
  })

  it('sends the provider no more than ten wrong codes of an address', async () => {
    provider.tokenError = { status: 400, body: { error: 'invalid_grant' } }
    const app = open()
    const statuses = []
    for (let n = 0; n < 12; n += 1) {
      const browser = new ConsoleBrowser(app)
      statuses.push((await browser.ask(provider.logIn(await begin(browser)))).status)
    }
    expect(statuses.slice(9)).to.deep.equal([403, 429, 429])
    expect(asked('/token')).to.equal(10)
    provider.tokenError = undefined
    const elsewhere = new ConsoleBrowser(app, undefined, '192.0.2.7')
    expect((await elsewhere.ask(provider.logIn(await begin(elsewhere)))).status).to.equal(303)
  })

  it('takes the long code of a provider, and no long address elsewhere', async () => {
    const browser = new ConsoleBrowser(open())
    const back = provider.logIn(await begin(browser), { code: 'c'.repeat(5_000) })
    expect(await refusalOf(await browser.ask(back))).to.match(/^403 .* does not know this login/)
    expect((await browser.ask(`/login/openid?then=/${'a'.repeat(3_000)}`)).status).to.equal(414)
    expect((await browser.ask(`/login/openid/answer?code=${'c'.repeat(9_000)}`)).status).to.equal(414)
  })

  it('has no such paths where people log in here', async () => {
    await stand.addPeople('anna')
    const browser = await stand.browserOf('anna')
    expect((await browser.ask('/login/openid')).status).to.equal(404)
    expect((await browser.ask('/login/openid/answer?code=x&state=y')).status).to.equal(404)
  })
})
