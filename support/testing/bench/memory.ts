import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scratch } from '../scratch'
import type { Running } from '../real/processes'
import { median, spread, type Cost } from './measure'

const ROUNDS = 3
const HOSTS = 10_000
const WAVES = 100
const LOQUACIOUS = 90
const MEGABYTES = 8
const HALF_AN_HOUR = 1_800_000

const OUTLINE = `Feature: In waves
  Background:
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
  Scenario Outline: A wave
    Given I take the next <wave>
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    When I update the package mywebapp
    Then the package version for mywebapp should be 4.2.6-3.el5
    When I unblock the load balancer
    Then traffic from the load balancer should be unblocked
    Examples:
      | wave |
${`      | ${HOSTS / WAVES} hosts |\n`.repeat(WAVES)}`

const LOOK = `Feature: A look
  Scenario: A look
    Given I want to update hosts with class roles::dev_server
    And I want to pre-discover how many hosts to update
    Then the package version for large should be 1
`

/** The starters of a rollout and a fleet, both in processes of their own. */
interface Stage {
  scratch: Scratch
  fleet(n: number, megabytes?: number): Promise<Running>
  rollout(feature: string, env: Readonly<Record<string, string>>, within: number): Cost
}

/**
 * Returns the most memory of a rollout's own process: in many waves of many hosts, and where hosts answer far too much.
 */
export async function memoryRows(stage: Stage): Promise<string[]> {
  const waves = await peak(stage, OUTLINE, 0, () => stage.fleet(HOSTS), 1)
  const large = await peak(stage, LOOK, 1, () => stage.fleet(LOQUACIOUS, MEGABYTES), ROUNDS)
  return [
    `| ${HOSTS} hosts in ${WAVES} waves, one after the other: memory of the rollout at most, MB | ${waves} | ≤ 400 |`,
    `| ${LOQUACIOUS} hosts that answer ${MEGABYTES} MB each: memory of the rollout at most, MB | ${large} | ≤ 400 |`,
  ]
}

async function peak(
  { scratch, rollout }: Stage,
  text: string,
  exitCode: number,
  launch: () => Promise<Running>,
  rounds: number,
): Promise<string> {
  const feature = scratch.write('memory.feature', text)
  const path = join(scratch.path, 'peak')
  const env = { NODE_OPTIONS: `--require ${join(__dirname, 'peak_memory.cjs')}`, BENCH_PEAK_MEMORY: path }
  const megabytes: number[] = []
  for (let turn = 0; turn < rounds; turn += 1) {
    const fleet = await launch()
    const cost = rollout(feature, env, HALF_AN_HOUR)
    await fleet.stop('SIGKILL')
    if (cost.exitCode !== exitCode)
      throw new Error(`a rollout ended with ${cost.exitCode}:\n${cost.output.slice(-2000)}`)
    megabytes.push(Number(readFileSync(path, 'utf8')))
  }
  return rounds === 1 ? median(megabytes).toFixed(0) : spread(megabytes)
}
