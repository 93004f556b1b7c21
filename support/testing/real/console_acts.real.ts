import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { HaproxyBackend } from '../../balancers/haproxy/backend'
import { noteWish } from '../../run/stop_wishes'
import { processStartedAt } from '../../system/process_start'
import { launchChromium } from '../chromium'
import { compiledCopy } from '../compiled_copy'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'
import { WebServer } from './web_server'

const COMPILED = compiledCopy()
const LOCKSTEP = join(COMPILED, 'support', 'bin', 'lockstep.cjs')
const PASSWORD = 'Quagga-zebra-okapi-7'
const WITHIN_MS = 120_000
const HOSTS = ['web1', 'web2', 'web3'].map((name) => `${name}.example.net`)
const PHONE = { viewport: { width: 390, height: 844 } }
const BACKGROUND = `Feature: The website
  Background:
    Given the load balancer is the haproxy backend www
    And I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
`
const GATED = `${BACKGROUND}
  Scenario: All at once
    Given I wait up to 10 minutes for approval
    Then every host should answer
`
const IN_A_WAVE = `${BACKGROUND}
  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    And I wait up to 10 minutes for approval
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave     |
      | 1 host   |
      | the rest |
`

describe('a rollout on three hosts behind HAProxy, and the people who answer, stop and put back on its pages', function () {
  this.timeout(600_000)
  let scratch: Scratch
  let broker: RealBroker | undefined
  let fleet: RealFleet | undefined
  let haproxy: RealHaproxy | undefined
  let servers: WebServer[] = []
  let browser: Browser | undefined
  let port: number
  let serving: Running | undefined
  const running: Running[] = []
  const terminals: ChildProcess[] = []

  const url = (path = '/') => `http://127.0.0.1:${port}${path}`
  const places = () => [
    '--config',
    join(scratch.path, 'lockstep.yaml'),
    '--state',
    join(scratch.path, 'state'),
  ]
  const journals = () => {
    try {
      return readdirSync(join(scratch.path, 'state', 'live')).map((name) =>
        name.replace('.journal.ndjson', ''),
      )
    } catch {
      return []
    }
  }
  const journal = (run: string) =>
    readFileSync(join(scratch.path, 'state', 'live', `${run}.journal.ndjson`), 'utf8')
  const inService = async () => {
    const { servers: all } = await new HaproxyBackend({ socket: haproxy?.socket ?? '' }, 'www', 5_000).read()
    return [...all.values()].flatMap(({ server, inService: serves }) => (serves ? [server] : [])).sort()
  }

  async function serve(): Promise<void> {
    const log = join(scratch.path, 'serve.log')
    serving = start(process.execPath, [LOCKSTEP, 'serve', ...places()], log)
    running.push(serving)
    await untilReady('lockstep serve', serving, async () => (await status(url('/login'))) === 200, WITHIN_MS)
  }

  /** Begins a rollout, and resolves with its run once its journal says something. */
  async function rollOut(
    text: string,
    said: string,
    env: Record<string, string> = { LOCKSTEP_APPROVAL: 'console' },
  ) {
    const before = new Set(journals())
    const feature = scratch.write('website.feature', text)
    const log = join(scratch.path, `rollout-${before.size}.log`)
    const own = start(
      process.execPath,
      [LOCKSTEP, 'run', feature, '--environment', 'test', ...places()],
      log,
      env,
    )
    running.push(own)
    const run = () => journals().find((each) => !before.has(each)) ?? ''
    await untilReady('a rollout', own, async () => run() !== '' && journal(run()).includes(said), WITHIN_MS)
    return { run: run(), process: own }
  }

  async function pageOf(name: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (
      await (browser ?? expect.fail('no browser')).newContext({ ...PHONE, ...options })
    ).newPage()
    await page.goto(url())
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('link', { name }).waitFor()
    return page
  }

  before(async () => {
    scratch = new Scratch()
    scratch.write('cucumber.js', `module.exports = require(${JSON.stringify(join(COMPILED, 'cucumber.js'))})`)
    broker = await startActivemq(scratch)
    servers = await Promise.all(HOSTS.map((name) => WebServer.start(name)))
    haproxy = await startHaproxy(scratch, { backend: 'www', servers })
    fleet = new RealFleet(scratch, broker, 'psk')
    for (const name of HOSTS) await fleet.add(name)
    port = await freePort()
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    look_every: 200 ms
    timeouts: { default: 10 seconds }
    haproxy: [{ socket: ${haproxy.socket} }]
pipeline: { listen: { port: ${port} } }
console: { people: people.yaml, policy: policy.txt }
`,
    )
    scratch.write(
      'policy.txt',
      'everybody may look in every environment\nbert may approve, start and put back in test\n',
    )
    for (const name of ['anna', 'bert'])
      execFileSync(process.execPath, [LOCKSTEP, 'user', 'add', name, ...places()], { input: PASSWORD })
    browser = await launchChromium()
    await serve()
  })
  after(async () => {
    await browser?.close()
    for (const each of terminals) each.kill('SIGKILL')
    for (const each of running) await each.stop('SIGKILL')
    await fleet?.stop()
    await haproxy?.stop()
    await broker?.stop()
    await Promise.all(servers.map((server) => server.stop()))
    scratch?.remove()
  })

  it('go on once a second person has approved on a telephone without a script, over a restart of serve', async () => {
    const { run, process: rollout } = await rollOut(GATED, '"type":"gate waits"')
    const anna = await pageOf('anna', { javaScriptEnabled: false })
    await anna.getByRole('link', { name: 'Approve…' }).click()
    await says(anna, 'main', /The policy does not allow you to approve in test\./)
    expect(await anna.getByRole('button', { name: 'Approve' }).count()).to.equal(0)
    const bert = await pageOf('bert', { javaScriptEnabled: false })
    await says(bert, '.card.wait', /Go on with 3 hosts\?[\s\S]*min left/)
    await serving?.stop('SIGKILL')
    await serve()
    await bert.getByRole('link', { name: 'Approve…' }).click()
    await says(bert, 'main', /Go on with 3 hosts\?[\s\S]*No host is out of rotation by it\./)
    expect(await bert.evaluate('document.documentElement.scrollWidth')).to.equal(390)
    await shoot(bert, 'gate')
    await bert.getByRole('button', { name: 'Approve' }).click()
    await says(bert, '#rollout', /Go on with 3 hosts\? approved by bert in the console/)
    await until('the rollout has ended', () => rollout.child.exitCode !== null)
    expect(rollout.child.exitCode, readFileSync(rollout.log, 'utf8')).to.equal(0)
    expect(journal(run)).to.contain('"outcome":"approved","by":"bert","means":"console"')
    expect(readFileSync(rollout.log, 'utf8')).to.contain('approved by bert in the console.')
    expect(readdirSync(join(scratch.path, 'state', 'console', 'answers'))).to.deep.equal([])
    execFileSync(process.execPath, [LOCKSTEP, 'report', run, ...places().slice(2)], {
      cwd: scratch.path,
      stdio: 'pipe',
    })
    const reports = readdirSync(scratch.path, { recursive: true, encoding: 'utf8' })
    const html =
      reports.find((path) => path.includes('report') && path.endsWith('.html')) ??
      expect.fail(reports.join('\n'))
    expect(readFileSync(join(scratch.path, html), 'utf8')).to.contain('approved by bert in the console')
  })

  /** Says a rollout in a terminal of its own. */
  function inTerminal(): { child: ChildProcess; shown: () => string; ended: Promise<number | null> } {
    const feature = scratch.write('website.feature', GATED)
    const command = [process.execPath, LOCKSTEP, 'run', feature, '--environment', 'test', ...places()].join(
      ' ',
    )
    const { CI: _, ...env } = process.env
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env,
      cwd: scratch.path,
    })
    terminals.push(child)
    let shown = ''
    child.stdout.on('data', (piece: Buffer) => (shown += piece.toString()))
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    return { child, shown: () => shown, ended }
  }

  it('go on once it is answered in the terminal, and the page that is open says so', async () => {
    const before = new Set(journals())
    const { child, shown, ended } = inTerminal()
    await until('the terminal asks', () => shown().includes('[y/N]'))
    const run = journals().find((each) => !before.has(each)) ?? ''
    const page = await pageOf('bert')
    await page.goto(url(`/rollouts/${run}`))
    await says(page, '#part-gate', /Go on with 3 hosts\?/)
    const old = await pageOf('bert')
    await old.goto(url(`/rollouts/${run}`))
    await old.getByRole('link', { name: 'Approve…' }).click()
    child.stdin?.write('y\r')
    await says(page, '#rollout', /Go on with 3 hosts\? approved by \S+ in the terminal/)
    expect(await ended, shown()).to.equal(0)
    // The page of the gate was open, and its button comes too late.
    await old.getByRole('button', { name: 'Refuse' }).click()
    await says(old, 'main', /The gate is over: approved by \S+ in the terminal/)
  })

  it('go on once it is answered on a page, and the terminal says so and asks no longer', async () => {
    const { shown, ended } = inTerminal()
    await until('the terminal asks', () => shown().includes('[y/N]'))
    const page = await pageOf('bert')
    await page.getByRole('link', { name: 'Approve…' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await ended, shown()).to.equal(0)
    expect(shown()).to.contain('approved by bert in the console.')
  })

  it('end their step when it is stopped, are named, and are back once the balancer says so', async () => {
    const { run, process: rollout } = await rollOut(IN_A_WAVE, '"type":"gate waits"')
    const down = await inService()
    expect(down).to.have.length(2)
    const page = await pageOf('bert', { javaScriptEnabled: false })
    await page.goto(url(`/rollouts/${run}`))
    await page.getByRole('link', { name: 'Stop…' }).click()
    await says(page, 'main', /Out of rotation meanwhile: 1 host, web\d\.example\.net/)
    await shoot(page, 'stop')
    await page.getByRole('button', { name: 'Stop after this step' }).click()
    await until('the rollout has ended', () => rollout.child.exitCode !== null)
    expect(rollout.child.exitCode, readFileSync(rollout.log, 'utf8')).to.equal(130)
    await page.goto(url(`/rollouts/${run}`))
    await says(page, '.verdict', /INTERRUPTED/)
    await says(page, '#part-out', /Out of rotation when it ended: 1 host/)
    expect(await inService()).to.deep.equal(down)

    await page.getByRole('link', { name: 'Put back…' }).click()
    await says(page, 'main', /Out of rotation now[\s\S]*web\d\.example\.net[\s\S]*put-back --run/)
    await page.getByRole('button', { name: 'Put back' }).click()
    await serving?.stop('SIGKILL')
    await serve()
    await page.goto(url(`/rollouts/${run}/put-back`))
    // The page loads itself again until it has come to its end.
    await says(
      page,
      'main',
      /No host that this rollout took out is out of rotation\.[\s\S]*PASSED: 1 host put back/,
    )
    await shoot(page, 'put back')
    expect(await inService()).to.deep.equal(HOSTS)
    await page.goto(url())
    await says(page, 'main', /Nothing is out of rotation/)
  })

  it('stay out where they cannot be put back, and the page says so and what to do', async () => {
    const { run, process: rollout } = await rollOut(IN_A_WAVE, '"type":"gate waits"')
    const page = await pageOf('bert', { javaScriptEnabled: false })
    await page.goto(url(`/rollouts/${run}/stop`))
    // As serve leaves it that is killed between its note and the signal.
    const pid = Number(/"pid":(\d+)/.exec(journal(run))?.[1])
    const startedAt = processStartedAt(pid, Date.now()) ?? expect.fail(`no process ${pid}`)
    const wish = { person: 'anna', at: new Date().toISOString(), pid, startedAt }
    noteWish(join(scratch.path, 'state'), run, 1, wish)
    await serving?.stop('SIGKILL')
    await serve()
    await page.reload()
    await says(page, 'main', /anna was about to tell it to stop/)
    await shoot(page, 'stop again')
    await page.getByRole('button', { name: 'Stop again' }).click()
    await until('the rollout has ended', () => rollout.child.exitCode !== null)
    expect(rollout.child.exitCode, readFileSync(rollout.log, 'utf8')).to.equal(130)
    await page.goto(url(`/rollouts/${run}`))
    await says(page, '.verdict', /INTERRUPTED/)
    await haproxy?.kill()
    await page.goto(url(`/rollouts/${run}/put-back`))
    await page.getByRole('button', { name: 'Put back' }).click()
    await says(page, 'main', /Out of rotation now[\s\S]*FAILED: 0 hosts put back; not all/)
    expect(await page.innerText('main')).not.to.contain('✔')
    expect(await page.getByRole('button', { name: 'Put back' }).count()).to.equal(1)
    await shoot(page, 'not back')
    await haproxy?.restart()
    await page.getByRole('button', { name: 'Put back' }).click()
    await says(page, 'main', /No host that this rollout took out is out of rotation\./)
  })
})

async function says(page: Page, selector: string, text: RegExp): Promise<void> {
  try {
    await page
      .locator(selector)
      .filter({ hasText: text })
      .first()
      .waitFor({ timeout: WITHIN_MS / 4 })
  } catch {
    throw new Error(`${page.url()} does not say ${text.source}; it says:\n${await page.innerText('main')}`)
  }
}

async function until(what: string, test: () => boolean): Promise<void> {
  const last = Date.now() + WITHIN_MS
  while (!test()) {
    if (Date.now() > last) throw new Error(`${what}: not within ${WITHIN_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function shoot(page: Page, what: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${what}.png`), fullPage: true })
}

function status(url: string): Promise<number> {
  return fetch(url).then(
    (answer) => answer.status,
    () => 0,
  )
}
