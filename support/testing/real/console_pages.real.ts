import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { consoleRoutes } from '../../console/pages/routes'
import { consoleSources } from '../../console/pages/sources'
import { openLocks } from '../../locks/open_locks'
import { HistoryStore } from '../../history/store'
import type { PipelineEvent } from '../../pipeline/events'
import { openPipelineJournal } from '../../pipeline/pipeline_journal'
import { aChange, aRecord } from '../a_record'
import { launchChromium } from '../chromium'
import { findingsOf } from '../chromium_pages'
import { cucumber } from '../cucumber_process'
import { LiveRollout } from '../live_rollout'
import { mountConsole, type MountedConsole } from '../mounted_console'
import { A, B, begun, ended, seen, taken } from '../pipeline_events'
import { Scratch } from '../scratch'

const DESK = { viewport: { width: 1280, height: 900 } }
const PHONE = { viewport: { width: 390, height: 844 } }
const SCREENS: Readonly<Record<string, BrowserContextOptions>> = {
  'a light screen': { ...DESK, colorScheme: 'light' },
  'a dark screen': { ...DESK, colorScheme: 'dark' },
  'a telephone': { ...PHONE, colorScheme: 'light', reducedMotion: 'reduce' },
  'a dark telephone': { ...PHONE, colorScheme: 'dark' },
}
const AT = '2026-11-01T08:00:00.000Z'
const NOWHERE = '/history/none/none'
const HOSTILE = '<img src=x onerror=alert(1)>\u202e'
/** The size of a page of 10,000 hosts, bytes. */
const MAX_BYTES = 200_000

describe('the pages of the console in Chromium, without JavaScript', function () {
  this.timeout(300_000)
  let browser: Browser
  let live: LiveRollout
  let empty: Scratch
  let mounted: MountedConsole
  let nothing: MountedConsole
  let run = ''

  before(async () => {
    // A host that lies lets a real rollout fail, with hosts out of rotation.
    live = await LiveRollout.prepare('web3.example.net=lies')
    empty = new Scratch()
    const env = { LOCKSTEP_RELEASE: '4.2', LOCKSTEP_TICKET: 'OPS-17', LOCKSTEP_LOCKS: locks() }
    const { stdout, exitCode } = await cucumber(['-p', 'live', 'rolling.feature'], live.scratch.path, env)
    expect(exitCode, stdout).to.equal(1)
    ;[run = ''] = /\d{8}-\d{6}-[0-9a-f]{4}/.exec(stdout) ?? []
    addSpool()
    await addPipelineEvents()
    addHistory()
    const config = live.scratch.write('lockstep.yaml', CONFIGURATION)
    live.scratch.write('hosts.csv', 'host,role\nweb1.example.net,roles::web\ndb1.example.net,roles::db\n')
    const sources = (state: string) =>
      consoleSources({
        config,
        state,
        env: {},
        listLocks: () => openLocks({ config: undefined, env: { LOCKSTEP_LOCKS: locks() } }).list(),
        takesTag: () => true,
        servedOn: () => 'control1',
        sharing: undefined,
        now: () => Date.now(),
      })
    mounted = await mountConsole(consoleRoutes(sources(state())))
    nothing = await mountConsole(
      consoleRoutes({ ...sources(empty.path), environments: [], repositories: new Map() }),
    )
    browser = await launchChromium()
  })
  after(async () => {
    await browser?.close()
    await mounted?.stop()
    await nothing?.stop()
    await live?.stop()
    empty?.remove()
  })

  const state = () => join(live.scratch.path, '.lockstep')
  const locks = () => join(live.scratch.path, 'locks')

  const addSpool = () => {
    for (const folder of ['new', 'tmp']) live.scratch.write(join('spool', folder, '.keep'), '')
  }
  const addPipelineEvents = async () => {
    const journal = openPipelineJournal(state(), () => Date.now())
    const target = { repository: 'website', environment: 'test', commit: A, tag: 'v1' }
    const all = { text: 'web[1-3].example.net', count: 3 }
    const events: PipelineEvent[] = [
      taken([{ ref: 'refs/tags/v1', before: null, after: A }]),
      { ...seen, ref: 'refs/tags/v1' },
      begun,
      ended('succeeded', null),
      { type: 'fetch begun', ...target },
      { type: 'hosts have fetched', ...target, has: all, missing: [] },
      { type: 'plan begun', ...target, run: 'r1', feature: 'x', code: '0'.repeat(64), approval: 'person' },
      {
        type: 'plan ended',
        ...target,
        run: 'r1',
        plan: '0123456789ab',
        hosts: all,
        changes: 3,
        result: 'succeeded',
        why: null,
      },
      {
        type: 'push taken',
        delivery: 'd2',
        repository: 'website',
        teller: 'hook',
        by: HOSTILE,
        changes: [{ ref: `refs/heads/${HOSTILE}`, before: null, after: B }],
      },
      { ...seen, delivery: 'd2', commit: B, after: B, ref: `refs/heads/${HOSTILE}` },
    ]
    for (const event of events) await journal.append(event)
    await journal.close()
  }

  const addHistory = () => {
    const store = new HistoryStore(join(state(), 'history'))
    const hosts = Array.from({ length: 10_000 }, (_, n) => `web${n}.example.net`)
    const journal = live.scratch.write('a.ndjson', 'x')
    for (const [release, own] of [
      ['4.0', hosts],
      ['4.1', hosts.slice(0, 5_000)],
    ] as const)
      store.write(
        aRecord({
          run: `20261101-080000-${release.replace('.', 'a')}0`,
          release,
          environment: 'production',
          hosts: own,
          began: AT,
          ended: release === '4.0' ? AT : '2026-11-02T08:00:00.000Z',
          changes: own.map((host) => aChange(host, { resource: 'package web', after: release })),
        }),
        { feature: Buffer.from('Feature: x\n'), journal },
      )
    const [host, by] = [HOSTILE, HOSTILE]
    const record = aRecord({
      run: 'hostile',
      release: HOSTILE,
      environment: 'production',
      by,
      hosts: [host],
      changes: [aChange(host, { what: HOSTILE, after: HOSTILE })],
    })
    store.write(record, { feature: Buffer.from(`Feature: ${HOSTILE}\n`), journal })
  }

  const paths = () => [
    '/',
    '/history',
    '/history?host=web2.example.net',
    '/history?ticket=OPS-17',
    '/history?release=nothing',
    `/history/test/4.2`,
    `/history/test/4.2/${run}`,
    '/history/production/4.1',
    `/history/production/${encodeURIComponent(HOSTILE)}`,
    `/history/production/${encodeURIComponent(HOSTILE)}/hostile`,
    '/history/compare?environment=production&from=4.0&to=4.1',
    '/pipeline',
    '/pipeline/website',
    '/pipeline/docs',
    '/fleet?environment=test',
    '/fleet?environment=production',
    NOWHERE,
  ]

  /** Opens a page without JavaScript, unless a checker needs it: the pages have none. */
  const open = async (options: BrowserContextOptions, look: (page: Page) => Promise<void>) => {
    const context = await browser.newContext({ javaScriptEnabled: false, ...options })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('console', (message) => errors.push(message.text()))
    page.on('dialog', (dialog) => errors.push(`a dialog: ${dialog.message()}`))
    try {
      await look(page)
      // The one page that is not there is no mistake of the pages.
      expect(errors.filter((error) => !error.includes('404'))).to.deep.equal([])
    } finally {
      await context.close()
    }
  }

  for (const [screen, options] of Object.entries(SCREENS))
    it(`fit ${screen}, let nothing in from elsewhere, and are accessible`, () =>
      open({ ...options, javaScriptEnabled: true, bypassCSP: true }, async (page) => {
        for (const [served, all] of [
          [mounted, paths()],
          [nothing, ['/', '/history', '/pipeline', '/fleet']],
        ] as const)
          for (const path of all) {
            const response = await page.goto(`${served.address}${path}`)
            expect(response?.status(), path).to.equal(path === NOWHERE ? 404 : 200)
            expect(await page.evaluate('document.documentElement.scrollWidth'), path).to.equal(
              options.viewport?.width,
            )
            expect(await findingsOf(page), path).to.deep.equal([])
            expect(await page.locator('img, script, style').count(), path).to.equal(0)
          }
      }))

  it('show the host that a real rollout left out of rotation, and the command that puts it back, without scrolling', async () => {
    for (const options of [DESK, PHONE])
      await open(options, async (page) => {
        await page.goto(`${mounted.address}/`)
        const card = page.locator('.card.out').first()
        expect(await card.innerText()).to.contain('is out of the haproxy backend www')
        expect(await card.locator('pre').innerText()).to.contain(`put-back --run ${run} --environment test`)
        const box = await card.locator('pre').boundingBox()
        expect((box?.y ?? Infinity) + (box?.height ?? 0)).to.be.below(options.viewport.height)
        expect(await page.locator('.card.wait pre').innerText()).to.contain(
          'pipeline website --approve 0123456789ab',
        )
      })
  })

  it('lead by links and forms alone from now to a host, its runs, a release, and the release beside another', () =>
    open(DESK, async (page) => {
      await page.goto(`${mounted.address}/`)
      await page.getByRole('link', { name: 'Fleet' }).click()
      await page.getByLabel('Environment').selectOption('test')
      await page.getByLabel('Host or class').fill('web2')
      await page.getByRole('button', { name: 'Show' }).click()
      await page.getByRole('link', { name: 'web2.example.net' }).click()
      expect(await page.locator('.run').count()).to.equal(1)
      await page.getByRole('link', { name: 'OPS-17' }).click()
      await page.getByRole('link', { name: 'release 4.2' }).first().click()
      expect(await page.locator('h1').innerText()).to.equal(`Run ${run}`)
      expect(await page.locator('pre.text').innerText()).to.contain(
        '    When I drain the load balancer within 30 seconds',
      )
      await page.goto(`${mounted.address}/history/production/4.1`)
      await page.getByLabel('Compare with the release').selectOption('4.0')
      await page.getByRole('button', { name: 'Show side by side' }).click()
      expect(await page.locator('table').innerText()).to.contain('package web')
    }))

  it('are walked by the keyboard: the first key leads past the navigation, and what has the focus is seen', () =>
    open(DESK, async (page) => {
      await page.goto(`${mounted.address}/history`)
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).to.equal('Skip to the content')
      const box = await page.locator('.skip').boundingBox()
      expect(box?.x ?? -1).to.be.at.least(0)
      await page.keyboard.press('Enter')
      expect(page.url()).to.match(/#main$/)
      await page.keyboard.press('Tab')
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).to.equal('solid')
    }))

  it('are small with 10,000 hosts, so that they open at once', () =>
    open(DESK, async (page) => {
      for (const path of ['/', '/history/production/4.0', '/fleet?environment=production']) {
        const response = await page.goto(`${mounted.address}${path}`)
        expect((await response?.body())?.length, path).to.be.below(MAX_BYTES)
      }
    }))

  it('are printed without their navigation and forms, black on white', () =>
    open(DESK, async (page) => {
      await page.goto(`${mounted.address}/history`)
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      expect(await page.locator('.top').isVisible()).to.equal(false)
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).to.equal(
        'rgb(255, 255, 255)',
      )
    }))
})

const CONFIGURATION = `environments:
  test: { client_config: client.cfg, inventory: [hosts.csv] }
  production: { client_config: client.cfg }
pipeline:
  spool: spool
  repositories:
    website: { url: /srv/git/website.git, tags: [v*], trigger: [hook] }
    docs: { url: /srv/git/docs.git, branches: [main], trigger: [hook] }
`
