import { chmodSync } from 'node:fs'
import type { RealBroker } from '../real/brokers'
import { RealFleet } from '../real/mcollectived'
import { startPuppetServer, type PuppetServer } from '../real/puppet_server'
import type { Scratch } from '../scratch'
import { median, round, spread, timed, type Cost } from './measure'

const HOSTS = ['web1', 'web2', 'web3', 'web4']
const ROUNDS = 3
const RELEASE = '2026.11.3 3f2a91c'
const FEATURE = `Feature: Noop
  Background:
    Given I want to update hosts with class roles::puppet
    And there should be exactly 4 hosts
  Scenario: Noop
    When I run puppet in noop
    Then puppet should have failed on no resource
`

interface Around {
  scratch: Scratch
  broker: RealBroker
  rollout: (clientCfg: string, feature: string) => Cost
  /** Returns the moments of the last run's entries of a type, by its journal. */
  timesOf: (type: string) => number[]
}

/**
 * Measures a noop over four real hosts of one real puppetserver, with its proof by each host's own report, next to
 * `puppet agent -t --noop` by hand on the same hosts at once. Rounds are interleaved.
 */
export async function puppetRows({ scratch, broker, rollout, timesOf }: Around): Promise<string[]> {
  chmodSync(scratch.path, 0o755)
  const server = await startPuppetServer(scratch.write('server/none', '').replace('/none', ''))
  const fleet = new RealFleet(scratch, broker, 'psk')
  try {
    const programs = await startHosts(fleet, server)
    server.serve(
      `node default { file { "${scratch.path}/app-\${trusted['certname']}": content => 'app' } }`,
      RELEASE,
    )
    const feature = scratch.write('puppet.feature', FEATURE)
    const [ours, calls, byHand]: number[][] = [[], [], []]
    // What a server compiles for the first time takes longer, for whoever asks first.
    noopByHand(programs, scratch.path)
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      byHand?.push(noopByHand(programs, scratch.path))
      const cost = rollout(fleet.clientCfg, feature)
      if (cost.exitCode !== 0) throw new Error(`the noop failed:\n${cost.output.slice(-2000)}`)
      ours?.push(cost.wall)
      calls?.push((Math.max(...timesOf('answered')) - Math.min(...timesOf('asked'))) / 1000)
    }
    return [
      row('whole run', ours ?? [], byHand ?? []),
      row('its calls', calls ?? [], byHand ?? []),
      `| 4 real hosts of puppet: that noop, whole run, wall s | ${spread(ours ?? [])} | |`,
      `| 4 real hosts of puppet: that noop by hand, wall s | ${spread(byHand ?? [])} | |`,
    ]
  } finally {
    await fleet.stop()
    await server.stop()
  }
}

function row(what: string, ours: readonly number[], byHand: readonly number[]): string {
  const ratio = round(median(ours) / median(byHand))
  return `| 4 real hosts of puppet: a noop, ${what} ÷ puppet agent -t --noop by hand at once | ${ratio} (${round(median(ours))} · ${round(median(byHand))} s) | |`
}

/** Starts a daemon for each host, and returns the programs that run puppet as it. */
async function startHosts(fleet: RealFleet, server: PuppetServer): Promise<string[]> {
  const programs: string[] = []
  for (const name of HOSTS) {
    const { program } = server.host(name)
    const cfg = `plugin.puppet.activate_agent = yes\nplugin.puppet.command = ${program} agent\nplugin.puppet.splay = false\n`
    await fleet.addOurs(`${name}.example.net`, { classes: 'roles::puppet', cfg })
    programs.push(program)
  }
  return programs
}

/**
 * Returns the seconds that all hosts take at once. Exit status 2 says that there are changes. Each has a session of its own,
 * as runs of a daemon have: Linux may share its cores by session.
 */
function noopByHand(programs: readonly string[], cwd: string): number {
  const each = programs
    .map((program) => `setsid --wait ${program} agent -t --noop & pids="$pids $!"`)
    .join('\n')
  const script = `${each}\nfor pid in $pids; do wait $pid; status=$?; [ $status -eq 0 ] || [ $status -eq 2 ] || exit 1; done`
  const { wall, exitCode, output } = timed('bash', ['-c', script], cwd)
  if (exitCode !== 0) throw new Error(`puppet by hand failed:\n${output.slice(-2000)}`)
  return wall
}
