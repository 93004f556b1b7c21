import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { NO_FILTER } from '../../protocol/filter'
import { testFleet } from '../embedded'
import { startActivemq, type RealBroker } from '../real/brokers'
import { RealFleet } from '../real/mcollectived'
import { start, untilReady, type Running } from '../real/processes'
import { Scratch } from '../scratch'
import { codecRound } from './codec'
import { consoleRows } from './console'
import { daemonRows } from './daemon'
import { rawFanIn } from './fan_in'
import { hugeFleetRows } from './huge_fleet'
import { lintRow } from './lint'
import { median, round, spread, timed, type Cost } from './measure'
import { memoryRows } from './memory'
import { pageRow } from './page'
import { pipelineRows } from './pipeline'
import { puppetRows } from './puppet'
import { scrapeRow } from './scrape'
import { serveRows } from './serve'

const ROOT = resolve(__dirname, '..', '..', '..')
const RUBY = join(ROOT, 'support', 'testing', 'real', 'ruby')
const CUCUMBER = join(ROOT, 'node_modules', '@cucumber', 'cucumber', 'bin', 'cucumber.js')
const WEBSITE = join(ROOT, 'features', 'deployments', 'website.feature')
const ROUNDS = 3
const SIZES = [100, 1_000, 2_000, 10_000]
/** The most hosts for Ruby's client, which takes minutes for more. */
const MAX_MCO = 1_000
const CLEAN_RUNS = 200
/** The exit status of a run whose lines were for no host. */
const NO_HOSTS = 3
const FAULTS = [
  'contradicts',
  'stranger',
  'spoofs',
  'wrong secret',
  'wrong id',
  'stale',
  'truncated',
  'garbage',
  'wrong type',
  'too deep',
]

/** How a run is started: its configuration and profile, what is added to its environment, and its time limit in ms. */
interface How {
  config?: string
  profile?: string
  env?: Readonly<Record<string, string>>
  within?: number
}

class Bench {
  private readonly lines: string[] = []
  private readonly scratch = new Scratch()
  private fleets = 0

  /**
   * Runs all benchmarks, or some of them. `daemon` is the host's side, `start` the start of a run, `lint` a long table,
   * `page` the page of a huge run, `memory` the memory of rollouts, `waves` a rollout in ten waves, `huge` a fleet of 50,000 hosts,
   * `pipeline` the way from a push to hosts, `serve` the pushes that are told, `console` the live page of a rollout,
   * `scrape` the numbers for Prometheus, `puppet` a noop over four real hosts of a real puppetserver.
   */
  async run(only: string | undefined): Promise<void> {
    if (only === 'start') return this.startUp()
    if (only === 'lint') {
      this.say(lintRow(this.scratch))
      return this.scratch.remove()
    }
    if (only === 'page') {
      this.say(await pageRow(this.scratch))
      return this.scratch.remove()
    }
    if (only === 'console') {
      this.say(...(await consoleRows(this.scratch)))
      return this.scratch.remove()
    }
    if (only === 'scrape') {
      this.say(await scrapeRow(this.scratch))
      return this.scratch.remove()
    }
    if (only === 'pipeline') {
      this.say(...(await pipelineRows()))
      return this.scratch.remove()
    }
    if (only === 'serve') {
      this.say(...(await serveRows(this.scratch)))
      return this.scratch.remove()
    }
    if (only === 'memory') return this.memory()
    if (only === 'puppet') return this.besideBroker((broker) => this.puppet(broker))
    if (only === 'waves') return this.besideBroker((broker) => this.waves(broker))
    if (only === 'huge') return this.besideBroker((broker) => this.hugeFleet(broker))
    if (only !== 'daemon') await this.rollouts()
    this.say(...(await daemonRows()))
    if (only !== undefined) return
    mkdirSync(join(ROOT, 'reports'), { recursive: true })
    writeFileSync(join(ROOT, 'reports', 'bench.md'), `${this.lines.join('\n')}\n`)
  }

  private async rollouts(): Promise<void> {
    await this.besideBroker(async (broker) => {
      this.say('| measure | result | aim |', '|---|---|---|')
      await this.scenarios(broker)
      await this.waves(broker)
      this.startUp()
      this.say(lintRow(this.scratch), await pageRow(this.scratch), ...(await consoleRows(this.scratch)))
      this.say(await scrapeRow(this.scratch), ...(await pipelineRows()))
      this.say(...(await serveRows(this.scratch)))
      this.codec()
      await this.faults(broker)
      await this.cleanRuns()
    })
    await this.memory()
    await this.besideBroker((broker) => this.puppet(broker))
    await this.besideBroker((broker) => this.hugeFleet(broker))
  }

  private async puppet(broker: RealBroker): Promise<void> {
    const config = this.compiled()
    const rows = await puppetRows({
      scratch: this.scratch,
      broker,
      rollout: (clientCfg, feature) => this.ours(clientCfg, feature, { config }),
      timesOf: (type) => this.timesOf(type),
    })
    this.say(...rows)
  }

  /** Measures memory beside a broker that has nothing else to carry. */
  private memory(): Promise<void> {
    return this.besideBroker(async (broker) => {
      const { clientCfg } = new RealFleet(this.scratch, broker, 'psk')
      const rows = await memoryRows({
        scratch: this.scratch,
        fleet: (n, megabytes) => this.fleet(broker, n, '', megabytes),
        rollout: (feature, env, within) => this.ours(clientCfg, feature, { env, within }),
      })
      this.say(...rows)
    })
  }

  private async hugeFleet(broker: RealBroker): Promise<void> {
    const { clientCfg } = new RealFleet(this.scratch, broker, 'psk')
    const config = this.compiled()
    const rows = await hugeFleetRows({
      scratch: this.scratch,
      fleet: (n) => this.fleet(broker, n, ''),
      rawFanIn: (n) => rawFanIn(broker.port, n),
      rollout: (n, env, within) => this.ours(clientCfg, this.listedFeature(n), { config, env, within }),
      timeOfCalls: () => this.timeOfCalls(),
      timesOf: (type) => this.timesOf(type),
    })
    this.say(...rows)
  }

  /** Measures the seed's feature at each size, next to the same frames counted, and to the same six calls by mco. */
  private async scenarios(broker: RealBroker): Promise<void> {
    const walls = new Map<number, number>()
    for (const n of SIZES) {
      const ours: Cost[] = []
      const calls: number[] = []
      const raw: number[] = []
      const mco: Cost[] = []
      const listed: Cost[] = []
      const nodes: Cost[] = []
      const waves: Cost[] = []
      const plans: Cost[] = []
      const released: Cost[] = []
      const fleet = await this.fleet(broker, n, '')
      const real = new RealFleet(this.scratch, broker, 'psk')
      for (let turn = 0; turn < ROUNDS; turn += 1) {
        raw.push(await rawFanIn(broker.port, n))
        const cost = this.ours(real.clientCfg, WEBSITE)
        if (cost.exitCode !== 0)
          throw new Error(`the rollout on ${n} hosts failed:\n${cost.output.slice(-2000)}`)
        ours.push(cost)
        calls.push(this.timeOfCalls())
        if (n <= MAX_MCO) {
          mco.push(this.sixByMco(real.clientCfg, ['-C', 'roles::dev_server', '-F', 'country=de']))
          listed.push(this.ours(real.clientCfg, this.listedFeature(n)))
          waves.push(this.ours(real.clientCfg, this.tenWaves(this.listedFeature(n))))
          plans.push(this.ours(real.clientCfg, WEBSITE, { profile: 'plan' }))
          released.push(this.ours(real.clientCfg, WEBSITE, { env: { LOCKSTEP_RELEASE: `1.${turn}` } }))
          nodes.push(this.sixByMco(real.clientCfg, ['--nodes', this.nodeList(n)]))
        }
      }
      await fleet.stop('SIGKILL')
      const wall = (costs: readonly Cost[]) => costs.map((cost) => cost.wall)
      walls.set(n, median(calls))
      this.say(`| ${n} hosts: whole run, wall s | ${spread(wall(ours))} | |`)
      this.say(`| ${n} hosts: whole run, CPU s | ${spread(ours.map(({ cpu }) => cpu))} | |`)
      const aim = n === 2_000 ? '≤ 1.25' : n === 10_000 ? '≤ 1.5' : ''
      this.say(
        `| ${n} hosts: six calls ÷ raw fan-in | ${spread(calls.map((each, i) => each / (raw[i] ?? NaN)))} | ${aim} |`,
      )
      if (mco.length === 0) continue
      const times = (others: readonly Cost[], own: readonly Cost[]) =>
        spread(
          others.map((other, i) => other.wall / (own[i]?.wall ?? NaN)),
          '×',
        )
      this.say(
        `| ${n} hosts: faster than mco, discovering each time | ${times(mco, ours)} | ${n === 1_000 ? '≥ 8×' : ''} |`,
      )
      this.say(
        `| ${n} hosts: hosts from a list, faster than mco --nodes | ${times(nodes, listed)} | ${n === 1_000 ? '≥ 2×' : ''} |`,
      )
      this.say(`| ${n} hosts: a plan ÷ the rollout | ${times(plans, ours)} | |`)
      this.say(
        `| ${n} hosts: with a release, and so with a history of before and after ÷ without | ${times(released, ours)} | |`,
      )
      this.say(`| ${n} hosts: from a list, in ten waves ÷ all at once | ${times(waves, listed)} | |`)
    }
    const growth = (walls.get(10_000) ?? NaN) / (walls.get(1_000) ?? NaN)
    this.say(`| six calls, 10,000 hosts ÷ 1,000 hosts | ${round(growth)} | ≤ 10 |`)
  }

  private async besideBroker(measure: (broker: RealBroker) => Promise<void>): Promise<void> {
    const broker = await startActivemq(this.scratch)
    try {
      await measure(broker)
    } finally {
      await broker.stop()
      this.scratch.remove()
    }
  }

  /**
   * Measures the seed's feature in ten waves, next to the same frames counted. All hosts are discovered again between
   * two waves, here and there. The first discovery and the rest of the last one's window are in neither.
   */
  private async waves(broker: RealBroker): Promise<void> {
    const n = MAX_MCO
    const fleet = await this.fleet(broker, n, '')
    const { clientCfg } = new RealFleet(this.scratch, broker, 'psk')
    const features = { 'from a list': this.listedFeature(n), discovered: WEBSITE }
    const ratios = new Map<string, number[]>()
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      for (const [how, feature] of Object.entries(features)) {
        const raw = await rawFanIn(broker.port, n, 10)
        const cost = this.ours(clientCfg, this.tenWaves(feature))
        if (cost.exitCode !== 0) throw new Error(`ten waves ${how} failed:\n${cost.output.slice(-2000)}`)
        ratios.set(how, [...(ratios.get(how) ?? []), this.timeOfCalls() / raw])
      }
    }
    await fleet.stop('SIGKILL')
    for (const [how, each] of ratios)
      this.say(`| ${n} hosts, ${how}: ten waves ÷ raw fan-in of the same calls | ${spread(each)} | ≤ 1.3 |`)
  }

  /** Measures a whole run with one step that asks no host, next to an empty project with the same set-up. */
  private startUp(): void {
    this.scratch.write(
      'empty/step_definitions/steps.ts',
      "import { Given } from '@cucumber/cucumber'\nGiven('nothing', function () {})\n",
    )
    this.scratch.write('empty/tsconfig.json', readFileSync(join(ROOT, 'tsconfig.json')))
    this.scratch.write('empty/nothing.feature', 'Feature: Nothing\n  Scenario: Nothing\n    Given nothing\n')
    const empty =
      "require('ts-node/register')\nmodule.exports = { default: { require: ['step_definitions/*.ts'], format: ['progress', ['html', 'r.html'], ['junit', 'r.xml']], publishQuiet: true } }\n"
    this.scratch.write('empty/cucumber.js', empty)
    this.scratch.write(
      'ours/one.feature',
      'Feature: One\n  Scenario: One\n    Given I want to update hosts with class roles::dev_server\n',
    )
    symlinkSync(join(ROOT, 'node_modules'), join(this.scratch.path, 'empty', 'node_modules'))
    const config = this.compiled()
    const ratios: number[] = []
    const installed: number[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      const bare = timed(process.execPath, [CUCUMBER, 'nothing.feature'], join(this.scratch.path, 'empty'))
      const ours = timed(
        process.execPath,
        [CUCUMBER, '--config', this.config(join(this.scratch.path, 'ours')), 'one.feature'],
        join(this.scratch.path, 'ours'),
        this.tsNode(),
      )
      const compiled = timed(
        process.execPath,
        [CUCUMBER, '--config', join('..', config), 'one.feature'],
        join(this.scratch.path, 'ours'),
      )
      if (bare.exitCode !== 0 || ours.exitCode !== NO_HOSTS || compiled.exitCode !== NO_HOSTS)
        throw new Error(`start-up: ${bare.output}${ours.output}${compiled.output}`)
      ratios.push(ours.wall / bare.wall)
      installed.push(compiled.wall / bare.wall)
    }
    this.say(
      `| start-up of the compiled package ÷ an empty cucumber project’s with ts-node | ${spread(installed)} | |`,
    )
    this.say(
      `| start-up from sources ÷ an empty cucumber project’s with ts-node | ${spread(ratios)} | ≤ 1.3 |`,
    )
  }

  private codec(): void {
    const rounds = Array.from({ length: 5 }, () => codecRound())
    this.say(
      `| Marshal, reading ÷ Ruby | ${spread(rounds.map(({ ours, ruby }) => ours.decode / ruby.decode))} | ≤ 1 |`,
    )
    this.say(
      `| Marshal, writing ÷ Ruby | ${spread(rounds.map(({ ours, ruby }) => ours.encode / ruby.encode))} | ≤ 1 |`,
    )
  }

  /**
   * Sends ten kinds of bad reply, one at a time, to us and to mco. A fault is noticed when the exit status is not 0.
   */
  private async faults(broker: RealBroker): Promise<void> {
    const real = new RealFleet(this.scratch, broker, 'psk')
    const feature = this.scratch.write(
      'ping.feature',
      'Feature: Ping\n  Scenario: Ping\n    Given I want to update hosts with class roles::dev_server\n    Then every host should answer\n',
    )
    let [noticed, byMco] = [0, 0]
    for (const fault of FAULTS) {
      const fleet = await this.fleet(broker, 3, fault)
      if (this.ours(real.clientCfg, feature).exitCode === 1) noticed += 1
      else this.say(`| not noticed by us | ${fault} | |`)
      if (this.mco(real.clientCfg, ['rpc', 'rpcutil', 'ping', '-C', 'roles::dev_server']).exitCode !== 0)
        byMco += 1
      await fleet.stop('SIGKILL')
    }
    this.say(
      `| faults noticed ÷ injected, Lockstep | ${noticed}/${FAULTS.length} | ${FAULTS.length}/${FAULTS.length} |`,
    )
    this.say(`| faults noticed ÷ injected, mco | ${byMco}/${FAULTS.length} | |`)
  }

  private async cleanRuns(): Promise<void> {
    const fleet = await testFleet(10)
    const signal = new AbortController().signal
    let alarms = 0
    for (let turn = 0; turn < CLEAN_RUNS; turn += 1) {
      const { hosts } = await fleet.client.discover({ filter: NO_FILTER, within: 50, signal })
      const result = await fleet.client.call({
        agent: 'package',
        action: 'status',
        inputs: { package: 'mywebapp' },
        hosts,
        within: 10_000,
        signal,
      })
      const well =
        hosts.length === 10 && [...result.outcomes.values()].every(({ kind }) => kind === 'answered')
      if (!well || result.unexpected.length > 0) alarms += 1
    }
    alarms += fleet.unexpected.length
    await fleet.stop()
    this.say(`| false alarms in ${CLEAN_RUNS} clean runs | ${alarms} | 0 |`)
  }

  private async fleet(broker: RealBroker, n: number, fault: string, megabytes = 0): Promise<Running> {
    this.fleets += 1
    // In the log of an earlier fleet it would say already that it listens.
    const log = join(this.scratch.path, `fleet-${this.fleets}.log`)
    const args = [
      '-r',
      'ts-node/register',
      join(__dirname, 'fleet_process.ts'),
      String(broker.port),
      String(n),
      fault,
      String(megabytes),
    ]
    const fleet = start(process.execPath, args, log)
    await untilReady(
      `a fleet of ${n}`,
      fleet,
      async () => readFileSync(log, 'utf8').includes('listening'),
      60_000,
    )
    return fleet
  }

  private ours(
    clientCfg: string,
    feature: string,
    { config = this.config(this.scratch.path), profile = 'live', env = {}, within }: How = {},
  ): Cost {
    const cwd = this.scratch.path
    return timed(
      process.execPath,
      [CUCUMBER, '--config', config, '-p', profile, feature],
      cwd,
      { ...this.tsNode(), MCOLLECTIVE_CONFIG: clientCfg, ...env },
      within,
    )
  }

  /**
   * Returns the time from the first request of the last run to its last answers, by the run's own journal. The
   * discovery is not in it.
   */
  private timeOfCalls(): number {
    return (Math.max(...this.timesOf('answered')) - Math.min(...this.timesOf('asked'))) / 1000
  }

  private timesOf(type: string): number[] {
    const folder = join(this.scratch.path, '.lockstep', 'live')
    const [last = ''] = readdirSync(folder).sort().reverse()
    return readFileSync(join(folder, last), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line.slice(9)) as { type: string; at: string })
      .filter((entry) => entry.type === type)
      .map((entry) => Date.parse(entry.at))
  }

  private sixByMco(clientCfg: string, filter: readonly string[]): Cost {
    const ip = 'ipaddr=192.168.1.1'
    const name = 'package=mywebapp'
    const calls = [
      ['iptables', 'block', ip],
      ['iptables', 'isblocked', ip],
      ['package', 'update', name],
      ['package', 'status', name],
      ['iptables', 'unblock', ip],
      ['iptables', 'isblocked', ip],
    ]
    const costs = calls.map((call) => this.mco(clientCfg, ['rpc', ...call, ...filter]))
    return {
      wall: sum(costs.map(({ wall }) => wall)),
      cpu: sum(costs.map(({ cpu }) => cpu)),
      exitCode: 0,
      output: '',
    }
  }

  private mco(clientCfg: string, args: readonly string[]): Cost {
    const all = [
      '-r',
      join(RUBY, 'ruby31.rb'),
      '-I',
      RUBY,
      '/usr/bin/mco',
      ...args,
      '--no-progress',
      '-c',
      clientCfg,
    ]
    return timed('ruby', all, this.scratch.path, { LOCKSTEP_HOST_STATE: '/dev/null' })
  }

  /** Writes the seed's feature for hosts that are known by name, as `mco --nodes` knows them. */
  private listedFeature(n: number): string {
    const list = this.nodeList(n)
    const selected = /    .*with class.*\n.*with fact.*\n/
    const text = readFileSync(WEBSITE, 'utf8').replace(
      selected,
      `        And I want to update the hosts listed in ${list}\n`,
    )
    return this.scratch.write('listed.feature', text)
  }

  /** Writes a feature of one scenario in ten waves of a tenth. */
  private tenWaves(feature: string): string {
    const [head = '', steps = ''] = readFileSync(feature, 'utf8').split(/ {4}Scenario: .*\n/)
    const rows = Array.from({ length: 10 }, () => '            | 10% |\n').join('')
    const outline = `    Scenario Outline: In waves\n        Given I take the next <wave>\n${steps}        Examples:\n            | wave |\n${rows}`
    return this.scratch.write('waves.feature', head + outline)
  }

  private nodeList(n: number): string {
    return this.scratch.write(
      'nodes.txt',
      Array.from({ length: n }, (_, index) => `web${index + 1}.example.net\n`).join(''),
    )
  }

  /** Builds the package, and returns the name of a configuration in the scratch folder that uses it. */
  private compiled(): string {
    spawnSync(process.execPath, [join(ROOT, 'support', 'bin', 'build.cjs')], { stdio: 'inherit' })
    const index = JSON.stringify(join(ROOT, 'dist', 'support', 'index.js'))
    this.scratch.write('compiled.js', `module.exports = require(${index}).profiles()\n`)
    return 'compiled.js'
  }

  private config(cwd: string): string {
    return relative(cwd, join(ROOT, 'cucumber.js'))
  }

  private tsNode(): Record<string, string> {
    return { TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') }
  }

  private say(...lines: string[]): void {
    for (const line of lines) process.stdout.write(`${line}\n`)
    this.lines.push(...lines)
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

void new Bench().run(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(
    `the benchmark stopped: ${(error as Error).message}\nIt needs Debian's activemq, mcollective, mcollective-client, ruby, puppet-agent and puppetserver.\n`,
  )
  process.exitCode = 1
})
