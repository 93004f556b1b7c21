import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { pageOf } from '../../reporting/html/report_page'
import { launchChromium } from '../chromium'
import { HUGE_SAMPLE, sampleRun, type Sample } from '../sample_run'
import { Scratch } from '../scratch'

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')
const DESK = { viewport: { width: 1280, height: 800 } }
const PHONE = { viewport: { width: 375, height: 667 } }
/** A sheet of A4 between margins of 1 cm, in pixels. */
const A4 = { width: 718, height: 1047 }
const SCREENS: Readonly<Record<string, BrowserContextOptions>> = {
  'a light screen': DESK,
  'a dark screen': { ...DESK, colorScheme: 'dark' },
  'a narrow window': { viewport: { width: 700, height: 800 } },
  'a telephone': { ...PHONE, colorScheme: 'light' },
  'a dark telephone': { ...PHONE, colorScheme: 'dark' },
}
const THINNEST_PX = 4
/** The size of the page of 10,000 hosts and 100 lines; `npm run bench -- page` measures the time in which it opens. */
const MAX_BYTES = 2_000_000
const MAX_ELEMENTS = 30_000

describe('the page of a run in Chromium', function () {
  this.timeout(600_000)
  let browser: Browser
  let scratch: Scratch
  before(async () => {
    scratch = new Scratch()
    browser = await launchChromium()
  })
  after(async () => {
    await browser?.close()
    scratch?.remove()
  })

  /** Writes the page of a sample, and returns its address. */
  const write = async (sample: Sample): Promise<string> => {
    const path = scratch.write('rollout.html', [...pageOf(await sampleRun(sample))].join(''))
    return String(pathToFileURL(path))
  }

  /** Opens the page of a sample, and closes it behind `look`. No request may leave it. */
  const open = async (
    sample: Sample,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const address = await write(sample)
    const context = await browser.newContext({ ...options, bypassCSP: true })
    const asked: string[] = []
    const page = await context.newPage()
    page.on('request', (request) => asked.push(request.url()))
    await page.goto(address)
    await look(page)
    expect(asked.filter((url) => url !== address && !url.startsWith('data:'))).to.deep.equal([])
    await context.close()
  }

  const failing = (hosts: number): Sample => ({
    hosts,
    diverged: [1, Math.floor(hosts / 2), hosts - 1],
    silent: [2, Math.floor(hosts / 2) + 1],
  })

  for (const hosts of [8, 200, 2_000, 10_000])
    for (const [screen, options] of Object.entries(SCREENS))
      it(`shows ${hosts} hosts on ${screen}: every failed one, nothing beyond the edge, and all of it accessible`, () =>
        open(failing(hosts), options, async (page) => {
          const narrow = await cellsOf(page)
          expect(narrow.map(({ cell }) => cell)).to.include.members(['diverged', 'silent'])
          for (const { width, height } of narrow) {
            expect(width).to.be.at.least(THINNEST_PX)
            expect(height).to.be.at.least(THINNEST_PX)
          }
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(
            options.viewport?.width,
          )
          expect(await page.innerText('body')).to.contain(`${hosts - 5} passed · 3 diverged · 2 silent`)
          expect(await findingsOf(page)).to.deep.equal([])
        }))

  it('shows the verdict, the hosts and the next command without scrolling, on a telephone too', async () => {
    for (const options of [DESK, PHONE])
      await open(failing(10_000), options, async (page) => {
        for (const selector of ['h1', '.stop dd', 'pre']) {
          const box = await page.locator(selector).first().boundingBox()
          expect((box?.y ?? Infinity) + (box?.height ?? 0)).to.be.below(options.viewport.height)
        }
      })
  })

  it('shows 10,000 hosts and 100 lines on a page that is small enough to open at once', () =>
    open(HUGE_SAMPLE, DESK, async (page) => {
      expect(readFileSync(new URL(page.url())).length).to.be.below(MAX_BYTES)
      expect(await page.evaluate('document.querySelectorAll("*").length')).to.be.below(MAX_ELEMENTS)
    }))

  it('is printed with all of its scenarios and tables open', () =>
    open({ hosts: 20, waves: ['5 hosts', '5 hosts', '5 hosts', '5 hosts'] }, DESK, async (page) => {
      const lines = page.locator('li', { hasText: 'I update the package mywebapp' })
      const closed = await lines.first().boundingBox()
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      const printed = await lines.evaluateAll((all) => all.map((line) => line.getBoundingClientRect().height))
      expect(closed?.height ?? 0).to.equal(0)
      expect(printed).to.have.length(4)
      for (const height of printed) expect(height).to.be.above(5)
      const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor')
      expect(paper).to.equal('rgb(255, 255, 255)')
    }))

  it('is as wide as its paper, and so is every bar of it: no failed host is cut off', () =>
    open(failing(2_000), { viewport: A4 }, async (page) => {
      await page.emulateMedia({ media: 'print' })
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(A4.width)
      const bars = await page
        .locator('.row svg')
        .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().right))
      expect(Math.max(...bars)).to.be.at.most(A4.width)
    }))

  for (const [name, sample, title, said] of [
    ['safe mode', { mode: 'noop' }, 'PASSED (safe mode)', 'nothing was changed on any host'],
    ['a plan', { mode: 'plan' }, 'PLANNED', 'nothing was changed on any host'],
    ['a rehearsal', { mode: 'rehearse' }, 'REHEARSED', 'no host was spoken to'],
    ['a run that was killed', { killedAt: 6 }, 'INTERRUPTED', 'the run did not end'],
    ['a run that a person stopped', { interruptedAt: 6 }, 'INTERRUPTED', 'stopped at'],
    [
      'hosts that were allowed to fail',
      { diverged: [1], tolerated: true },
      'PASSED WITH FAILURES',
      '1 of 8 hosts failed',
    ],
  ] as const)
    it(`tells ${name} from a rollout that passed, in its title, its heading and its head`, () =>
      open({ hosts: 8, ...sample }, PHONE, async (page) => {
        expect(await page.title()).to.match(/^[^·]+ · Update the production systems · production$/)
        expect((await page.title()).split(' · ')[0]).to.equal(title)
        expect(await page.innerText('h1')).to.equal(title)
        expect(await page.innerText('header')).to.contain(said)
        expect(await findingsOf(page)).to.deep.equal([])
      }))

  it('keeps out scripts, and styles from elsewhere, that the words of a host would bring in', async () => {
    const address = await write({ hosts: 8 })
    const text = readFileSync(new URL(address), 'utf8')
    const evil =
      '<script>document.title = "run"</script><p id="evil" style="color: red">x</p><img src="http://127.0.0.1:1/x">'
    writeFileSync(new URL(address), text.replace('<main>', `<main>${evil}`))
    const page = await browser.newPage()
    const sent: string[] = []
    page.on('response', (response) => sent.push(response.url()))
    await page.goto(address)
    expect(await page.title()).to.match(/^PASSED · /)
    const red = 'rgb(255, 0, 0)'
    expect(await page.evaluate('getComputedStyle(document.getElementById("evil")).color')).not.to.equal(red)
    expect(sent.filter((url) => url.startsWith('http'))).to.deep.equal([])
    await page.close()
  })
})

/** Returns every failed cell of the picture, with its size on the screen. */
function cellsOf(page: Page): Promise<{ cell: string; width: number; height: number }[]> {
  return page.locator('.matrix .row rect, .matrix .row use').evaluateAll((all) =>
    all.flatMap((node) => {
      const cell = /: (diverged|silent)$/.exec(node.querySelector('title')?.textContent ?? '')?.[1]
      const { width, height } = node.getBoundingClientRect()
      return cell === undefined ? [] : [{ cell, width, height }]
    }),
  )
}

/** Returns what axe finds that is serious or critical. */
async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found: unknown = await page.evaluate('axe.run()')
  const { violations } = found as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}
