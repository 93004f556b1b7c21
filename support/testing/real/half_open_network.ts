import { execFileSync } from 'node:child_process'
import { cucumber } from '../cucumber_process'
import { LiveRollout } from '../live_rollout'

/**
 * Runs a rollout in this network namespace. Its connection is dropped in silence, both ways, while one host is still to
 * answer a look. Prints the run's output.
 */
async function main(): Promise<void> {
  const live = await LiveRollout.prepare('web1.example.net=slow')
  live.scratch.write(
    'lockstep.yaml',
    'environments:\n  test: { client_config: client.cfg, discovery_window: 300 ms, timeouts: { default: 40 seconds } }\n',
  )
  live.scratch.write(
    'own.feature',
    `Feature: Half open
  Scenario: Half open
    Given the load balancer has ip address 192.168.1.1
    And I want to update hosts with identity /^web[1-3]\\./
    When I block the load balancer
    Then traffic from the load balancer should be blocked
    When I update the package mywebapp
`,
  )
  const cut = live.when('"action":"isblocked"', () => {
    const filter = ['-tnH', 'state', 'established', `dport = :${live.port}`]
    const lines = execFileSync('ss', filter, { encoding: 'utf8' })
    const [, client = ''] = /127\.0\.0\.1:(\d+)\s+127\.0\.0\.1:/.exec(lines) ?? []
    for (const side of ['--sport', '--dport'])
      execFileSync('iptables', ['-A', 'INPUT', '-i', 'lo', '-p', 'tcp', side, client, '-j', 'DROP'])
  })
  const run = await cucumber(['-p', 'live', 'own.feature'], live.scratch.path)
  await cut
  process.stdout.write(run.stdout + run.stderr)
  live.expectNothingLost()
  const updates = live.fleet.hosts.map(({ performed }) => performed.get('package update') ?? 0)
  process.stdout.write(`\nupdates: ${Math.max(...updates)}\n`)
  await live.stop()
  process.exitCode = run.exitCode ?? 1
}

void main()
