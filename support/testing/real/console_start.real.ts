import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { readStarts } from '../../starts/start_journal'
import { StartState, type Start } from '../../starts/start_state'
import { launchChromium } from '../chromium'
import { findingsOf } from '../chromium_pages'
import { compiledCopy } from '../compiled_copy'
import { LiveRollout } from '../live_rollout'
import { freePort, start, untilReady, type Running } from './processes'

const COMPILED = compiledCopy()
const LOCKSTEP = join(COMPILED, 'support', 'bin', 'lockstep.cjs')
const PASSWORD = 'Quagga-zebra-okapi-7'
const WITHIN_MS = 240_000
const VERSION = '4.2.6-3.el5'
const DESK = { viewport: { width: 1280, height: 900 } }
/** Approving needs no script, and a telephone is enough. */
const PHONE = {
  viewport: { width: 390, height: 844 },
  javaScriptEnabled: false,
  colorScheme: 'dark',
} as const
const POLICY = `everybody may look in every environment
anna may plan, start and approve in test
bert may approve in test
`

describe('a start from the pages of lockstep serve, on hosts over a broker', function () {
  this.timeout(900_000)
  let live: LiveRollout
  let browser: Browser
  let serving: Running | undefined
  let port: number
  let anna: Page
  let bert: Page

  const at = (...names: string[]) => join(live.scratch.path, ...names)
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  const places = () => ['--config', at('lockstep.yaml'), '--state', at('state')]
  const starts = (): readonly Start[] => StartState.of(readStarts(at('state')).events).starts
  const last = () => starts().at(-1) ?? expect.fail('nothing was started')

  before(async () => {
    live = await LiveRollout.prepare('')
    port = await freePort()
    const environments = readFileSync(at('lockstep.yaml'), 'utf8')
    const console = 'console: { people: people.yaml, policy: policy.txt, features: [features/*.feature] }'
    live.scratch.write(
      'lockstep.yaml',
      `${environments}pipeline: { listen: { port: ${port} } }\n${console}\n`,
    )
    live.scratch.write('policy.txt', POLICY)
    const profiles = join(COMPILED, 'support', 'cucumber', 'profiles')
    live.scratch.write('cucumber.js', `module.exports = require(${JSON.stringify(profiles)}).profiles()\n`)
    const rolling = readFileSync(at('rolling.feature'), 'utf8')
    const feature = rolling
      .replaceAll(VERSION, '<version>')
      .replace(/(?: +\| 25% +\|\n)+/, '            | 50% |\n')
    live.scratch.write(join('features', 'website.feature'), feature)
    live.scratch.write(join('features', '--require=x.feature'), feature)
    live.scratch.write('secret.feature', feature)
    for (const name of ['anna', 'bert'])
      execFileSync(process.execPath, [LOCKSTEP, 'user', 'add', name, ...places()], { input: `${PASSWORD}\n` })
    browser = await launchChromium()
    await serve()
    anna = await logIn('anna', DESK)
    bert = await logIn('bert', PHONE)
  })
  after(async () => {
    await browser?.close()
    await serving?.stop()
    await live?.stop()
  })

  const serve = async () => {
    const env = { LOCKSTEP_LOCKS: at('locks') }
    const own = start(process.execPath, [LOCKSTEP, 'serve', ...places()], at('serve.log'), env)
    serving = own
    const isUp = async () => (await fetch(url('/healthz')).catch(() => undefined))?.status === 200
    await untilReady('lockstep serve', own, isUp, 60_000)
  }

  const logIn = async (name: string, options: Parameters<Browser['newContext']>[0]) => {
    const page = await (await browser.newContext(options)).newPage()
    await page.goto(url('/starts'))
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL('**/starts')
    return page
  }

  /** Fills in the form, and resolves once the page of the start shows its plan. */
  const plan = async () => {
    await anna.goto(url('/start'))
    await anna.getByLabel('Feature').selectOption('features/website.feature')
    await anna.getByRole('button', { name: 'Choose' }).click()
    await anna.getByLabel('version').fill(VERSION)
    await anna.getByLabel(/^Release/).fill('4.2')
    await anna.getByLabel(/^Ticket/).fill('OPS-17')
    await anna.getByRole('button', { name: 'Lint, rehearse and plan' }).click()
    await anna.waitForURL('**/starts/*')
    await shoot(anna, 'planning')
    await says(anna, '.way', /✔ Plan|✘/)
    const shown = await anna.innerText('main')
    expect(shown, shown).to.match(/✔ Plan\b/)
  }
  const approve = async () => {
    await bert.goto(url(`/starts/${last().id}`))
    await bert.getByRole('button', { name: 'Approve exactly this plan' }).click()
    await says(bert, 'dl.facts', /by bert at/)
  }
  const updates = () =>
    live.fleet.hosts.flatMap(({ performed }) =>
      [...performed].filter(([action]) => action === 'package update'),
    )

  it('offers the features that lockstep.yaml names, and no other', async () => {
    await anna.goto(url('/start'))
    const offered = await anna.locator('#feature option').allInnerTexts()
    expect(offered).to.deep.equal(['features/website.feature'])
    for (const wanted of ['../../etc/passwd', 'secret.feature', 'features/--require=x.feature'])
      expect(
        (await anna.goto(url(`/start?feature=${encodeURIComponent(wanted)}&environment=test`)))?.status(),
      ).to.equal(404)
  })

  it('is linted, rehearsed and planned, and shows the plan whole', async () => {
    await plan()
    const { steps, by, variables } = last()
    expect(steps.map(({ name, ended }) => [name, ended?.result])).to.deep.equal([
      ['lint', 'succeeded'],
      ['rehearse', 'succeeded'],
      ['plan', 'succeeded'],
    ])
    expect([by, variables]).to.deep.equal(['anna', { version: VERSION }])
    await says(anna, 'main', /web\[1-8\]\.example\.net/)
    await says(anna, 'main', /I update the package mywebapp/)
    await says(anna, '.card', /anna asked for it|approval of another person/)
    expect(await anna.getByRole('button', { name: 'Approve' }).count()).to.equal(0)
    expect(await anna.getByRole('button', { name: 'Start the rollout' }).count()).to.equal(0)
    expect(updates()).to.deep.equal([])
    await shoot(anna, 'planned')
    expect(await findingsOf(anna)).to.deep.equal([])
    await anna.goto(url('/'))
    await says(anna, 'main', /Waits for a person[\s\S]*waits for approval, not by anna/)
  })

  it('is approved by another person on a telephone without JavaScript, and begun by the first', async () => {
    await bert.goto(url('/'))
    await bert.getByRole('link', { name: 'features/website.feature' }).first().click()
    await bert.waitForURL('**/starts/*')
    await shoot(bert, 'to approve')
    expect(await bert.evaluate('document.documentElement.scrollWidth').catch(() => 390)).to.equal(390)
    await approve()
    expect(await bert.getByRole('button', { name: 'Start the rollout' }).count()).to.equal(0)
    await anna.goto(url(`/starts/${last().id}`))
    const token = await anna.locator('form[action$="/roll-out"] input[name=form]').getAttribute('value')
    const name = await anna.locator('form[action$="/roll-out"] input[name=plan]').getAttribute('value')
    await anna.getByRole('button', { name: 'Start the rollout' }).click()
    await anna.waitForURL('**/starts/*')
    // The form of the page that was left is sent once more, as a double click would.
    const again = await anna.request.post(url(`/starts/${last().id}/roll-out`), {
      form: { form: token ?? '', plan: name ?? '' },
      headers: { origin: url('') },
    })
    expect(again.status()).to.equal(403)
  })

  it('goes on while lockstep serve is killed, and its page is right afterwards', async () => {
    await live.when('"type":"opened"', async () => serving?.stop('SIGKILL'), 'state')
    await serve()
    await anna.goto(url(`/starts/${last().id}`))
    await says(anna, '.way', /✔ PASSED/)
    await bert.goto(url(`/starts/${last().id}`))
    await says(bert, '.card', /✔ PASSED/)
    await shoot(anna, 'over')
    expect(updates().map(([, times]) => times)).to.deep.equal(Array(8).fill(1))
    const runs = readdirSync(at('state', 'live'))
    expect(runs).to.deep.equal([`${last().rollout?.run}.journal.ndjson`])
    const journal = readFileSync(at('state', 'live', runs[0] ?? ''), 'utf8')
    expect(journal).to.match(/anna \(console\), approved by bert \(console\), by \w+@/)
    const history = execFileSync(process.execPath, [LOCKSTEP, 'history', '--json', ...places()], {
      encoding: 'utf8',
    })
    expect(history).to.contain('anna (console), approved by bert (console)')
    expect(live.haproxy.outOfService('www')).to.deep.equal([])
  })

  it('is refused where the approver loses the right', async () => {
    await plan()
    await approve()
    const page = url(`/starts/${last().id}`)
    await anna.goto(page)
    const withoutBert = POLICY.replace('bert may approve in test\n', '')
    live.scratch.write('policy.txt', withoutBert)
    // The page is one of before: its button is still there.
    await anna.getByRole('button', { name: 'Start the rollout' }).click()
    const sentence =
      /bert, who approved it, may not approve in test any more; another person has to approve it/i
    await says(anna, 'main', sentence)
    live.scratch.write('policy.txt', POLICY)
    expect(last().rollout).to.equal(undefined)
  })

  it('is refused after its approval where the feature was changed', async () => {
    await plan()
    await approve()
    await anna.goto(url(`/starts/${last().id}`))
    const feature = at('features', 'website.feature')
    writeFileSync(feature, `${readFileSync(feature, 'utf8')}\n# changed\n`)
    await anna.getByRole('button', { name: 'Start the rollout' }).click()
    await says(anna, 'main', /was changed since it was planned/i)
    await anna.goto(url(`/starts/${last().id}`))
    await says(anna, '.card', /features\/website\.feature was changed since it was planned/)
    expect(readdirSync(at('state', 'live'))).to.have.length(1)
    expect(last().rollout).to.equal(undefined)
  })
})

/** Waits until an element says something. Pages load themselves again. */
async function says(page: Page, selector: string, text: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: WITHIN_MS })
}

/** Keeps pictures of pages where a person wants to look at them. */
async function shoot(page: Page, what: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `start ${what}.png`), fullPage: true })
}
