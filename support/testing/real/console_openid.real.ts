import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { readAudit } from '../../console/audit'
import { runCommand } from '../../system/command'
import { launchChromium } from '../chromium'
import { Scratch } from '../scratch'
import { TEST_CERTIFICATE, TEST_KEY } from '../test_certificate'
import { RunningProvider } from './openid_provider'
import { freePort, start, untilReady, type Running } from './processes'

const LOCKSTEP = resolve(__dirname, '..', '..', 'bin', 'lockstep.cjs')
const SECRET = 'okapi-quagga-zebra-of-the-client'
/** The accounts of the provider. */
const ACCOUNTS: Readonly<Record<string, Record<string, unknown>>> = {
  'u-17': { preferred_username: 'anna', groups: ['web'] },
  'u-18': { preferred_username: 'bert', groups: [] },
  'u-19': { preferred_username: 'carla', groups: ['Domain Users'] },
  'u-20': { preferred_username: 'group web' },
}

describe('a login to the console of lockstep serve by OpenID, in Chromium', () => {
  let scratch: Scratch
  let browser: Browser
  let port: number
  let provider: RunningProvider
  let serving: Running | undefined
  const contexts: BrowserContext[] = []
  before(async () => {
    scratch = new Scratch()
    browser = await launchChromium()
    port = await freePort()
    const client = {
      id: 'lockstep',
      secret: SECRET,
      returnTo: ['http', 'https'].map((scheme) => `${scheme}://127.0.0.1:${port}/login/openid/answer`),
    }
    provider = new RunningProvider(await freePort(), client, (account) => ACCOUNTS[account] ?? {})
    scratch.write('policy.txt', 'group web may look in every environment\nanna may approve in production\n')
    scratch.write(
      'lockstep.yaml',
      `environments: { test: { client_config: x }, production: { client_config: x } }
pipeline: { listen: { port: ${port} } }
console:
  policy: policy.txt
  openid:
    issuer: ${provider.issuer}
    client: lockstep
    secret: { env: CONSOLE_SECRET }
    name: preferred_username
    groups: groups
    scopes: [groups]
`,
    )
  }).timeout(60_000)
  after(async () => {
    await serving?.stop()
    await provider.stop()
    await browser.close()
    scratch.remove()
  })
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
  })

  const address = () => `http://127.0.0.1:${port}`
  const state = () => join(scratch.path, 'state')
  const log = () => readFileSync(join(scratch.path, 'serve.log'), 'utf8')
  const options = () => ['--config', join(scratch.path, 'lockstep.yaml'), '--state', state()]
  const audited = () => readAudit(state()).events

  async function serve(): Promise<void> {
    const command = [LOCKSTEP, 'serve', ...options()]
    const own = start(process.execPath, command, join(scratch.path, 'serve.log'), { CONSOLE_SECRET: SECRET })
    serving = own
    const wanted = log().split('"serving"').length + 1
    await untilReady('lockstep serve', own, async () => log().split('"serving"').length >= wanted, 60_000)
  }

  /** Returns a page of a browser of its own, which knows no other machine. */
  async function newPage(): Promise<Page> {
    const context = await browser.newContext()
    contexts.push(context)
    await context.route(
      (url) => url.hostname !== '127.0.0.1',
      (route) => route.abort(),
    )
    return context.newPage()
  }

  /** Asks for a page, and logs an account in at the provider. */
  async function logIn(page: Page, account: string, path = '/account'): Promise<void> {
    await page.goto(`${address()}${path}`)
    await page.getByRole('link', { name: /^Log in at 127\.0\.0\.1/ }).click()
    await typeAccount(page, account)
  }

  async function typeAccount(page: Page, account: string): Promise<void> {
    await page.getByPlaceholder('Enter any login').fill(account)
    await page.getByPlaceholder('and password').fill('any password')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
  }

  const alertOf = async (page: Page) => (await page.getByRole('alert').innerText()).trim()

  it('starts though the provider is away, and says so to who logs in', async () => {
    await serve()
    const page = await newPage()
    await page.goto(`${address()}/account`)
    expect(new URL(page.url()).pathname).to.equal('/login')
    await page.getByRole('link', { name: /^Log in at/ }).click()
    expect(await alertOf(page)).to.equal('The provider does not answer at this moment.')
    expect(log()).to.match(/503 for a login by OpenID: the provider does not answer: ECONNREFUSED/)
    await provider.start()
    // A provider that is away is asked again after some seconds.
    let status = 503
    for (const until = Date.now() + 60_000; status !== 200 && Date.now() < until;) {
      status = (await page.goto(`${address()}/login/openid?then=%2Faccount`))?.status() ?? 0
      if (status !== 200) await page.waitForTimeout(500)
    }
    expect(new URL(page.url()).origin).to.equal(provider.issuer)
  }).timeout(120_000)

  it('leads to the provider and back to the page that was asked for, and out again', async () => {
    const page = await newPage()
    const faults: string[] = []
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    await logIn(page, 'u-17')
    await page.waitForURL(`${address()}/account`)
    expect(await page.innerText('main')).to.match(/You are anna, of web[\s\S]*production\s+look, approve/)
    const cookies = await page.context().cookies(address())
    const own = cookies.filter(({ name }) => name.startsWith('lockstep-'))
    expect(own.map(({ name }) => name)).to.have.members(['lockstep-session', 'lockstep-browser'])
    for (const cookie of own) expect(cookie).to.include({ httpOnly: true, sameSite: 'Lax' })
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL('**/login')
    await page.goto(`${address()}/account`)
    expect(new URL(page.url()).pathname).to.equal('/login')
    // The provider still knows the browser: there is nothing to type.
    await page.getByRole('link', { name: /^Log in at/ }).click()
    await page.waitForURL(`${address()}/account`)
    expect(faults.filter((fault) => !fault.startsWith('Failed to load resource'))).to.deep.equal([])
    const [last] = audited().slice(-1)
    expect(last).to.include({ type: 'logged in', person: 'anna', by: 'openid' })
  }).timeout(120_000)

  it('shows a person whom the policy names nowhere nothing', async () => {
    const page = await newPage()
    await logIn(page, 'u-18')
    await page.waitForURL(`${address()}/account`)
    expect(await page.innerText('main')).to.contain(
      'You are bert, of no group. The policy allows you nothing.',
    )
  }).timeout(60_000)

  it('logs no one in whom a policy cannot name', async () => {
    const refused: [account: string, says: RegExp][] = [
      ['u-19', /names a group whose name has other signs/],
      ['u-20', /names a person whose name has other signs/],
      ['u-21', /does not say who this is: the claim preferred_username is missing/],
    ]
    for (const [account, says] of refused) {
      const page = await newPage()
      await logIn(page, account)
      await page.getByRole('alert').waitFor()
      expect(await alertOf(page)).to.match(says)
      expect((await page.goto(`${address()}/`))?.url()).to.contain('/login')
      const [last] = audited().slice(-1)
      expect(last).to.include({ type: 'login refused', person: null })
    }
  }).timeout(120_000)

  it('refuses a changed state, an answer of another browser, and one that comes again', async () => {
    const [anna, eve] = [await newPage(), await newPage()]
    const answers: string[] = []
    anna.on('request', (request) => {
      if (request.url().startsWith(`${address()}/login/openid/answer`)) answers.push(request.url())
    })
    const begun = await anna.context().request.get(`${address()}/login/openid?then=%2Faccount`, {
      maxRedirects: 0,
    })
    const changed = new URL(begun.headers()['location'] ?? '')
    changed.searchParams.set('state', 'A'.repeat(43))
    await anna.goto(changed.href)
    await typeAccount(anna, 'u-17')
    await anna.getByRole('alert').waitFor()
    expect(await alertOf(anna)).to.match(/not one to the login of this browser/)
    const [first = ''] = answers
    await eve.goto(first)
    expect(await alertOf(eve)).to.match(/This browser has begun no login/)
    await anna.getByRole('link', { name: /^Log in at/ }).click()
    await anna.waitForURL(`${address()}/account`)
    expect((await anna.goto(answers.at(-1) ?? ''))?.status()).to.equal(403)
    expect(await alertOf(anna)).to.match(/has finished it/)
    await anna.goto(`${address()}/account`)
    expect(await anna.innerText('main'), 'the session is as it was').to.match(/You are anna/)
  }).timeout(120_000)

  it('says that a person has refused the login there', async () => {
    const page = await newPage()
    await page.goto(`${address()}/account`)
    await page.getByRole('link', { name: /^Log in at/ }).click()
    await page.getByText('[ Cancel ]').click()
    await page.getByRole('alert').waitFor()
    expect(await alertOf(page)).to.equal('The provider, or the person there, has refused the login.')
  }).timeout(60_000)

  it('keeps sessions while the provider is stopped, and ends them from a terminal', async () => {
    const page = await newPage()
    await logIn(page, 'u-17')
    await page.waitForURL(`${address()}/account`)
    await provider.stop()
    await page.goto(`${address()}/account`)
    expect(await page.innerText('main')).to.match(/You are anna/)
    await serving?.stop('SIGKILL')
    await serve()
    await page.goto(`${address()}/account`)
    expect(await page.innerText('main'), 'also after kill -9 of serve').to.match(/You are anna/)
    const { exitCode, output } = await runCommand(
      process.execPath,
      [LOCKSTEP, 'user', 'logout', 'anna', ...options()],
      { within: 60_000 },
    )
    expect([exitCode, output]).to.satisfy(
      ([code, said]: [number, string]) => code === 0 && /^anna: \d+ sessions? (?:is|are) over\.$/.test(said),
    )
    await page.goto(`${address()}/account`)
    expect(new URL(page.url()).pathname).to.equal('/login')
    await provider.start()
    await page.getByRole('link', { name: /^Log in at/ }).click()
    await page.waitForURL(`${address()}/account`)
  }).timeout(180_000)

  it('leaves no secret, code or id in the log, in the state or in the list of processes', async () => {
    const page = await newPage()
    const codes: string[] = []
    page.on('request', (request) => {
      const code = new URL(request.url()).searchParams.get('code')
      if (code !== null) codes.push(code)
    })
    await logIn(page, 'u-17')
    await page.waitForURL(`${address()}/account`)
    expect(codes).to.have.length(1)
    const texts = readdirSync(scratch.path, { recursive: true, encoding: 'utf8' })
      .map((name) => join(scratch.path, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1'))
    const { stdout } = await runCommand('ps', ['-eo', 'args'], { within: 10_000 })
    const cookies = await page.context().cookies(address())
    const id = cookies.find(({ name }) => name === 'lockstep-session')?.value ?? ''
    expect(id).to.have.length(43)
    for (const secret of [SECRET, id, ...codes])
      for (const text of [...texts, stdout]) expect(text.includes(secret)).to.equal(false)
  }).timeout(120_000)

  it('comes back over https too, with cookies that only this origin can set', async () => {
    await serving?.stop()
    scratch.write('c.pem', TEST_CERTIFICATE)
    scratch.write('k.pem', TEST_KEY)
    const file = join(scratch.path, 'lockstep.yaml')
    const plain = readFileSync(file, 'utf8')
    const own = `https://127.0.0.1:${port}`
    scratch.write('lockstep.yaml', `${plain}  address: ${own}\n  tls: { certificate: c.pem, key: k.pem }\n`)
    await serve()
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    contexts.push(context)
    await context.route(
      (url) => url.hostname !== '127.0.0.1',
      (route) => route.abort(),
    )
    const page = await context.newPage()
    await page.goto(`${own}/account`)
    await page.getByRole('link', { name: /^Log in at/ }).click()
    await typeAccount(page, 'u-17')
    await page.waitForURL(`${own}/account`)
    const cookies = await context.cookies(own)
    expect(cookies.find(({ name }) => name === '__Host-lockstep-session')).to.include({
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
    })
    scratch.write('lockstep.yaml', plain)
  }).timeout(120_000)

  it('does not start without its secret, and says where it was to come from', async () => {
    await serving?.stop()
    const { exitCode, output } = await runCommand(process.execPath, [LOCKSTEP, 'serve', ...options()], {
      within: 60_000,
    })
    expect(exitCode).to.equal(2)
    expect(output).to.match(
      /lockstep\.yaml:8: the secret of the OpenID client is to come from CONSOLE_SECRET, which is not set/,
    )
  }).timeout(90_000)
})
