import { LockstepMetrics } from '../../console/metrics/lockstep_metrics'
import { systemClock } from '../../system/clock'
import { journalText } from '../journal_text'
import type { Scratch } from '../scratch'
import { round } from './measure'

const JOURNALS = 2_000
const HOSTS = 100
const WAVES = 10
const ORDERS_OF_WAVE = 5

/**
 * Measures for how long reading the numbers of many journals keeps a process from all else, in CPU time: what others do on the
 * machine counts for nothing.
 */
export async function scrapeRow(scratch: Scratch): Promise<string> {
  for (let run = 0; run < JOURNALS; run += 1)
    scratch.write(`scraped/live/run${String(run).padStart(5, '0')}.journal.ndjson`, journalOf(run))
  const state = `${scratch.path}/scraped`
  const metrics = new LockstepMetrics({ state, environments: ['test'], version: '1', clock: systemClock })
  const read = () => metrics.format(() => true, true)
  let most = 0
  let text = ''
  // The first ones may end before all is read.
  while (!text.includes('lockstep_hosts_out_of_rotation')) {
    const longest = await longestTurn(async () => void (text = await read()))
    most = Math.max(most, longest)
  }
  const again = await longestTurn(async () => void (await read()))
  return `| the numbers of ${JOURNALS} journals of ${HOSTS} hosts: CPU before others have their turn at most, ms (and once they are read) | ${round(most)} (${round(again)}) | ≤ 50 |`
}

/** Resolves with the CPU time of the longest turn of the event loop while work goes on, ms. */
async function longestTurn(work: () => Promise<void>): Promise<number> {
  let most = 0
  let goesOn = true
  let before = process.cpuUsage()
  const look = () => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    most = Math.max(most, (user + system) / 1_000)
    if (goesOn) setImmediate(look)
  }
  setImmediate(look)
  await work()
  goesOn = false
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  return most
}

function journalOf(run: number): string {
  const hosts = Array.from({ length: HOSTS }, (_, at) => `web${at}.example.net`)
  const feature = { feature: 'x.feature', hash: '', mode: 'live', environment: 'test', pid: 1 }
  const waves = Array.from({ length: WAVES }, (_, wave) => {
    const size = HOSTS / WAVES
    const own = hosts.slice(wave * size, (wave + 1) * size)
    const obligation = 'blocks 192.0.2.1'
    const order = { step: 'a step', line: 3, agent: 'package', action: 'status', inputs: {}, mutating: false }
    const asked = Array.from({ length: ORDERS_OF_WAVE }, (__, at) => ({
      type: 'asked',
      ...order,
      requestId: `${wave}-${at}`,
      hosts: own,
    }))
    return [{ type: 'opened', obligation, hosts: own }, ...asked, { type: 'closed', obligation, hosts: own }]
  })
  const events = [
    { type: 'journal', version: 1 },
    { type: 'run', ...feature, order: run + 1 },
    { type: 'roll call', hosts },
    ...waves.flat(),
    { type: 'ended', exitCode: 0, took: 5 },
  ]
  const at = new Date(Date.UTC(2026, 0, 1) + run * 1_000).toISOString()
  return journalText(...events.map((event) => JSON.stringify({ at, ...event })))
}
