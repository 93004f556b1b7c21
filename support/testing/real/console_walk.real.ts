import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { HaproxyBackend } from '../../balancers/haproxy/backend'
import { readStarts } from '../../starts/start_journal'
import { StartState, type Start } from '../../starts/start_state'
import { launchChromium } from '../chromium'
import { findingsOf, Lookers, says } from '../chromium_pages'
import { compiledCopy } from '../compiled_copy'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { Load } from './load'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'
import { WebServer } from './web_server'

const COMPILED = compiledCopy()
const LOCKSTEP = join(COMPILED, 'support', 'bin', 'lockstep.cjs')
const PASSWORD = 'Quagga-zebra-okapi-7'
const WITHIN_MS = 120_000
const OLD = '4.2.6-2.el5'
const NEW = '4.2.6-3.el5'
const HOSTS = ['web1', 'web2', 'web3', 'web4'].map((name) => `${name}.example.net`)
const [WAITS, LIAR] = ['web2.example.net', 'web3.example.net']
const DESK = { viewport: { width: 1280, height: 900 } }
const DARK_PHONE = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  javaScriptEnabled: false,
} as const
const POLICY = `everybody may look in every environment
anna may plan, start and put back in test
bert may approve in test
`
const FEATURE = `Feature: Update the website
  Background:
    Given the load balancer is the haproxy backend www
    And I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
    And there should be exactly 4 hosts
    And at least 25% of the pool must stay in service

  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I drain the load balancer within 30 seconds
    Then traffic from the load balancer should be blocked
    When I install version <version> of the package mywebapp
    Then the package version for mywebapp should be <version>
    And the check check_http should be ok within 30 seconds
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked

    Examples:
      | wave     |
      | 1 host   |
      | the rest |
`

describe('two people who take a release through the pages to four hosts behind HAProxy, one of which lies', function () {
  // Each step is one of the people's: none means anything without those before it.
  this.bail(true)
  this.timeout(300_000)
  const undo: (() => Promise<unknown> | void)[] = []
  let scratch: Scratch
  let broker: RealBroker
  let fleet: RealFleet
  let haproxy: RealHaproxy
  let servers: WebServer[] = []
  let door: RestartDoor
  let browser: Browser
  let port: number
  let anna: Page
  let bert: Page
  let lookers: Lookers

  const url = (path = '/') => `http://127.0.0.1:${port}${path}`
  const at = (...names: string[]) => join(scratch.path, ...names)
  const places = () => ['--config', at('lockstep.yaml'), '--state', at('state')]
  const last = (): Start =>
    StartState.of(readStarts(at('state')).events).starts.at(-1) ?? expect.fail('nothing was started')
  const run = () => last().rollout?.run ?? expect.fail('no rollout was begun')
  const inService = async () => {
    const { servers: all } = await new HaproxyBackend({ socket: haproxy.socket }, 'www', 5_000).read()
    return [...all.values()].flatMap(({ server, inService: serves }) => (serves ? [server] : [])).sort()
  }
  const versions = () => fleet.hosts.map(({ state }) => state().packages['mywebapp'])

  before(async () => {
    scratch = new Scratch()
    undo.unshift(() => scratch.remove())
    scratch.write('cucumber.js', `module.exports = require(${JSON.stringify(join(COMPILED, 'cucumber.js'))})`)
    broker = await startActivemq(scratch)
    undo.unshift(() => broker.stop())
    servers = await Promise.all(HOSTS.map((name) => WebServer.start(name)))
    undo.unshift(() => Promise.all(servers.map((server) => server.stop())))
    haproxy = await startHaproxy(scratch, { backend: 'www', servers })
    undo.unshift(() => haproxy.stop())
    fleet = new RealFleet(scratch, broker, 'psk')
    undo.unshift(() => fleet.stop())
    door = await RestartDoor.open(servers)
    undo.unshift(() => door.close())
    await Promise.all(HOSTS.map((name) => fleet.add(name)))
    for (const { identity, change } of fleet.hosts)
      change((state) => {
        state.restart = door.urlOf(identity)
        state.lies = identity === LIAR
      })
    await writeProject()
    for (const name of ['anna', 'bert'])
      execFileSync(process.execPath, [LOCKSTEP, 'user', 'add', name, ...places()], { input: `${PASSWORD}\n` })
    const env = { LOCKSTEP_LOCKS: at('locks') }
    const serving = start(process.execPath, [LOCKSTEP, 'serve', ...places()], at('serve.log'), env)
    undo.unshift(() => serving.stop())
    await untilServed(serving)
    browser = await launchChromium()
    undo.unshift(() => browser.close())
    anna = await logIn('anna', DESK)
    bert = await logIn('bert', DARK_PHONE)
    lookers = await Lookers.of({ browser, page: anna })
  })
  after(async () => {
    for (const each of undo) await each()
  })

  const writeProject = async () => {
    port = await freePort()
    scratch.write('features/website.feature', FEATURE)
    scratch.write('hosts.csv', `host,role\n${HOSTS.map((each) => `${each},roles::dev_server\n`).join('')}`)
    scratch.write('policy.txt', POLICY)
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    inventory: [hosts.csv]
    look_every: 200 ms
    timeouts: { default: 60 seconds }
    haproxy: [{ socket: ${haproxy.socket} }]
pipeline: { listen: { port: ${port} } }
console: { people: people.yaml, policy: policy.txt, features: [features/*.feature] }
`,
    )
  }

  const untilServed = (serving: Running) => {
    const isUp = async () => (await fetch(url('/healthz')).catch(() => undefined))?.status === 200
    return untilReady('lockstep serve', serving, isUp, WITHIN_MS)
  }

  const logIn = async (name: string, options: BrowserContextOptions) => {
    const page = await (await browser.newContext(options)).newPage()
    await page.goto(url())
    if (name === 'anna') expect(await findingsOf(page)).to.deep.equal([])
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('link', { name }).waitFor()
    return page
  }

  const untilPlanned = async () => {
    await anna.waitForURL('**/starts/*')
    await says(anna, '.way', /✔ Plan\b|✘/)
    expect(await anna.innerText('.way')).to.contain('✔ Plan')
  }

  it('begin on Now, which says that nothing is out, and lead to the form of a start', async () => {
    await says(anna, 'main', /no host is known to be out of rotation/)
    await lookers.look(url(), '1 now')
    await anna.getByRole('link', { name: 'Start', exact: true }).click()
    await anna.getByLabel('Feature').selectOption('features/website.feature')
    await anna.getByLabel('Environment').selectOption('test')
    await anna.getByRole('button', { name: 'Choose' }).click()
    await anna.getByLabel('version').fill(NEW)
    await anna.getByLabel(/^Release/).fill('4.2.6-3')
    await anna.getByLabel(/^Ticket/).fill('OPS-17')
    await lookers.look(anna.url(), '2 form')
  })

  it('lint, rehearse and plan it, and wait for another person', async () => {
    await anna.getByRole('button', { name: 'Lint, rehearse and plan' }).click()
    await untilPlanned()
    await says(anna, 'main', /4 hosts: web\[1-4\]\.example\.net/)
    await says(anna, 'main', new RegExp(`would go from ${OLD} to ${NEW}`.replaceAll('.', '\\.')))
    expect(await anna.getByRole('button', { name: 'Approve' }).count()).to.equal(0)
    expect(await anna.getByRole('button', { name: 'Start the rollout' }).count()).to.equal(0)
    expect(versions()).to.deep.equal(HOSTS.map(() => OLD))
    await lookers.look(anna.url(), '3 planned')
  })

  it('approve exactly this plan on a dark telephone without a script', () => approve())

  const approve = async () => {
    await bert.goto(url())
    await says(bert, '.card.wait', /waits for approval, not by anna/)
    await bert.getByRole('link', { name: 'features/website.feature' }).first().click()
    await says(bert, 'main', /web\[1-4\]\.example\.net/)
    expect(await bert.evaluate('document.documentElement.scrollWidth')).to.equal(390)
    await bert.getByRole('button', { name: 'Approve exactly this plan' }).click()
    await says(bert, 'dl.facts', /by bert at/)
    expect(last().approved?.by).to.equal('bert')
    expect(await bert.getByRole('button', { name: 'Start the rollout' }).count()).to.equal(0)
  }

  /** Begins the rollout of the page of a start, and follows it on Now until its own journal tells of it. */
  const begin = async () => {
    await anna.goto(url(`/starts/${last().id}`))
    await anna.getByRole('button', { name: 'Start the rollout' }).click()
    await anna.waitForURL('**/starts/*')
    for (let isTold = false; !isTold;) {
      await anna.goto(url())
      // Exactly one card from the click on: that of its start, or that of its journal.
      const cards = await anna.locator('.card.going').allInnerTexts()
      expect(cards, await anna.innerText('main')).to.have.length(1)
      const [card = ''] = cards
      expect(card).to.contain(run())
      isTold = !card.includes('is being started by anna')
    }
  }

  it('are out of rotation while the wave is updated, and the page of the rollout fills in by itself', async () => {
    const load = new Load(haproxy.port)
    door.shut(WAITS)
    await begin()
    await anna.goto(url(`/rollouts/${run()}`))
    await anna.evaluate('window.isSame = true')
    await says(anna, '#live', /^Live\.$/)
    await door.untilKnocked(WAITS)
    await says(anna, '#part-out', /Out of rotation now: 3 hosts[\s\S]*web\[2-4\]\.example\.net/)
    await says(anna, '.verdict', /^UNDER WAY$/)
    expect(await inService()).to.deep.equal(['web1.example.net'])
    await lookers.look(anna.url(), '4 under way')
    await lookers.look(url(), '5 now under way')
    await bert.goto(url())
    await says(bert, 'section', /Out of rotation: 3 hosts[\s\S]*Its rollout is under way/)
    door.open(WAITS)
    await says(anna, '.verdict', /^FAILED$/)
    // It was not loaded again: its script filled it in.
    expect(await anna.evaluate('window.isSame')).to.equal(true)
    const { failures, failed, requests } = await load.stop()
    expect(failures, `${failed} of ${requests} requests failed`).to.deep.equal([])
    expect(requests).to.be.above(0)
  })

  it('stop at the host that lied, with it named, its cohort, the matrix and those out of rotation', async () => {
    await says(anna, '.stop', /diverged\s*web3\.example\.net/)
    await says(anna, 'main', new RegExp(OLD.replaceAll('.', '\\.')))
    await says(anna, '#part-out', /Out of rotation when it ended: 3 hosts[\s\S]*web\[2-4\]\.example\.net/)
    expect(versions()).to.deep.equal([NEW, NEW, OLD, NEW])
    expect(await inService()).to.deep.equal(['web1.example.net'])
    await lookers.look(anna.url(), '6 failed')
    await bert.goto(url())
    await says(bert, 'section', /Out of rotation: 3 hosts[\s\S]*web\[2-4\]\.example\.net/)
    await lookers.look(url(), '7 now out of rotation')
    await lookers.look(url('/rollouts'), '7a rollouts')
    await anna.goto(url(`/starts/${last().id}`))
    await says(anna, '.card', /✘ FAILED/)
    await lookers.look(anna.url(), '7b start failed')
  })

  it('are put back from the page, and HAProxy itself sends them requests again', async () => {
    await anna.goto(url())
    await anna.getByRole('link', { name: 'Put back…' }).click()
    await says(anna, 'main', /web\[2-4\]\.example\.net/)
    await lookers.look(anna.url(), '8 put back')
    await anna.getByRole('button', { name: 'Put back' }).click()
    await says(anna, 'main', /No host that this rollout took out is out of rotation\.[\s\S]*PASSED: 3 hosts/)
    expect(await inService()).to.deep.equal(HOSTS)
    await lookers.look(anna.url(), '9 put back done')
    await anna.goto(url())
    await says(anna, 'main', /Nothing is out of rotation/)
    await lookers.look(url(), '9a now')
  })

  it('find the failed run in the history, with who started it and who approved it', async () => {
    await anna.getByRole('link', { name: 'History', exact: true }).click()
    await says(anna, 'main', /4\.2\.6-3/)
    await lookers.look(anna.url(), '10 history')
    await anna.goto(url(`/history/test/4.2.6-3/${run()}`))
    await says(anna, 'main', /✘ stopped[\s\S]*anna \(console\), approved by bert \(console\)/)
    await lookers.look(anna.url(), '11 run')
  })

  it('plan the same again once the host is mended, and it passes on all of them, and the history says so', async () => {
    fleet.hosts.find(({ identity }) => identity === LIAR)?.change((state) => (state.lies = false))
    const failed = last()
    await anna.goto(url(`/starts/${failed.id}`))
    await anna.getByRole('button', { name: 'Plan the same again' }).click()
    await anna.waitForURL((now) => !now.pathname.endsWith(failed.id))
    await untilPlanned()
    expect(last().id).not.to.equal(failed.id)
    await approve()
    await begin()
    await anna.goto(url(`/rollouts/${run()}`))
    await says(anna, '.verdict', /^PASSED$/)
    expect(versions()).to.deep.equal(HOSTS.map(() => NEW))
    expect(await inService()).to.deep.equal(HOSTS)
    await lookers.look(anna.url(), '12 passed')
    await anna.goto(url('/history/test/4.2.6-3'))
    await says(anna, 'main', /✔ passed[\s\S]*✘ stopped/)
    await lookers.look(anna.url(), '13 release')
    await lookers.look(url(), '14 now')
    await lookers.look(url('/fleet?environment=test'), '15 fleet')
    await anna.goto(url(`/starts/${last().id}`))
    await says(anna, '.card', /✔ PASSED/)
    await lookers.look(anna.url(), '16 start passed')
  })
})

/** Where the packages of hosts have their web servers restarted; a door that is shut lets a host wait. */
class RestartDoor {
  private readonly shutFor = new Map<string, { opened: Promise<void>; open: () => void }>()
  private readonly knocked = new Set<string>()
  private readonly waiting: (() => void)[] = []

  private constructor(
    private readonly servers: readonly WebServer[],
    private readonly http: Server,
  ) {}

  static async open(servers: readonly WebServer[]): Promise<RestartDoor> {
    const http = createServer()
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const door = new RestartDoor(servers, http)
    http.on('request', (request, response) => {
      void door.restart((request.url ?? '').slice(1)).then(() => response.end('up\n'))
    })
    return door
  }

  urlOf(host: string): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}/${host}`
  }

  shut(host: string): void {
    let open = () => {}
    const opened = new Promise<void>((resolve) => (open = resolve))
    this.shutFor.set(host, { opened, open })
  }

  open(host: string): void {
    this.shutFor.get(host)?.open()
    this.shutFor.delete(host)
  }

  /** Resolves once a host waits at its door. */
  async untilKnocked(host: string): Promise<void> {
    while (!this.knocked.has(host)) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  async close(): Promise<void> {
    for (const host of this.shutFor.keys()) this.open(host)
    this.http.closeAllConnections()
    await new Promise((resolve) => this.http.close(resolve))
  }

  private async restart(host: string): Promise<void> {
    this.knocked.add(host)
    for (const wake of this.waiting.splice(0)) wake()
    await this.shutFor.get(host)?.opened
    await this.servers.find(({ name }) => name === host)?.restart()
  }
}
