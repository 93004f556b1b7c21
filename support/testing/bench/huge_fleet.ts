import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Running } from '../real/processes'
import type { Scratch } from '../scratch'
import { spread, type Cost } from './measure'

const HOSTS = 50_000
const ROUNDS = 3
const TEN_MINUTES = 600_000

/** The starters of a rollout, of a fleet, and of the same frames counted. */
interface Stage {
  scratch: Scratch
  fleet(n: number): Promise<Running>
  rawFanIn(n: number): Promise<number>
  /** Rolls the seed's feature out to so many hosts, from a list. */
  rollout(n: number, env: Readonly<Record<string, string>>, within: number): Cost
  /** Returns the seconds from the first request of the last run to its last answers. */
  timeOfCalls(): number
  /** Returns the times of the last run's entries of one type, in milliseconds since the epoch. */
  timesOf(type: string): number[]
}

/**
 * Measures the seed's feature, by the compiled package, on 50,000 hosts from a list: its calls next to the same frames counted, its memory, and the seconds
 * from the last verdict to the end of the process, which has written all reports by then.
 */
export async function hugeFleetRows(stage: Stage): Promise<string[]> {
  const path = join(stage.scratch.path, 'peak')
  const env = { NODE_OPTIONS: `--require ${join(__dirname, 'peak_memory.cjs')}`, BENCH_PEAK_MEMORY: path }
  const ratios: number[] = []
  const megabytes: number[] = []
  const reports: number[] = []
  const fleet = await stage.fleet(HOSTS)
  try {
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      const raw = await stage.rawFanIn(HOSTS)
      const cost = stage.rollout(HOSTS, env, TEN_MINUTES)
      const ended = Date.now()
      if (cost.exitCode !== 0)
        throw new Error(
          `the rollout on ${HOSTS} hosts ended with ${cost.exitCode}:\n${cost.output.slice(-2000)}`,
        )
      ratios.push(stage.timeOfCalls() / raw)
      megabytes.push(Number(readFileSync(path, 'utf8')))
      reports.push((ended - Math.max(...stage.timesOf('verdict'))) / 1000)
    }
  } finally {
    await fleet.stop('SIGKILL')
  }
  return [
    `| ${HOSTS} hosts: six calls ÷ raw fan-in | ${spread(ratios)} | ≤ 1.3 |`,
    `| ${HOSTS} hosts: memory of the rollout at most, MB | ${spread(megabytes)} | ≤ 500 |`,
    `| ${HOSTS} hosts: from the last verdict to the end, with all reports, s | ${spread(reports)} | ≤ 5 |`,
  ]
}
