import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join, resolve } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { ModuleKind, ScriptTarget, transpile } from 'typescript'
import { MAX_STREAMS } from '../../console/live/watchers'
import { chainLines, NO_LINE } from '../../system/journal_lines'
import { launchChromium } from '../chromium'
import { freePort, start, untilReady } from '../real/processes'
import { HUGE_SAMPLE, sampleLines } from '../sample_run'
import type { Scratch } from '../scratch'
import { residentMegabytes, round, spread } from './measure'

const ROOT = resolve(__dirname, '..', '..', '..')
const RUN = '20261122-064500-abcd'
const UPDATES = 15
const CLIENTS = 1_000
const ROLLED_OUT = 0.5
const WITHIN_MS = 60_000

/** Measures the live page of a huge rollout: in a browser, and in the process that serves it to too many. */
export async function consoleRows(scratch: Scratch): Promise<string[]> {
  const header = JSON.stringify({ at: '2026-11-22T06:45:00.000Z', type: 'journal', version: 1 })
  const lines = chainLines([header, ...(await sampleLines(HUGE_SAMPLE))], NO_LINE).text.split('\n')
  const half = Math.floor(lines.length * ROLLED_OUT)
  const state = join(scratch.path, 'console-state')
  const path = scratch.write(`console-state/live/${RUN}.journal.ndjson`, text(lines.slice(0, half)))
  const port = await freePort()
  const args = [compiledApp(), state, String(port)]
  const app = start(process.execPath, args, join(scratch.path, 'console.log'))
  const url = `http://127.0.0.1:${port}`
  const browser = await launchChromium()
  try {
    await untilReady('the console', app, () => answers(`${url}/console.css`), WITHIN_MS)
    const idle = residentMegabytes(app.child.pid ?? 0)
    const empty = await browser.newPage()
    const bare = await rendererMegabytes(browser)
    await empty.close()
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, bypassCSP: true })
    await page.goto(`${url}/rollouts/${RUN}`)
    await page.locator('#live.on').waitFor({ timeout: WITHIN_MS })
    const devtools = await page.context().newCDPSession(page)
    const times: number[] = []
    for (let update = 0; update < UPDATES; update += 1) {
      const next = half + update * LINES_OF_STEP
      times.push(await timeToShow(page, devtools, path, lines.slice(next, next + LINES_OF_STEP)))
    }
    const heap = (await metric(devtools, 'JSHeapUsedSize')) / 1e6
    const whole = await rendererMegabytes(browser)
    const { taken, refused, most } = await crowd(port, app.child.pid ?? 0)
    const { hosts } = HUGE_SAMPLE
    return [
      `| console: an update of a page of ${hosts} hosts in Chromium: work of its main thread, ms | ${spread(times)} | ≤ 100 |`,
      `| console: memory of that page, MB of JavaScript (and of its whole process, beside that of an empty page) | ${round(heap)} (${round(whole)} · ${round(bare)}) | ≤ 100 |`,
      `| console: ${CLIENTS} clients that read nothing: live, refused | ${taken}, ${refused} | ${MAX_STREAMS}, ${CLIENTS - MAX_STREAMS} |`,
      `| console: memory of the process at most then (and when idle), MB | ${round(most)} (${round(idle)}) | ≤ 150 |`,
    ]
  } finally {
    await browser.close()
    await app.stop('SIGKILL')
  }
}

/** Compiles the console as it is installed, and the app of tests beside it. Returns the path of that. */
function compiledApp(): string {
  spawnSync(process.execPath, [join(ROOT, 'support', 'bin', 'build.cjs')], { stdio: 'inherit' })
  const folder = join(ROOT, 'dist', 'support', 'testing')
  mkdirSync(folder, { recursive: true })
  const source = readFileSync(join(ROOT, 'support', 'testing', 'console_app.ts'), 'utf8')
  const path = join(folder, 'console_app.js')
  writeFileSync(
    path,
    transpile(source, { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true }),
  )
  return path
}

/** Returns the memory of the largest process that shows a page, MB. */
async function rendererMegabytes(browser: Browser): Promise<number> {
  const system = await browser.newBrowserCDPSession()
  const { processInfo } = await system.send('SystemInfo.getProcessInfo')
  return Math.max(
    ...processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentMegabytes(id)),
  )
}

/** The events of one line of a feature. */
const LINES_OF_STEP = 5

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** Appends events to a journal, and returns the milliseconds that the page worked to show them. */
async function timeToShow(
  page: Page,
  devtools: CDPSession,
  path: string,
  lines: readonly string[],
): Promise<number> {
  const said = await page.innerText('#part-head')
  await devtools.send('Performance.enable')
  const before = await metric(devtools, 'TaskDuration')
  appendFileSync(path, text(lines))
  await page.waitForFunction(`document.getElementById('part-head').innerText !== ${JSON.stringify(said)}`, {
    timeout: WITHIN_MS,
  })
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))')
  return ((await metric(devtools, 'TaskDuration')) - before) * 1_000
}

async function metric(devtools: CDPSession, wanted: string): Promise<number> {
  await devtools.send('Performance.enable')
  const { metrics } = await devtools.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === wanted)?.value ?? NaN
}

/** Opens far too many streams, and reads nothing of them. Returns how many were taken, and the memory at most. */
async function crowd(port: number, pid: number): Promise<{ taken: number; refused: number; most: number }> {
  const sockets: net.Socket[] = []
  let [taken, refused, most] = [0, 0, 0]
  for (let client = 0; client < CLIENTS; client += 1) {
    const socket = net.connect(port, '127.0.0.1')
    sockets.push(socket)
    const answer = new Promise<string>((resolveAnswer) => {
      socket.once('data', (bytes) => {
        socket.pause()
        resolveAnswer(bytes.toString('latin1', 0, 12))
      })
      socket.once('error', () => resolveAnswer(''))
      socket.once('close', () => resolveAnswer(''))
    })
    socket.write(
      `GET /rollouts/${RUN}/events HTTP/1.1\r\nHost: x\r\nX-Person: person ${client}\r\nConnection: close\r\n\r\n`,
    )
    const status = (await answer).slice(-3)
    if (status === '200') taken += 1
    if (status === '503') refused += 1
    most = Math.max(most, residentMegabytes(pid))
  }
  for (const socket of sockets) socket.destroy()
  return { taken, refused, most }
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}
