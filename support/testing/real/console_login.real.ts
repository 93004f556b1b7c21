import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { readAudit } from '../../console/audit'
import { runCommand } from '../../system/command'
import { launchChromium } from '../chromium'
import { Scratch } from '../scratch'
import { TEST_CERTIFICATE, TEST_KEY } from '../test_certificate'
import { untilGone } from '../until_gone'
import { freePort, start, untilReady, type Running } from './processes'
import { LOCKSTEP } from './program'

const CUCUMBER = resolve(__dirname, '../../../node_modules/@cucumber/cucumber/bin/cucumber.js')
const PASSWORD = 'Quagga-zebra-okapi-7'
const HOSTILE = `Feature: Update <script>alert(1)</script><img src=x onerror=alert(1)>
  Scenario Outline: <b onclick="alert(1)">The website on <wave>
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
    And I want to pre-discover how many hosts to update
    And I take <wave>
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    When I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave     |
      | 1 host   |
      | 1 host   |
      | 1 host   |
      | 1 host   |
      | 1 host   |
      | 1 host   |
      | 1 host   |
      | the rest |
`

describe('a login to the console of lockstep serve, in Chromium', () => {
  let scratch: Scratch
  let browser: Browser
  let port: number
  let serving: Running | undefined
  before(async () => {
    scratch = new Scratch()
    browser = await launchChromium()
    port = await freePort()
    configure('')
    scratch.write('policy.txt', 'everybody may look in every environment\nanna may approve in production\n')
  })
  after(async () => {
    await serving?.stop()
    await browser.close()
    scratch.remove()
  })

  const state = () => join(scratch.path, 'state')
  const log = () => readFileSync(join(scratch.path, 'serve.log'), 'utf8')
  const options = () => ['--config', join(scratch.path, 'lockstep.yaml'), '--state', state()]
  const audited = () => readAudit(state()).events

  function configure(more: string): void {
    scratch.write(
      'lockstep.yaml',
      `environments: { test: { client_config: x }, production: { client_config: x } }
pipeline: { listen: { port: ${port} } }
console: { people: people.yaml, policy: policy.txt${more} }
`,
    )
  }

  async function serve(): Promise<Running> {
    const own = start(process.execPath, [LOCKSTEP, 'serve', ...options()], join(scratch.path, 'serve.log'))
    serving = own
    const wanted = log().split('"serving"').length + 1
    await untilReady('lockstep serve', own, async () => log().split('"serving"').length >= wanted, 120_000)
    return own
  }

  /** Says a command in a terminal of its own, and types each answer once its question is there. */
  async function sayInTerminal(
    words: readonly string[],
    answers: readonly [question: string, answer: string][],
  ) {
    const command = [process.execPath, LOCKSTEP, ...words, ...options()].join(' ')
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    let shown = ''
    let next = 0
    child.stdout.on('data', (piece: Buffer) => {
      shown += piece.toString()
      const [question, answer] = answers[next] ?? []
      if (question === undefined || !shown.includes(question)) return
      next += 1
      child.stdin.write(`${answer}\r`)
    })
    const [exitCode] = (await once(child, 'exit')) as [number]
    return { shown, exitCode }
  }

  async function logIn(page: Page, password = PASSWORD): Promise<void> {
    await page.getByLabel('Name').fill('anna')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
  }

  it('begins with a person who types a password that no terminal shows', async () => {
    const { shown, exitCode } = await sayInTerminal(
      ['user', 'add', 'anna', '--group', 'web'],
      [
        ['Password of anna:', PASSWORD],
        ['The same again:', PASSWORD],
      ],
    )
    expect(shown).to.match(/anna: added/)
    expect(exitCode).to.equal(0)
    expect(shown).not.to.contain(PASSWORD)
    expect(statSync(join(scratch.path, 'people.yaml')).mode & 0o777).to.equal(0o600)
  }).timeout(300_000)

  it('leads back to the page that was asked for, and out again', async () => {
    await serve()
    const page = await (await browser.newContext()).newPage()
    const faults: string[] = []
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
    await page.goto(`http://127.0.0.1:${port}/account`)
    expect(new URL(page.url()).pathname).to.equal('/login')
    await logIn(page, 'a wrong password')
    expect(await page.getByRole('alert').innerText()).to.equal('The name or the password is not right.')
    await page.goto(`http://127.0.0.1:${port}/account`)
    await logIn(page)
    await page.waitForURL('**/account')
    expect(await page.innerText('main')).to.match(/You are anna, of web[\s\S]*production\s+look, approve/)
    const scripts = await page.evaluate('document.cookie')
    expect(scripts, 'no script sees a cookie').to.equal('')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL('**/login')
    await page.goto(`http://127.0.0.1:${port}/account`)
    expect(new URL(page.url()).pathname).to.equal('/login')
    // Chromium also says which pages were answered with 403, and that no page has an icon.
    expect(faults.filter((fault) => !fault.startsWith('Failed to load resource'))).to.deep.equal([])
    expect(audited().map(({ type }) => type)).to.deep.equal([
      'person added',
      'login refused',
      'logged in',
      'logged out',
    ])
  }).timeout(300_000)

  it('takes no form of a page at another port, whose cookies are the same', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/account`)
    await logIn(page)
    await page.waitForURL('**/account')
    const form = await page.locator('input[name=form]').first().getAttribute('value')
    const evil = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(
        `<form method=post action="http://127.0.0.1:${port}/logout"><input name=form value="${form}"><button>Win</button></form>`,
      )
    })
    evil.listen(0, '127.0.0.1')
    await once(evil, 'listening')
    const other = await context.newPage()
    await other.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`)
    await other.getByRole('button').click()
    await other.waitForURL('**/logout')
    expect(await other.getByRole('alert').innerText()).to.match(/page of another origin/)
    await page.reload()
    expect(await page.innerText('main'), 'the session is as it was').to.match(/You are anna/)
    evil.closeAllConnections()
    evil.close()
  }).timeout(300_000)

  it('outlives kill -9 of the process, and ends with the password', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    await logIn(page)
    await page.waitForURL(`http://127.0.0.1:${port}/`)
    process.kill(serving?.child.pid ?? 0, 'SIGKILL')
    await untilGone(String(serving?.child.pid))
    await serve()
    await page.goto(`http://127.0.0.1:${port}/account`)
    expect(await page.innerText('main')).to.match(/You are anna/)
    const { exitCode } = await sayInTerminal(
      ['user', 'password', 'anna'],
      [
        ['Password of anna:', `${PASSWORD}-new`],
        ['The same again:', `${PASSWORD}-new`],
      ],
    )
    expect(exitCode).to.equal(0)
    await page.goto(`http://127.0.0.1:${port}/account`)
    expect(new URL(page.url()).pathname).to.equal('/login')
    await logIn(page)
    expect(await page.getByRole('alert').innerText()).to.match(/not right/)
    await logIn(page, `${PASSWORD}-new`)
    await page.waitForURL(`http://127.0.0.1:${port}/**`)
  }).timeout(300_000)

  it('allows no one anything while a new policy is not right, and goes on when it is', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    await logIn(page, `${PASSWORD}-new`)
    await page.waitForURL(`http://127.0.0.1:${port}/`)
    scratch.write('policy.txt', 'everybody can look in every environment\n')
    expect((await page.goto(`http://127.0.0.1:${port}/`))?.status()).to.equal(503)
    expect(await page.getByRole('alert').innerText()).to.match(/policy is not right/)
    expect(log()).to.match(/policy\.txt:1: there is no \\"may\\"/)
    const check = await runCommand(
      process.execPath,
      [LOCKSTEP, 'policy', 'check', '--config', join(scratch.path, 'lockstep.yaml')],
      { within: 30_000 },
    )
    expect([check.exitCode, check.output]).to.satisfy(
      ([code, said]: [number, string]) => code === 2 && /policy\.txt:1: there is no "may"/.test(said),
    )
    scratch.write('policy.txt', 'everybody may look in every environment\n')
    expect((await page.goto(`http://127.0.0.1:${port}/`))?.status()).to.equal(200)
  }).timeout(300_000)

  it('shows a rollout live behind its guard, runs nothing of its texts, and says why it is not live any more', async () => {
    const rollout = start(
      process.execPath,
      [CUCUMBER, scratch.write('waves.feature', HOSTILE)],
      join(scratch.path, 'rollout.log'),
      {
        LOCKSTEP_STATE: state(),
        LOCKSTEP_REPORTS: join(scratch.path, 'reports'),
        LOCKSTEP_FAULTS: Array.from({ length: 8 }, (_, n) => `web${n + 1}.example.net=slow`).join(','),
      },
    )
    try {
      const journals = () => readdirSync(join(state(), 'embedded'))
      const begun = async () => existsSync(join(state(), 'embedded')) && journals().length > 0
      await untilReady('a rollout', rollout, begun, 120_000)
      const run = journals()[0]?.replace('.journal.ndjson', '') ?? ''
      const context = await browser.newContext()
      const page = await context.newPage()
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(String(error)))
      page.on('dialog', (dialog) => void dialog.dismiss().then(() => faults.push('a dialog')))
      page.on('console', (message) => {
        // Chromium tells of each answer that is none of events.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load'))
          faults.push(message.text())
      })
      const says = (sentence: RegExp) =>
        page.locator('#live', { hasText: sentence }).waitFor({ timeout: 200_000 })
      await page.goto(`http://127.0.0.1:${port}/rollouts/${run}`)
      await logIn(page, `${PASSWORD}-new`)
      await says(/^Live\.$/)
      expect(await page.innerText('h1')).to.contain('<img src=x onerror=alert(1)>')
      scratch.write('policy.txt', 'everybody may look in production\n')
      await says(/you may not look at it/)
      scratch.write('policy.txt', 'everybody may look in every environment\n')
      await says(/^Live\.$/)
      const other = await context.newPage()
      await other.goto(`http://127.0.0.1:${port}/account`)
      await other.getByRole('button', { name: 'Log out' }).click()
      await says(/you are logged out since .* Log in again/)
      await page.getByText('Log in again').click()
      expect(new URL(page.url()).searchParams.get('then')).to.equal(`/rollouts/${run}`)
      expect(faults).to.deep.equal([])
      expect(log(), 'the end of a stream is no stack trace').not.to.contain('AbortError')
    } finally {
      await rollout.stop('SIGKILL')
    }
  }).timeout(300_000)

  it('leaves no password and no id in the log, in the state or in the list of processes', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    await logIn(page, `${PASSWORD}-new`)
    await page.waitForURL(`http://127.0.0.1:${port}/`)
    const ids = (await context.cookies()).map(({ value }) => value)
    expect(ids).to.have.length(2)
    const files = readdirSync(scratch.path, { recursive: true, encoding: 'utf8' })
    const texts = files
      .map((name) => join(scratch.path, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, 'latin1'))
    const { stdout } = await runCommand('ps', ['-eo', 'args'], { within: 10_000 })
    for (const secret of [PASSWORD, ...ids])
      for (const text of [...texts, ...files, stdout]) expect(text.includes(secret)).to.equal(false)
  }).timeout(300_000)

  it('speaks https itself, with a cookie that only this origin can set', async () => {
    await serving?.stop()
    scratch.write('c.pem', TEST_CERTIFICATE)
    scratch.write('k.pem', TEST_KEY)
    configure(`, address: "https://127.0.0.1:${port}", tls: { certificate: c.pem, key: k.pem }`)
    await serve()
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    await page.goto(`https://127.0.0.1:${port}/account`)
    await logIn(page, `${PASSWORD}-new`)
    await page.waitForURL('**/account')
    const cookie = (await context.cookies()).find(({ name }) => name === '__Host-lockstep-session')
    expect(cookie).to.include({ secure: true, httpOnly: true, sameSite: 'Lax' })
  }).timeout(300_000)

  it('does not start where passwords would go unencrypted', async () => {
    await serving?.stop()
    configure('')
    const text = readFileSync(join(scratch.path, 'lockstep.yaml'), 'utf8')
    scratch.write('lockstep.yaml', text.replace('listen: {', 'listen: { host: 0.0.0.0, behind_proxy: true,'))
    const { exitCode, output } = await runCommand(process.execPath, [LOCKSTEP, 'serve', ...options()], {
      within: 60_000,
    })
    expect(exitCode).to.equal(2)
    expect(output).to.match(
      /lockstep\.yaml:3: 0\.0\.0\.0 can be reached from elsewhere, and nothing encrypts passwords; expected tls, proxy/,
    )
  }).timeout(300_000)
})
