import { mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../chromium'
import { findingsOf } from '../chromium_pages'
import { Scratch } from '../scratch'
import { freePort, start, untilReady, type Running } from './processes'

const ROOT = resolve(__dirname, '..', '..', '..')
const CUCUMBER = join(ROOT, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js')
const WITHIN_MS = 120_000
const DESK = { viewport: { width: 1280, height: 900 } }
const PHONE = { viewport: { width: 390, height: 844 } }
const SCREENS: Readonly<Record<string, BrowserContextOptions>> = {
  desk: { ...DESK, colorScheme: 'light' },
  'dark desk': { ...DESK, colorScheme: 'dark' },
  phone: { ...PHONE, colorScheme: 'light', reducedMotion: 'reduce' },
  'dark phone': { ...PHONE, colorScheme: 'dark' },
}

const FEATURE = `Feature: Update the website in waves
  Background:
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    And I want to update hosts with fact country=de
    And I want to pre-discover how many hosts to update
  Scenario Outline: The website on <wave>
    Given I take <wave>
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    When I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave     |
      | 1 host   |
      | 2 hosts  |
      | the rest |
`
/** Hosts that take a second for each answer, one that fails in the last wave, and one that falls silent there. */
const FAULTS = [
  ...[1, 2, 3, 4, 5].map((n) => `web${n}.example.net=slow`),
  'web6.example.net=fails from step 6',
  'web7.example.net=silent from step 6',
].join(',')

describe('a rollout in Chromium, live', function () {
  this.timeout(600_000)
  let browser: Browser
  let scratch: Scratch
  let port: number
  let app: Running
  const running: Running[] = []

  const serve = async () => {
    const args = ['-r', 'ts-node/register', join(ROOT, 'support', 'testing', 'console_app.ts')]
    app = start(process.execPath, [...args, state(), String(port)], join(scratch.path, 'app.log'))
    running.push(app)
    await untilReady('the console', app, () => answers(`${url()}/rollouts`), 120_000)
  }
  const state = () => join(scratch.path, 'state')
  const url = () => `http://127.0.0.1:${port}`

  /** Begins a rollout in a terminal, and resolves with its run once it has a journal. */
  const rollOut = async (faults = FAULTS): Promise<{ run: string; process: Running }> => {
    const before = new Set(runs())
    const env = {
      LOCKSTEP_STATE: state(),
      LOCKSTEP_REPORTS: join(scratch.path, 'reports'),
      LOCKSTEP_FAULTS: faults,
    }
    const feature = scratch.write('waves.feature', FEATURE)
    const rollout = start(process.execPath, [CUCUMBER, feature], join(scratch.path, 'rollout.log'), env)
    running.push(rollout)
    const begun = () => runs().find((run) => !before.has(run))
    await untilReady('a rollout', rollout, async () => begun() !== undefined, 120_000)
    return { run: begun() ?? '', process: rollout }
  }
  const runs = () =>
    answersOf(() => readdirSync(join(state(), 'embedded'))).map((name) => name.replace('.journal.ndjson', ''))

  before(async () => {
    scratch = new Scratch()
    mkdirSync(state())
    port = await freePort()
    browser = await launchChromium()
    await serve()
  })
  after(async () => {
    await browser?.close()
    for (const each of running) await each.stop('SIGKILL')
    scratch?.remove()
  })

  it('fills in while hosts answer, says at once that it is not live, and catches up with a console that was killed', async () => {
    const { run } = await rollOut()
    const pages: [string, Page][] = []
    for (const [name, options] of Object.entries(SCREENS)) {
      const context = await browser.newContext({ ...options, bypassCSP: false })
      pages.push([name, await context.newPage()])
    }
    const mistakes: string[] = []
    for (const [, page] of pages) {
      page.on('pageerror', (error) => mistakes.push(String(error)))
      await page.goto(`${url()}/rollouts/${run}`)
    }
    const [, first] = pages[0] ?? []
    if (first === undefined) throw new Error('there is no page')
    await says(first, '#live', /^Live\.$/)
    await says(first, '.verdict', /^UNDER WAY \(embedded fleet\)$/)
    expect(await first.title()).to.match(/^UNDER WAY \(embedded fleet\) · Update the website/)
    // A line of the first wave fills in, without the page being loaded again.
    await first.evaluate('window.isSame = true')
    await says(first, '#part-f0-line-11', /1 passed · 7 to come/)
    await says(first, '#part-out', /Out of rotation now: 1 host/)
    await shoot(pages, 'live')
    await says(first, '#part-f0-line-9', /3 passed · 5 to come/)

    await app.stop('SIGKILL')
    for (const [, page] of pages) {
      await says(
        page,
        '#live',
        /^Not live: connection lost since .+ This page shows the rollout as it was then\./,
      )
      expect(await page.title()).to.match(/^Not live · UNDER WAY/)
    }
    await shoot(pages, 'lost')
    expect(await findingsOf(first)).to.deep.equal([])
    await serve()
    await says(first, '#live', /^Live\.$|over/)

    await says(first, '.verdict', /^FAILED \(embedded fleet\)$/)
    for (const [name, page] of pages) {
      await says(page, '#live', /^This rollout is over/)
      await says(page, '.stop', /diverged\s*web6\.example\.net: the disk is full/)
      await says(page, '.stop', /silent\s*web7\.example\.net/)
      await says(
        page,
        '#part-out',
        /Out of rotation when it ended: 2 hosts\s*blocks 192\.168\.1\.1: web\[6-7\]/,
      )
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).to.equal(
        SCREENS[name]?.viewport?.width,
      )
      expect(await findingsOf(page), name).to.deep.equal([])
    }
    expect(await first.evaluate('window.isSame')).to.equal(true)
    await shoot(pages, 'over')
    const filledIn = await partsIn(first)
    await first.goto(`${url()}/rollouts/${run}`)
    expect(filledIn).to.deep.equal(await partsIn(first))
    expect(mistakes).to.deep.equal([])
    for (const [, page] of pages) await page.context().close()
  })

  it('is whole without a script, and loads itself again while it goes on', async () => {
    const { run } = await rollOut()
    const context = await browser.newContext({ ...PHONE, javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${url()}/rollouts`)
    await page.getByRole('link', { name: 'Update the website in waves' }).first().click()
    await page.locator('#live', { hasText: 'As of' }).waitFor()
    expect(page.url()).to.equal(`${url()}/rollouts/${run}`)
    expect(await page.innerText('.verdict')).to.equal('UNDER WAY (embedded fleet)')
    // No click and no script: the page comes to the end of the rollout by itself.
    await page.locator('.verdict', { hasText: 'FAILED' }).waitFor({ timeout: WITHIN_MS })
    expect(await page.locator('#live').count()).to.equal(0)
    await context.close()
  })

  it('says of a rollout that was killed what its report says, and keeps open what a person has opened', async () => {
    const { run, process: rollout } = await rollOut()
    const page = await (await browser.newContext(DESK)).newPage()
    await page.goto(`${url()}/rollouts/${run}`)
    await says(page, '#part-f0-line-9', /1 passed/)
    const last = page.locator('#part-f0-scenario-2 details')
    await page.locator('#part-f0-scenario-2 summary').focus()
    await page.keyboard.press('Enter')
    await says(page, '#part-f0-line-9', /3 passed/)
    expect(await last.evaluate((details) => (details as unknown as { open: boolean }).open)).to.equal(true)
    expect(await page.evaluate('document.activeElement.tagName')).to.equal('SUMMARY')
    await rollout.stop('SIGKILL')
    await says(page, '.verdict', /^INTERRUPTED/)
    await says(page, '#part-head', /the run did not end: its journal stops on/)
    await says(page, '#live', /^This rollout is over/)
    const list = await (await fetch(`${url()}/rollouts`)).text()
    expect(list).to.contain('No rollout that you may look at is under way.')
    await page.context().close()
  })
})

/** Waits until an element says something. */
async function says(page: Page, selector: string, text: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: WITHIN_MS })
}

/** Returns every part that is shown, as the browser has it. */
function partsIn(page: Page): Promise<unknown> {
  return page.evaluate(
    "[...document.getElementById('rollout').children].map((part) => [part.id, part.innerHTML.trim()])",
  )
}

/** Keeps pictures of pages where a person wants to look at them. */
async function shoot(pages: readonly [string, Page][], what: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder === undefined) return
  for (const [name, page] of pages)
    await page.screenshot({ path: join(folder, `${what} ${name}.png`), fullPage: what === 'over' })
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}

function answersOf(list: () => string[]): string[] {
  try {
    return list()
  } catch {
    return []
  }
}
