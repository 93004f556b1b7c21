import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { hashPassword } from '../people/password'
import { ConsoleBrowser, tokenIn } from '../testing/console_browser'
import { ConsoleStand, PASSWORD } from '../testing/console_stand'
import { settled } from '../testing/fake_clock'

const SESSION = '__Host-lockstep-session'

describe('the console', () => {
  let stand: ConsoleStand
  beforeEach(async () => (stand = await new ConsoleStand().addPeople('anna', 'bert')))
  afterEach(() => stand.close())

  const statusOf = async (browser: ConsoleBrowser, path = '/') => (await browser.ask(path)).status

  it('leads a stranger to the login, and back to where they wanted to go', async () => {
    const browser = new ConsoleBrowser(stand.open())
    const away = await browser.ask('/hosts/web1?tab=2')
    expect([away.status, away.headers.get('location')]).to.deep.equal([
      302,
      '/login?then=%2Fhosts%2Fweb1%3Ftab%3D2',
    ])
    const page = await (await browser.ask('/login?then=%2Fhosts%2Fweb1%3Ftab%3D2')).text()
    expect(page).to.contain('name="then" value="/hosts/web1?tab=2"')
    const back = await browser.logIn('anna', PASSWORD, '/hosts/web1?tab=2')
    expect([back.status, back.headers.get('location')]).to.deep.equal([303, '/hosts/web1?tab=2'])
    expect(await (await browser.ask('/hosts/web1')).text()).to.contain('<b>web1</b>')
  })

  it('tells a stranger nothing of what there is', async () => {
    const browser = new ConsoleBrowser(stand.open())
    const told = async (path: string) => {
      const { status, headers } = await browser.ask(path)
      return [status, headers.get('location')?.replace(encodeURIComponent(path), '…')]
    }
    expect(await told('/hosts/web1')).to.deep.equal(await told('/nothing'))
    expect(await told('/broken')).to.deep.equal(await told('/nothing'))
    expect(stand.failed).to.deep.equal([])
  })

  it('keeps its cookies to this origin, out of reach of scripts', async () => {
    const browser = await stand.browserOf('anna')
    const [cookie = ''] = browser.set.filter((each) => each.startsWith(SESSION))
    expect(cookie).to.match(/^__Host-lockstep-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(browser.set.every((each) => each.includes('HttpOnly; Secure; SameSite=Lax'))).to.equal(true)
  })

  it('knows a session after a restart, and in another process, by its hash alone', async () => {
    const browser = await stand.browserOf('anna')
    const id = browser.cookies.get(SESSION) ?? ''
    const other = new ConsoleBrowser(stand.open())
    other.cookies.set(SESSION, id)
    expect(await statusOf(other)).to.equal(200)
    const files = readdirSync(stand.scratch.path, { recursive: true, encoding: 'utf8' })
    expect(files.join()).not.to.contain(id)
    for (const file of files.filter((each) => each.endsWith('.json')))
      expect(readFileSync(join(stand.scratch.path, file), 'utf8')).not.to.contain(id)
    expect(JSON.stringify(stand.audited)).not.to.contain(id)
  })

  it('gives a new id at each login, and ends the one before', async () => {
    const browser = await stand.browserOf('anna')
    const first = browser.cookies.get(SESSION) ?? ''
    // The login page of somebody who is logged in leads on; its form is that of another window.
    const fresh = new ConsoleBrowser(stand.open())
    const token = tokenIn(await (await fresh.ask('/login')).text())
    browser.cookies.set('__Host-lockstep-login', fresh.cookies.get('__Host-lockstep-login') ?? '')
    const body = new URLSearchParams({ form: token, name: 'bert', password: PASSWORD }).toString()
    expect((await browser.ask('/login', { method: 'POST', body })).status).to.equal(303)
    expect(browser.cookies.get(SESSION)).not.to.equal(first)
    fresh.cookies.set(SESSION, first)
    expect(await statusOf(fresh)).to.equal(302)
  })

  it('takes no id that it has not given', async () => {
    const browser = new ConsoleBrowser(stand.open())
    browser.cookies.set(SESSION, 'A'.repeat(43))
    expect(await statusOf(browser)).to.equal(302)
    await browser.logIn('anna', PASSWORD)
    expect(browser.cookies.get(SESSION)).not.to.equal('A'.repeat(43))
  })

  it('ends a session that is old, and one that is not used', async () => {
    const app = stand.open({ sessionMs: 10_000_000, idleMs: 3_000_000 })
    const [used, idle] = [await stand.browserOf('anna', app), await stand.browserOf('anna', app)]
    const pass = async (ms: number) => {
      stand.clock.after(ms, () => {})
      await stand.clock.next()
    }
    for (let times = 0; times < 4; times += 1) {
      await pass(2_000_000)
      expect(await statusOf(used), `use ${times}`).to.equal(200)
    }
    expect(await statusOf(idle)).to.equal(302)
    await pass(2_000_000)
    expect(await statusOf(used), 'it was used all the time').to.equal(302)
  })

  it('ends sessions of somebody who goes, and of somebody whose password changes', async () => {
    const [anna, bert] = [await stand.browserOf('anna'), await stand.browserOf('bert')]
    const people = new Map(stand.people.content)
    people.delete('bert')
    people.set('anna', {
      name: 'anna',
      groups: [],
      password: await hashPassword('another horse', { ln: 2, r: 1, p: 1 }),
    })
    stand.people.content = people
    expect([await statusOf(anna), await statusOf(bert)]).to.deep.equal([302, 302])
  })

  it('logs out by a form, and what is open ends with the session', async () => {
    const app = stand.open()
    const [browser, other] = [await stand.browserOf('anna', app), await stand.browserOf('bert', app)]
    const id = browser.cookies.get(SESSION) ?? ''
    const stream = await browser.ask('/stream')
    await other.ask('/stream')
    const reader = stream.body?.getReader()
    await reader?.read()
    const out = await browser.send('/account', '/logout', {})
    expect([out.status, out.headers.get('location')]).to.deep.equal([303, '/login'])
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true, false])
    // An error would be a stack trace in the log for each person who logs out.
    expect((await reader?.read())?.done).to.equal(true)
    browser.cookies.set(SESSION, id)
    expect(await statusOf(browser)).to.equal(302)
    expect(stand.audited.at(-1)).to.deep.equal({ type: 'logged out', person: 'anna', address: '127.0.0.1' })
  })

  it('ends a stream whose session another process ends, or whose person goes', async () => {
    const [first, second] = [stand.open(), stand.open()]
    const browser = await stand.browserOf('anna', first)
    const elsewhere = new ConsoleBrowser(second)
    for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value)
    await browser.ask('/stream')
    const bert = await stand.browserOf('bert', first)
    await bert.ask('/stream')
    expect((await elsewhere.send('/account', '/logout', {})).status).to.equal(303)
    const people = new Map(stand.people.content)
    people.delete('bert')
    stand.people.content = people
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([false, false])
    await stand.clock.next()
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true, true])
  })

  it('ends a stream when the policy or the groups of its person change, and no other one', async () => {
    const app = stand.open()
    const [anna, bert] = [await stand.browserOf('anna', app), await stand.browserOf('bert', app)]
    for (const browser of [anna, bert]) await browser.ask('/stream')
    const ended = () => stand.streams.map(({ aborted }) => aborted)
    await stand.clock.next()
    expect(ended()).to.deep.equal([false, false])
    const known = stand.people.content?.get('anna')
    if (known === undefined) throw new Error('anna is not there')
    stand.people.content = new Map([...(stand.people.content ?? []), ['anna', { ...known, groups: [] }]])
    await stand.clock.next()
    expect(ended()).to.deep.equal([true, false])
    stand.policy.content = { allows: () => true }
    await stand.clock.next()
    expect(ended()).to.deep.equal([true, true])
    await anna.ask('/stream')
    stand.policy.content = undefined
    await stand.clock.next()
    expect(ended()).to.deep.equal([true, true, true])
  })

  it('shows in the account no environment in which a person may do nothing', async () => {
    const browser = await stand.browserOf('anna')
    stand.policy.content = { allows: (_, act, environment) => act === 'look' && environment === 'test' }
    const page = await (await browser.ask('/account')).text()
    expect(page).to.contain('test').and.not.to.contain('production')
    stand.policy.content = { allows: () => false }
    const none = await (await browser.ask('/account')).text()
    expect(none).to.contain('allows you nothing').and.not.to.contain('production')
  })

  it('ends a stream of which nothing can be known, and goes on with the others', async () => {
    const app = stand.open()
    const [anna, bert] = [await stand.browserOf('anna', app), await stand.browserOf('bert', app)]
    for (const browser of [anna, bert]) await browser.ask('/stream')
    const { content } = stand.people
    stand.people.content = new Proxy(content ?? new Map(), {
      get: (all, key) => (key === 'get' ? failFor('anna', all) : Reflect.get(all, key)),
    })
    await stand.clock.next()
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true, false])
  })

  it('takes a page that stands open for no use of its session', async () => {
    const app = stand.open({ idleMs: 60_000 })
    const browser = await stand.browserOf('anna', app)
    await browser.ask('/stream')
    for (let look = 0; look < 31 && stand.streams[0]?.aborted === false; look += 1) await stand.clock.next()
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true])
    expect(await statusOf(browser)).to.equal(302)
  })

  it('ends a stream when the browser goes, and when the process ends', async () => {
    const browser = await stand.browserOf('anna')
    const stream = await browser.ask('/stream')
    await browser.ask('/stream')
    await stream.body?.cancel()
    await settled()
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true, false])
    stand.end.abort()
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true, true])
  })

  it('answers HEAD like GET, without a body', async () => {
    const browser = await stand.browserOf('anna')
    const answer = await browser.ask('/', { method: 'HEAD' })
    expect([answer.status, await answer.text()]).to.deep.equal([200, ''])
    const stream = await browser.ask('/stream', { method: 'HEAD' })
    expect([stream.status, await stream.text()]).to.deep.equal([200, ''])
    await settled()
    expect(stand.streams.map(({ aborted }) => aborted)).to.deep.equal([true])
  })

  it('escapes what an address says, and shows no fault of its own', async () => {
    const browser = await stand.browserOf('anna')
    const page = await (await browser.ask('/hosts/%3Cscript%3Ealert(1)%3C%2Fscript%3E')).text()
    expect(page).to.contain('&lt;script&gt;').and.not.to.contain('<script>')
    const broken = await browser.ask('/broken')
    expect(broken.status).to.equal(500)
    expect(await broken.text()).not.to.contain('secret')
    expect(broken.headers.get('content-security-policy')).to.match(/^default-src 'none'/)
    expect(stand.failed).to.have.length(1)
  })

  it('allows no one anything while the policy is not right, but the way out', async () => {
    const browser = await stand.browserOf('anna')
    stand.policy.content = undefined
    const answer = await browser.ask('/')
    expect([answer.status, await answer.text()].join()).to.match(/503.*policy is not right/s)
    const form = tokenIn(await (await browser.ask('/account')).text())
    const start = await browser.ask('/start', { method: 'POST', body: `form=${form}` })
    expect(start.status).to.equal(503)
    expect(stand.done).to.deep.equal([])
    expect((await browser.send('/account', '/logout', {})).status).to.equal(303)
  })

  it('knows no one while the file of people is not right', async () => {
    const browser = await stand.browserOf('anna')
    const { content } = stand.people
    stand.people.content = undefined
    expect(await statusOf(browser)).to.equal(503)
    expect((await new ConsoleBrowser(stand.open()).logIn('anna', PASSWORD)).status).to.equal(503)
    stand.people.content = content
    expect(await statusOf(browser), 'no session is lost by it').to.equal(200)
  })

  it('keeps a person in by their own browser while strangers guess at their name', async () => {
    const app = stand.open()
    const own = await stand.browserOf('anna', app)
    await own.send('/account', '/logout', {})
    for (let times = 0; times < 50; times += 1)
      await new ConsoleBrowser(app, undefined, `10.0.0.${times}`).logIn('anna', 'a guess')
    const stranger = await new ConsoleBrowser(app, undefined, '10.0.1.1').logIn('anna', PASSWORD)
    expect(stranger.status, 'strangers have used up the guesses of strangers').to.equal(429)
    expect((await own.logIn('anna', PASSWORD)).status).to.equal(303)
    expect((await new ConsoleBrowser(app, undefined, '10.0.1.1').logIn('bert', PASSWORD)).status).to.equal(
      303,
    )
  })

  it('has a line for each login, also for a refused one, with nothing that somebody typed', async () => {
    const browser = new ConsoleBrowser(stand.open())
    await browser.logIn('my-password-in-the-wrong-field', 'x')
    await browser.logIn('anna', 'a wrong password')
    await browser.logIn('anna', PASSWORD)
    const refused = { type: 'login refused', address: '127.0.0.1', why: 'wrong name or password' }
    expect(stand.audited).to.deep.equal([
      { ...refused, person: null },
      { ...refused, person: 'anna' },
      { type: 'logged in', person: 'anna', address: '127.0.0.1', by: 'password' },
    ])
  })

  describe('behind a proxy that names people', () => {
    const proxy = { from: ['127.0.0.1'], user: 'x-remote-user', groups: 'x-remote-groups' }
    const behind = (headers: Record<string, string>, peer = '127.0.0.1') =>
      new ConsoleBrowser(stand.open({ proxy }), undefined, peer, headers)

    it('knows them by the header, with their groups', async () => {
      const browser = behind({ 'x-remote-user': 'carl', 'x-remote-groups': 'web, night' })
      expect(await (await browser.ask('/')).text()).to.contain('for carl')
      expect(await (await browser.ask('/account')).text()).to.contain('web, night')
      expect(stand.audited.filter(({ type }) => type === 'logged in')).to.have.length(1)
      expect((await browser.send('/account', '/logout', {})).status).to.equal(303)
    })

    it('takes no session of one person for another', async () => {
      const app = stand.open({ proxy })
      const carl = new ConsoleBrowser(app, undefined, undefined, { 'x-remote-user': 'carl' })
      await carl.ask('/')
      const dora = new ConsoleBrowser(app, undefined, undefined, { 'x-remote-user': 'dora' })
      dora.cookies.set(SESSION, carl.cookies.get(SESSION) ?? '')
      expect(await (await dora.ask('/')).text()).to.contain('for dora')
      expect(dora.cookies.get(SESSION)).not.to.equal(carl.cookies.get(SESSION))
    })

    it('has no login of its own', async () => {
      const browser = behind({ 'x-remote-user': 'carl' })
      expect((await browser.ask('/login')).status).to.equal(404)
    })

    it('counts logins by the address that the proxy saw last', async () => {
      const app = stand.open({ proxy: { from: ['127.0.0.1'], user: undefined, groups: undefined } })
      const browser = new ConsoleBrowser(app, undefined, undefined, {
        'x-forwarded-for': '6.6.6.6, 10.1.2.3',
      })
      await browser.logIn('anna', 'wrong')
      expect(stand.audited.at(-1)).to.have.property('address', '10.1.2.3')
    })
  })
})

/** Returns a look-up among people that throws for one of them, as a disk does that cannot be read. */
function failFor(broken: string, all: ReadonlyMap<string, unknown>) {
  return (name: string) => {
    if (name === broken) throw new Error('the disk cannot be read')
    return all.get(name)
  }
}
