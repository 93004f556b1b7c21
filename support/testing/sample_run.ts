import { nameHosts } from '../rollout/model/name_hosts'
import type { Observation } from '../rollout/model/verdict'
import type { EventFile } from '../run/event_stream'
import type { Mode } from '../run/modes'
import { NOTHING_READ, Run } from '../run/run'
import type { PlannedScenario } from '../run/run_parts'
import type { RunState } from '../run/run_state'
import type { Clock } from '../system/clock'
import { BEGAN } from './fake_fleet'
import { BEGINNING } from './told_run'

/** A run to look at, of which only what matters is said. */
export interface Sample {
  hosts: number
  /** The number of lines of a scenario; 10 unless said. */
  lines?: number
  mode?: Mode
  environment?: string
  /** The number of hosts, the first ones, that the run is limited to; all of them unless said. */
  limit?: number
  /** The names of the waves; none unless said. */
  waves?: readonly string[]
  /** The hosts, by index, that the line of `failsAt` fails on; none unless said. */
  diverged?: readonly number[]
  silent?: readonly number[]
  failsAt?: number
  /** True when the failed hosts are within the failure budget. */
  tolerated?: boolean
  /** The line at which the run ends without an end: it is killed there. At 0 it is killed before its roll call. */
  killedAt?: number
  /** The line at which a person stops it. */
  interruptedAt?: number
}

/** A run of 10,000 hosts and 100 lines in each of three waves, in which every 97th host is allowed to fail. */
export const HUGE_SAMPLE = {
  hosts: 10_000,
  lines: 100,
  waves: ['1 host', '25%', 'the rest'],
  diverged: Array.from({ length: 103 }, (_, index) => index * 97),
  failsAt: 52,
  tolerated: true,
} as const satisfies Sample

const FEATURE = 'features/website.feature'
const TEXTS = [
  'I want to update hosts with class roles::dev_server',
  'I want to pre-discover how many hosts to update',
  'I block the load balancer',
  'traffic from the load balancer should be blocked',
  'I update the package mywebapp',
  'the package version for mywebapp should be 4.2.6-3.el5',
  'I restart the service httpd',
  'the service httpd should be running',
  'I unblock the load balancer',
  'traffic from the load balancer should be unblocked',
]

/** Returns a run that its events tell of, as a journal would have them. */
export async function sampleRun(sample: Sample): Promise<RunState> {
  const told = new SampleRun(sample)
  await told.tell()
  return told.state
}

/** Returns the lines of JSON that the journal of a sample has, in their order. */
export async function sampleLines(sample: Sample): Promise<string[]> {
  const lines: string[] = []
  const put = (entry: object) => void lines.push(JSON.stringify(entry))
  await new SampleRun(sample).tell({ put, settle: async () => {}, settleNow: () => {} })
  return lines
}

/** Returns the names of the hosts of a sample. */
export function sampleHosts(n: number): string[] {
  const digits = String(n).length
  return Array.from({ length: n }, (_, index) => `web${String(index + 1).padStart(digits, '0')}.example.net`)
}

class SampleRun {
  private now = Date.UTC(2026, 10, 22, 6, 45)
  private readonly run: Run
  private readonly hosts: readonly string[]
  private readonly outside: readonly string[]
  private readonly scenarios: readonly PlannedScenario[]

  constructor(private readonly sample: Sample) {
    const clock: Clock = { now: () => this.now, elapsed: () => this.now, after: () => () => {} }
    this.run = new Run(clock, '20261122-064500-abcd')
    const all = sampleHosts(sample.hosts)
    this.hosts = all.slice(0, sample.limit)
    this.outside = all.slice(this.hosts.length)
    this.scenarios = this.plan()
  }

  get state(): RunState {
    if (this.run.state.ended === undefined) this.run.state.closeUnended()
    return this.run.state
  }

  async tell(file?: EventFile): Promise<void> {
    const { mode = 'live', environment = 'production' } = this.sample
    const { run } = this
    if (file !== undefined) run.stream.openInto(file)
    run.beginReading(
      { ...NOTHING_READ, scenarios: this.scenarios },
      { args: ['-p', 'live', FEATURE], env: {}, cucumber: 'npx cucumber-js', lockstep: 'npx lockstep' },
    )
    const limit = this.outside.length === 0 ? {} : { limit: nameHosts(this.hosts) }
    run.begin({ ...BEGINNING, mode, environment, by: 'ann@control', tickets: ['CHG-1042'], ...limit })
    if (this.sample.killedAt === 0) return
    await run.stream.append({ ...BEGAN, feature: FEATURE, mode, environment, release: '2026.47' })
    const outside = this.outside.length === 0 ? {} : { outside: this.outside }
    await run.stream.append({ type: 'roll call', hosts: this.hosts, ...outside })
    for (const [index, scenario] of this.scenarios.entries()) {
      const outcome = await this.tellScenario(scenario, index)
      if (outcome === 'killed') return
      if (outcome !== 'passed') break
    }
    this.now += 40
    if (run.exitCode !== 0) this.tellWhatIsLeft()
    run.end()
  }

  private async tellScenario(
    scenario: PlannedScenario,
    index: number,
  ): Promise<'passed' | 'failed' | 'killed'> {
    const { run, sample } = this
    const { uri, scenarioId } = scenario
    const began = this.now
    run.beginScenario({ uri, scenarioId })
    await run.stream.append({ type: 'scenario', scenarioId, name: scenario.name })
    const hosts = this.hostsOf(index)
    if (scenario.wave !== undefined) await this.tellWaves(scenario.wave, index)
    let passed = true
    for (const { line, text } of scenario.steps) {
      run.beginLine({ uri, scenarioId, line, text })
      if (line === sample.killedAt) return 'killed'
      if (line === sample.interruptedAt) {
        run.interrupt()
        break
      }
      passed = await this.tellLine(line, text, hosts)
      if (!passed) run.fail()
      run.endLine({ uri, scenarioId }, line, {
        status: passed ? 'PASSED' : 'FAILED',
        took: this.now - this.begunAt,
      })
      if (!passed) break
    }
    const outcome = passed && !run.hasStopped ? 'passed' : 'failed'
    if (outcome === 'passed') await run.stream.append({ type: 'scenario passed', scenarioId })
    run.endScenario(outcome, this.now - began)
    return outcome
  }

  private begunAt = 0

  /** Tells a line of which every host passes, but for those that are to fail. Returns whether the run goes on. */
  private async tellLine(line: number, text: string, hosts: readonly string[]): Promise<boolean> {
    const { run, sample, hosts: all } = this
    this.begunAt = this.now
    const isFailing = line === (sample.failsAt ?? 8)
    const [diverged, silent] = [sample.diverged ?? [], sample.silent ?? []].map(
      (places) => new Set(isFailing ? places.map((place) => all[place] ?? '') : []),
    )
    const observations = hosts.map((host): Observation => {
      if (silent?.has(host) === true)
        return { host, passed: false, kind: 'silent', seen: 'no answer within 20 s' }
      const passed = diverged?.has(host) !== true
      return { host, passed, kind: 'answered', seen: passed ? text : '4.2.6-2.el5' }
    })
    const heard = observations.filter(({ kind }) => kind !== 'silent').map(({ host }) => host)
    const quiet = hosts.length - heard.length
    const requestId = `${line}`.padStart(32, '0')
    const mutating = /^I (?!want)/.test(text)
    if (text === 'I block the load balancer')
      await run.stream.append({ type: 'opened', obligation: 'blocks 192.168.1.1', hosts })
    await run.stream.append({
      type: 'asked',
      step: text,
      line,
      requestId,
      agent: 'package',
      action: mutating ? 'update' : 'status',
      inputs: {},
      mutating,
      hosts,
    })
    const last = 300 * line + 40
    this.now += quiet > 0 ? 20_000 : last + 15
    const times = { answered: heard.length, first: 12 * line, median: 40 * line, p95: 110 * line, last }
    await run.stream.append({ type: 'answered', requestId, outcomes: {}, interrupted: false, times })
    if (text === 'I unblock the load balancer')
      await run.stream.append({ type: 'closed', obligation: 'blocks 192.168.1.1', hosts: heard })
    const tolerated = sample.tolerated === true && isFailing ? { tolerated: true } : {}
    await run.stream.append({
      type: 'verdict',
      step: text,
      line,
      verdict: { observations, unexpected: [], ...tolerated },
    })
    return sample.tolerated === true || observations.every(({ passed }) => passed)
  }

  private tellWhatIsLeft(): void {
    const path = `reports/recovery-${this.run.id}.feature`
    const recovery = { uri: FEATURE, path, hosts: this.hosts.length, isResumable: true, hasRoom: true }
    this.run.stream.appendNow({ type: 'recovery', recovery })
  }

  private plan(): PlannedScenario[] {
    const { lines = 10, waves } = this.sample
    const rows = waves ?? [undefined]
    return rows.map((wave, row) => ({
      uri: FEATURE,
      scenarioId: String(200 + row),
      feature: 'Update the production systems',
      name: 'Update the website',
      tags: [],
      ...(wave === undefined ? {} : { wave }),
      steps: Array.from({ length: lines }, (_, index) => ({
        line: index + 3,
        text: TEXTS[index % TEXTS.length] ?? '',
        values: [],
        keyword: index % 2 === 0 ? 'When ' : 'Then ',
      })),
    }))
  }

  /** Returns the hosts of a wave; the waves are alike in size. */
  private hostsOf(wave: number): readonly string[] {
    const each = Math.ceil(this.hosts.length / this.scenarios.length)
    return this.hosts.slice(wave * each, (wave + 1) * each)
  }

  private async tellWaves(name: string, index: number): Promise<void> {
    await this.run.stream.append({ type: 'wave', name, hosts: this.hostsOf(index) })
    const waves = this.scenarios.map(({ wave = '' }, place) => ({ name: wave, hosts: this.hostsOf(place) }))
    await this.run.stream.append({ type: 'waves', taken: index + 1, waves, left: [] })
  }
}
