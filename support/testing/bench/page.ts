import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { pageOf } from '../../reporting/html/report_page'
import { launchChromium } from '../chromium'
import { HUGE_SAMPLE, sampleRun } from '../sample_run'
import type { Scratch } from '../scratch'
import { spread } from './measure'

const ROUNDS = 7
const EMPTY =
  '<!DOCTYPE html><html lang="en"><head><title>Empty</title></head><body><h1>Empty</h1></body></html>\n'

/** Returns the time in which Chromium opens the page of a huge run, until it is laid out, next to an empty page. */
export async function pageRow(scratch: Scratch): Promise<string> {
  const path = scratch.write('rollout.html', [...pageOf(await sampleRun(HUGE_SAMPLE))].join(''))
  const empty = scratch.write('empty.html', EMPTY)
  const browser = await launchChromium()
  try {
    const ours: number[] = []
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const [bare, own] = [await timeToOpen(browser, empty), await timeToOpen(browser, path)]
      ours.push(own)
      ratios.push(own / bare)
    }
    const megabytes = (readFileSync(path).length / 1e6).toFixed(2)
    const { hosts, lines } = HUGE_SAMPLE
    return `| page of ${hosts} hosts and ${lines} lines (${megabytes} MB), opened and laid out by Chromium ÷ an empty page | ${spread(ratios)}; ${spread(ours)} ms | ≤ 1000 ms |`
  } finally {
    await browser.close()
  }
}

async function timeToOpen(browser: Browser, path: string): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const began = performance.now()
  await page.goto(String(pathToFileURL(path)))
  await page.locator('h1').boundingBox()
  const took = performance.now() - began
  await page.close()
  return took
}
