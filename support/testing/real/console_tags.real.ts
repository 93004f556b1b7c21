import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { readAudit } from '../../console/audit'
import { launchChromium } from '../chromium'
import { compiledCopy } from '../compiled_copy'
import { GitRepository } from '../git_repository'
import { Scratch } from '../scratch'
import { startActivemq, type RealBroker } from './brokers'
import { startHaproxy, type RealHaproxy } from './haproxy'
import { RealFleet } from './mcollectived'
import { freePort, start, untilReady, type Running } from './processes'
import { WebServer } from './web_server'

const COMPILED = compiledCopy()
const LOCKSTEP = join(COMPILED, 'support', 'bin', 'lockstep.cjs')
const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')
const PASSWORD = 'Quagga-zebra-okapi-7'
const WITHIN_MS = 120_000
const HOSTS = ['web1', 'web2', 'web3', 'web4'].map((name) => `${name}.example.net`)
const USER = 'nobody'
/** Without JavaScript: pages load themselves again by a header. */
const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 900 }, javaScriptEnabled: false }
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  javaScriptEnabled: false,
  colorScheme: 'dark',
}
const FEATURE = 'features/website.feature'
const BACKGROUND = `  Background:
    Given the load balancer is the haproxy backend www
    And I want to update hosts with class roles::website
    And the repository website
    And the tag <tag>
`
const DEPLOY = `Feature: Deploy the website
${BACKGROUND}    Then every host should have the tag
  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    When I deploy the tag
    Then the deployed tag should be <tag>
    And the working tree should be unchanged
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave     |
      | 1 host   |
      | the rest |
`
const FETCH = `Feature: Fetch the website
${BACKGROUND}  Scenario: The tags
    When I fetch the repository
    Then every host should have the tag
`
const POLICY = `everybody may look in every environment
anna may plan, start and approve in test
`

describe('tags and drift on the pages of lockstep serve, on real hosts with real git', function () {
  this.timeout(900_000)
  let scratch: Scratch
  let website: GitRepository
  let broker: RealBroker | undefined
  let fleet: RealFleet
  let haproxy: RealHaproxy | undefined
  let servers: WebServer[] = []
  let gitDaemon: Running | undefined
  let serving: Running | undefined
  let browser: Browser | undefined
  let ports: { git: number; serve: number }
  let anna: Page
  let phone: Page
  let bert: Page
  const daemons = new Map<string, Running>()

  const at = (...names: string[]) => join(scratch.path, ...names)
  const url = (path: string) => `http://127.0.0.1:${ports.serve}${path}`
  const FORM = `/start?feature=${encodeURIComponent(FEATURE)}&environment=test`
  const RELEASE = '/history/test/1.0'

  before(async () => {
    scratch = new Scratch()
    chmodSync(scratch.path, 0o755)
    website = new GitRepository(scratch.path)
    ports = { git: await freePort(), serve: await freePort() }
    const words = ['--listen=127.0.0.1', `--port=${ports.git}`, `--base-path=${scratch.path}`, '--export-all']
    gitDaemon = start('/usr/lib/git-core/git-daemon', [...words, '--reuseaddr'], at('git-daemon.log'))
    broker = await startActivemq(scratch)
    servers = await Promise.all(HOSTS.map((name) => WebServer.start(name)))
    haproxy = await startHaproxy(scratch, { backend: 'www', servers })
    fleet = new RealFleet(scratch, broker, 'psk')
    scratch.write('hosts.csv', `host,role\n${HOSTS.map((host) => `${host},roles::website\n`).join('')}`)
    scratch.write(
      'lockstep.yaml',
      `environments:
  test:
    client_config: ${fleet.clientCfg}
    inventory: [{ csv: hosts.csv }]
    discovery_window: 2 seconds
    timeouts: { default: 30 seconds }
    look_every: 200 ms
    haproxy: [{ socket: ${haproxy.socket} }]
pipeline: { listen: { port: ${ports.serve} } }
console: { people: people.yaml, policy: policy.txt, features: [${FEATURE}], approval: none }
`,
    )
    scratch.write('policy.txt', POLICY)
    scratch.write(FEATURE, DEPLOY)
    scratch.write('fetch.feature', FETCH)
    const profiles = join(COMPILED, 'support', 'cucumber', 'profiles')
    scratch.write('cucumber.js', `module.exports = require(${JSON.stringify(profiles)}).profiles()\n`)
    for (const host of HOSTS) await startDaemon(host)
    tag('v1.0')
    lockstep('run', 'fetch.feature', '--var', 'tag=v1.0')
    lockstep('run', FEATURE, '--var', 'tag=v1.0', '--release', '1.0')
    tag('v1.1')
    lockstep('run', 'fetch.feature', '--var', 'tag=v1.1', '--limit', 'web[1-3].example.net')
    for (const name of ['anna', 'bert'])
      execFileSync(process.execPath, [LOCKSTEP, 'user', 'add', name, ...places()], { input: `${PASSWORD}\n` })
    browser = await launchChromium()
    await serve()
    anna = await logIn('anna', DESK)
    phone = await logIn('anna', PHONE)
    bert = await logIn('bert', PHONE)
  })
  after(async () => {
    await browser?.close()
    await serving?.stop()
    await fleet?.stop()
    await broker?.stop()
    await haproxy?.stop()
    for (const each of servers) await each.stop()
    await gitDaemon?.stop()
    scratch?.remove()
  })

  const places = () => ['--config', at('lockstep.yaml'), '--state', at('state')]
  const lockstep = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [LOCKSTEP, ...args, ...places()], {
      cwd: scratch.path,
      encoding: 'utf8',
      env: { ...process.env, LOCKSTEP_LOCKS: at('locks'), LOCKSTEP_ENVIRONMENT: 'test' },
    })
    expect(status, `${stdout}${stderr}`).to.equal(0)
    return stdout
  }
  const tag = (name: string) => {
    const commit = website.commit({ 'index.html': name })
    website.git('push', '--quiet', '--force', website.url, 'HEAD:refs/heads/main', `HEAD:refs/tags/${name}`)
    return commit
  }
  const folder = (host: string) => at('srv', host)
  const startDaemon = async (host: string) => {
    const [uid = 0, gid = 0] = ['-u', '-g'].map((of) =>
      Number(execFileSync('id', [of, USER], { encoding: 'utf8' })),
    )
    mkdirSync(folder(host), { recursive: true })
    chownSync(folder(host), uid, gid)
    const cfg = `plugin.git.repositories = website
plugin.git.website.url = git://127.0.0.1:${ports.git}/website.git
plugin.git.website.folder = ${folder(host)}
plugin.git.website.user = ${USER}
`
    daemons.set(host, (await fleet.addOurs(host, { classes: 'roles::website', cfg })).running)
  }
  const serve = async () => {
    const env = { LOCKSTEP_LOCKS: at('locks') }
    const own = start(process.execPath, [LOCKSTEP, 'serve', ...places()], at('serve.log'), env)
    serving = own
    const isUp = async () => (await fetch(url('/healthz')).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', own, isUp, 120_000)
  }
  const logIn = async (name: string, options: BrowserContextOptions) => {
    const page = await (await browser?.newContext(options))?.newPage()
    if (page === undefined) throw new Error('there is no browser')
    await page.goto(url('/starts'))
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL('**/starts')
    return page
  }
  /** Asks for tags on the form of the start, and waits for the answer of hosts. */
  const ask = async (page: Page, name = '') => {
    await page.goto(url(FORM))
    await page.getByLabel(/^Only this tag/).fill(name)
    await page.getByRole('button', { name: 'Ask the hosts now' }).click()
    await page.waitForURL('**/looks/*')
    await says(page, 'main', /As of|could not be asked/)
  }
  const served = () =>
    HOSTS.map((host) => {
      const link = join(folder(host), 'current')
      return existsSync(link) ? basename(readlinkSync(link)) : 'nothing'
    })
  const lookFiles = (end: string) => {
    const looks = at('state', 'console', 'looks')
    return existsSync(looks)
      ? readdirSync(looks)
          .filter((name) => name.endsWith(end))
          .sort()
      : []
  }
  /** Plans a tag from the form, which is filled already, and waits for its end. */
  const plan = async (page: Page) => {
    await page.getByRole('button', { name: 'Lint, rehearse and plan' }).click()
    await page.waitForURL('**/starts/*')
    await says(page, '.way', /✔ Plan\b|✘/)
  }
  const lookForDrift = async (page: Page) => {
    await page.goto(url(RELEASE))
    await page.getByRole('button', { name: 'Look for drift now' }).click()
    await page.waitForURL('**/looks/*')
    await says(page, 'main', /As of|could not be asked/)
  }

  it('says nothing of hosts before they are asked', async () => {
    await anna.goto(url(FORM))
    const shown = await anna.innerText('main')
    expect(shown)
      .to.contain('were not asked for their tags from here')
      .and.not.to.match(/on \d+ of/)
  })

  it('names a silent host, and counts it nowhere', async () => {
    await daemons.get('web4.example.net')?.stop()
    await ask(anna)
    const shown = await anna.innerText('main')
    expect(shown)
      .to.contain('on 3 of 4 hosts')
      .and.match(/Not known of 1 host:\s+web4\.example\.net: silent/)
    expect(shown).not.to.contain('on 4 of 4').and.not.to.contain('lacking on')
    await anna.goto(url(FORM))
    const form = await anna.innerText('main')
    expect(form.indexOf('v1.1')).to.be.lessThan(form.indexOf('v1.0'))
    expect(form).to.match(/v1\.1 on 3 of 4 hosts at [0-9a-f]{12} as of .* UTC not known of web4/)
    await shoot(anna, 'form with a silent host')
  })

  it('has the count of all hosts, its time, and who lacks a tag, by name', async () => {
    await startDaemon('web4.example.net')
    await ask(phone)
    const shown = await phone.innerText('main')
    expect(shown)
      .to.match(/v1\.0 on 4 of 4 hosts/)
      .and.match(/v1\.1 on 3 of 4 hosts\s+at/)
    expect(shown).to.match(/lacking on 1 host: web4\.example\.net/)
    expect(shown).to.match(/As of \d{4}-.* UTC, asked by anna/)
    await shoot(phone, 'tags on a dark telephone')
    expect(await findingsOf(browser, phone)).to.deep.equal([])
    await ask(anna, 'v9.9')
    expect(await anna.innerText('main')).to.match(/v9\.9 on 0 of 4 hosts/)
    await shoot(anna, 'one tag')
    // A tag that this look did not ask for is not said to be nowhere.
    await anna.goto(`${anna.url()}?find=v1.0`)
    expect(await anna.innerText('main')).not.to.match(/v1\.0 on/)
  })

  it('says plainly that a chosen tag is not on all hosts, and leaves the decision to the plan', async () => {
    await phone.goto(url(FORM))
    await phone.getByLabel(/^v1\.1/).check()
    await shoot(phone, 'form on a dark telephone')
    await plan(phone)
    await shoot(phone, 'a plan that does not pass')
    const shown = await phone.innerText('main')
    expect(shown).to.match(/tag\s+v1\.1 on 3 of 4 hosts.*not on web4\.example\.net/s)
    expect(shown).to.match(/✘ Plan/)
    expect(shown).not.to.contain('Start the rollout')
  })

  it('takes no tag that could be an option, and none that was chosen and typed at once', async () => {
    for (const [typed, why] of [
      ['--require=/tmp/x.js', /no tag that hosts take/],
      ['v1.0', /was chosen and typed/],
    ] as const) {
      await anna.goto(url(FORM))
      await anna.getByLabel(/^v1\.1/).check()
      if (typed !== 'v1.0') await anna.getByLabel(/^Another one/).check()
      await anna.locator('#typed').fill(typed)
      await anna.getByRole('button', { name: 'Lint, rehearse and plan' }).click()
      await says(anna, 'main', why)
    }
  })

  it('refuses the rollout of a tag that has moved on the hosts since it was planned', async () => {
    lockstep('run', 'fetch.feature', '--var', 'tag=v1.1')
    const before = served()
    await ask(anna)
    expect(await anna.innerText('main')).to.match(/v1\.1 on 4 of 4 hosts/)
    await anna.getByRole('link', { name: 'v1.1' }).click()
    await anna.waitForURL('**/start?*')
    expect(await anna.getByLabel(/^v1\.1/).isChecked()).to.equal(true)
    await plan(anna)
    await says(anna, '.way', /✔ Plan\b/)
    const moved = website.commit({ 'index.html': 'other' })
    website.git('push', '--quiet', '--force', website.url, 'HEAD:refs/tags/v1.1')
    for (const host of HOSTS) accept(join(folder(host), 'repository.git'), 'v1.1')
    await anna.getByRole('button', { name: 'Start the rollout' }).click()
    await says(anna, '.card', /✘ REFUSED/)
    await shoot(anna, 'a moved tag')
    expect(await anna.innerText('main')).to.match(/is not what would be done now/)
    expect(served()).to.deep.equal(before)
    expect(served()).not.to.include(moved)
  })

  const accept = (repository: string, name: string) => {
    const ref = `refs/tags/${name}`
    const from = `git://127.0.0.1:${ports.git}/website.git`
    const git = ['-c', 'safe.directory=*', `--git-dir=${repository}`, 'fetch', '--quiet', '--force', from]
    const refs = [`+${ref}:${ref}`, `+${ref}:refs/lockstep/server/${name}`]
    execFileSync('setpriv', [`--reuid=${USER}`, '--clear-groups', 'git', ...git, ...refs], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    })
  }

  it('looks for drift when a person asks, and says who asked and when', async () => {
    await bert.goto(url(RELEASE))
    expect(await bert.getByRole('button', { name: 'Look for drift now' }).count()).to.equal(0)
    await lookForDrift(phone)
    expect(await phone.innerText('main')).to.match(
      /✔ still passes\s+release 1\.0 in test still passes on 4 hosts/,
    )
    const [served] = readdirSync(join(folder('web2.example.net'), 'releases')).filter((name) =>
      /^[0-9a-f]{40}$/.test(name),
    )
    writeFileSync(join(folder('web2.example.net'), 'releases', served ?? '', 'index.html'), 'by hand')
    await lookForDrift(phone)
    const shown = await phone.innerText('main')
    expect(shown)
      .to.match(/✘ no longer passes/)
      .and.contain('web2.example.net')
      .and.not.match(/web[134]/)
    await shoot(phone, 'drift on a dark telephone')
    expect(await findingsOf(browser, phone)).to.deep.equal([])
    await bert.goto(url(RELEASE))
    expect(await bert.innerText('main')).to.match(/✘ no longer passes[\s\S]*As of .* UTC, asked by anna/)
    await anna.goto(url(RELEASE))
    await shoot(anna, 'release with drift')
  })

  it('names a host that is silent when it looks for drift', async () => {
    await daemons.get('web3.example.net')?.stop()
    await lookForDrift(anna)
    const shown = await anna.innerText('main')
    expect(shown).to.contain('web3.example.net').and.not.contain('✔')
    await shoot(anna, 'drift with a silent host')
  })

  it('says after a restart that a look was cut off, and leaves no process', async () => {
    const begun = lookFiles('.begun.json').at(-1)
    await anna.goto(url(RELEASE))
    await anna.getByRole('button', { name: 'Look for drift now' }).click()
    await anna.waitForURL('**/looks/*')
    const page = anna.url()
    const [id = ''] = (lookFiles('.begun.json').at(-1) ?? '').split('.')
    expect(`${id}.begun.json`).not.to.equal(begun)
    await phone.goto(url(FORM))
    expect(await phone.innerText('main')).to.match(/hosts of test are being asked already/)
    await serving?.stop('SIGKILL')
    await serve()
    await anna.goto(page)
    await says(anna, 'main', /The look was cut off/)
    await anna.goto(url(RELEASE))
    await says(anna, 'main', /The look was cut off[\s\S]*✘ no longer passes/)
    await shoot(anna, 'cut off')
    expect(processesWith(`CONSOLE_LOOK=${id}`)).to.deep.equal([])
  })

  it('is the same for a program with a token', async () => {
    const words = [
      'user',
      'add-token',
      'anna',
      '--name',
      'ci',
      '--may',
      'look',
      '--may',
      'plan',
      '--in',
      'test',
      '--days',
      '1',
    ]
    const token = execFileSync(process.execPath, [LOCKSTEP, ...words, ...places()], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    const authorization = `Bearer ${token}`
    const sent = await fetch(url('/api/v1/tags'), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'ask-once-1' },
      body: JSON.stringify({ feature: FEATURE, environment: 'test' }),
    })
    const done = (await sent.json()) as { at: string }
    expect(sent.status, JSON.stringify(done)).to.equal(200)
    const read = async () => {
      const { looks } = (await (
        await fetch(url(`/api/v1${done.at}`), { headers: { authorization } })
      ).json()) as { looks: { state: string; by: string; tags: { unknown: unknown; hosts: string[] } }[] }
      return looks[0]
    }
    let look = await read()
    while (look?.state === 'under way') {
      await new Promise((again) => setTimeout(again, 500))
      look = await read()
    }
    expect(look).to.deep.include({ state: 'answered', by: 'anna' })
    expect(look?.tags.hosts).to.deep.equal(HOSTS)
    expect(look?.tags.unknown).to.deep.equal([{ host: 'web3.example.net', why: 'no answer' }])
  })

  it('is in the audit trail, with who asked for what', () => {
    const acted = readAudit(at('state')).events.flatMap((event) =>
      event.type === 'acted' ? [`${event.person}: ${event.act}: ${event.what}`] : [],
    )
    expect(acted).to.include(`anna: ask for tags: tags of website for ${FEATURE} in test`)
    expect(acted).to.include('anna: look for drift: release 1.0 in test')
  })
})

function processesWith(variable: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(join('/proc', name, 'environ'), 'utf8')
        .split('\0')
        .includes(variable)
    } catch {
      return false
    }
  })
}

/** Waits until an element says something. Pages load themselves again. */
async function says(page: Page, selector: string, text: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: WITHIN_MS })
}

/** Keeps pictures of pages, on a desk and a telephone, light and dark, where a person wants to look at them. */
async function shoot(page: Page, what: string): Promise<void> {
  const into = process.env['SCREENSHOTS']
  const before = page.viewportSize()
  if (into === undefined || before === null) return
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(into, `tags ${what} ${width} ${colorScheme}.png`), fullPage: true })
    }
  await page.setViewportSize(before)
}

/** Returns what axe finds that is serious or critical. It needs scripts, so it looks at the page in another window. */
async function findingsOf(browser: Browser | undefined, own: Page): Promise<string[]> {
  const storageState = await own.context().storageState()
  const context = await browser?.newContext({ ...PHONE, javaScriptEnabled: true, storageState })
  const page = await context?.newPage()
  if (page === undefined) throw new Error('there is no browser')
  await page.goto(own.url())
  await page.evaluate(AXE)
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  const isWithin = (await page.evaluate('document.documentElement.scrollWidth')) as number
  await context?.close()
  expect(isWithin).to.be.at.most(390)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}
