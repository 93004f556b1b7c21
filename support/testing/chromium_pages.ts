import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')
const DESK = { viewport: { width: 1280, height: 900 } }
const TELEPHONE = { viewport: { width: 390, height: 844 } }
const SCREENS: Readonly<Record<string, BrowserContextOptions & { viewport: { width: number } }>> = {
  desk: { ...DESK, colorScheme: 'light' },
  'dark telephone': { ...TELEPHONE, colorScheme: 'dark' },
  'dark desk': { ...DESK, colorScheme: 'dark' },
  telephone: { ...TELEPHONE, colorScheme: 'light' },
}
/** The screens on which axe looks: both widths and both colours. */
const LOOKED_AT = ['desk', 'dark telephone']

/** Waits until an element says something. Pages load themselves again. */
export async function says(page: Page, selector: string, text: RegExp, withinMs = 120_000): Promise<void> {
  try {
    await page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: withinMs })
  } catch {
    throw new Error(`${page.url()} does not say ${text.source}; it says:\n${await page.innerText('main')}`)
  }
}

/** Returns what axe finds that is serious or critical. */
export async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[]
  }
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}

/** Looks at pages as a person who is logged in sees them on a desk and on a telephone, light and dark. */
export class Lookers {
  private constructor(private readonly pages: ReadonlyMap<string, Page>) {}

  /** Opens them with the session of a page. */
  static async of({ browser, page }: { browser: Browser; page: Page }): Promise<Lookers> {
    const storageState = await page.context().storageState()
    const names = process.env['SCREENSHOTS'] === undefined ? LOOKED_AT : Object.keys(SCREENS)
    const pages = new Map<string, Page>()
    for (const name of names)
      pages.set(name, await (await browser.newContext({ ...SCREENS[name], storageState })).newPage())
    return new Lookers(pages)
  }

  /**
   * Expects that a page is as wide as each screen, and that axe finds nothing serious. `SCREENSHOTS` names a folder where
   * pictures are kept.
   */
  async look(url: string, what: string): Promise<void> {
    const folder = process.env['SCREENSHOTS']
    for (const [name, page] of this.pages) {
      await page.goto(url)
      if (folder !== undefined)
        await page.screenshot({ path: join(folder, `${what} ${name}.png`), fullPage: true })
      if (!LOOKED_AT.includes(name)) continue
      const width = await page.evaluate('document.documentElement.scrollWidth')
      expect(width, `${what} on a ${name}`).to.equal(SCREENS[name]?.viewport.width)
      expect(await findingsOf(page), `${what} on a ${name}`).to.deep.equal([])
    }
  }
}
