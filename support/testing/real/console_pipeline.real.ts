import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchChromium } from '../chromium'
import { Lookers, says } from '../chromium_pages'
import { ApprovedWebsite } from './approved_website'

const PASSWORD = 'Quagga-zebra-okapi-7'
const DESK = { viewport: { width: 1280, height: 900 } }
const DARK_PHONE = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  javaScriptEnabled: false,
} as const
const POLICY = `everybody may look in every environment
anna may plan and approve in test
bert may approve in test
`

describe('a tag on its way through the pages to three hosts with our daemon', function () {
  // A tag goes on from where the one before has left the hosts.
  this.bail(true)
  this.timeout(600_000)
  let started: ApprovedWebsite | undefined
  let browser: Browser | undefined
  let anna: Page
  let bert: Page
  let lookers: Lookers
  let first = ''

  const site = () => started ?? expect.fail('it was not started')
  const chromium = () => browser ?? expect.fail('no browser')
  const url = (path = '/') => `http://127.0.0.1:${site().pipeline.ports.serve}${path}`
  const all = (commit: string) => [commit, commit, commit]
  const planPage = (commit: string) => url(`/pipeline/website/plans/${site().planOf(commit)?.run}`)

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    const people = { names: ['anna', 'bert'], password: PASSWORD, policy: POLICY }
    started = await ApprovedWebsite.start(`lspages${process.pid}`, people)
    browser = await launchChromium()
    anna = await logIn('anna', DESK)
    bert = await logIn('bert', DARK_PHONE)
    lookers = await Lookers.of({ browser, page: anna })
  })
  after(async () => {
    await browser?.close()
    await started?.stop()
  })

  const logIn = async (name: string, options: BrowserContextOptions) => {
    const page = await (await chromium().newContext(options)).newPage()
    await page.goto(url())
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('link', { name }).waitFor()
    return page
  }

  it('is planned once all hosts have fetched it, and waits on Now for a person', async () => {
    first = site().pipeline.push('v1', 'exit 0')
    await site().untilPlanned(first)
    await bert.goto(url())
    await says(bert, '.card.wait', /v1 of website[\s\S]*3 changes to 3 hosts/)
    await lookers.look(url(), 'p1 now')
    await lookers.look(url('/pipeline/website'), 'p2 pipeline')
    await lookers.look(planPage(first), 'p3 plan')
    expect(site().served()).to.deep.equal(all('nothing'))
  })

  it('is approved on a dark telephone without a script, rolled out, and its page says how that went', async () => {
    await bert.getByRole('link', { name: 'See the whole plan' }).click()
    await says(bert, 'main', /3 hosts: web\[1-3\]\.example\.net/)
    expect(await bert.evaluate('document.documentElement.scrollWidth')).to.equal(390)
    site().delayScripts()
    await bert.getByRole('button', { name: 'Approve exactly this plan' }).click()
    await says(bert, '.card', /Approved by bert \(console\)\./)
    await says(bert, '.card.going', /Run \S+ rolls it out\./)
    await bert
      .getByRole('link', { name: /^\d{8}-\d{6}-/ })
      .first()
      .click()
    await says(bert, '.verdict', /^UNDER WAY$/)
    await lookers.look(planPage(first), 'p4 under way')
    site().goOn()
    await bert.goto(planPage(first))
    await says(bert, '.card.well', /was its rollout: PASSED/)
    expect(site().served()).to.deep.equal(all(first))
    expect(site().liveRuns()).to.equal(1)
    await lookers.look(planPage(first), 'p5 passed')
    await lookers.look(url('/pipeline/website'), 'p6 pipeline')
    await anna.goto(url('/pipeline/website'))
    await says(anna, 'main', /approved by bert \(console\)[\s\S]*PASSED/)
  })

  it('is planned again by one person, and not approved by the same one', async () => {
    const second = site().pipeline.push('v2', 'exit 0 # 2')
    const plan = await site().untilPlanned(second)
    const before = site().planOf(second)?.run
    await anna.goto(planPage(second))
    await anna.getByRole('button', { name: 'Plan again' }).click()
    await site().pipeline.until('there is another plan', () => site().planOf(second)?.run !== before)
    // It is the plan of the same things, and has the same name.
    expect(await site().untilPlanned(second)).to.equal(plan)
    await anna.goto(planPage(second))
    await says(anna, '.card.wait', /not by you: anna asked for this plan/)
    expect(await anna.getByRole('button', { name: 'Approve' }).count()).to.equal(0)
    await lookers.look(planPage(second), 'p7 not by you')
    await bert.goto(planPage(second))
    await bert.getByRole('button', { name: 'Approve exactly this plan' }).click()
    await says(bert, '.card.well', /was its rollout: PASSED/)
    expect(site().served()).to.deep.equal(all(second))
  })
})
