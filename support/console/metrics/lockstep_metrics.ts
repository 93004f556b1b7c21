import { monitorEventLoopDelay } from 'node:perf_hooks'
import { join } from 'node:path'
import type { RecordedPipelineEvent } from '../../pipeline/events'
import { pipelineJournalsIn, readEvent } from '../../pipeline/pipeline_journal'
import { findLeftHosts, followLeftHosts, type RunEntries } from '../../rollout/model/out_of_rotation'
import type { RecordedEvent } from '../../run/events'
import { eventReader } from '../../run/journals'
import { MODES } from '../../run/modes'
import type { Clock } from '../../system/clock'
import { EXIT } from '../../system/errors'
import { giveWayEvery } from '../../system/give_way'
import { FollowedFolder } from './followed_folder'
import { Histogram, Metric, type Labels } from './metric_text'

/** Milliseconds for which a reader of the numbers waits until journals are read. */
const MAX_READING_MS = 5_000
/** Milliseconds of work before others have their turn. */
const TURN_MS = 10
/** Milliseconds between two timers whose delay is measured. */
const RESOLUTION_MS = 20
/** Bounds of the times until the last answer of a request, in seconds. */
const BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

type RolloutEntry = RunEntries['entries'][number]

/** A run, as far as the numbers go. */
interface CountedRun {
  run: string
  mode: string
  environment: string | undefined
  /** What says which hosts are out, of live runs. */
  entries: RolloutEntry[]
}

export interface MetricSources {
  /** The folder of the state, as an absolute path. */
  state: string
  /** The environments of lockstep.yaml. */
  environments: readonly string[]
  version: string
  clock: Pick<Clock, 'now' | 'elapsed'>
}

/**
 * The numbers for Prometheus. Counters count what happened since this process began, by the times in the journals. What is out of
 * rotation is by all journals of live runs; it is left out while one of them does not tell everything, since 0 would be a lie.
 */
export class LockstepMetrics {
  private readonly beganAt: number
  private readonly runs = new Metric(
    'lockstep_runs_total',
    'counter',
    'Runs that have ended since the start, by what they came to.',
  )
  private readonly lastEnd = new Metric(
    'lockstep_run_last_end_timestamp_seconds',
    'gauge',
    'When a run last ended so, by all journals that are kept.',
  )
  private readonly steps = new Metric(
    'lockstep_steps_total',
    'counter',
    'Lines that were judged since the start.',
  )
  private readonly hosts = new Metric(
    'lockstep_step_hosts_total',
    'counter',
    'Hosts of these lines, by what a line came to on them.',
  )
  private readonly events = new Metric(
    'lockstep_pipeline_events_total',
    'counter',
    'Events of the pipeline since the start.',
  )
  private readonly answers = new Histogram(
    'lockstep_request_last_answer_seconds',
    'Time from a request to the last answer of its hosts.',
    BOUNDS,
  )
  private readonly live: FollowedFolder<RecordedEvent, CountedRun>
  private readonly folders: readonly FollowedFolder<RecordedEvent, CountedRun>[]
  private readonly pipeline: FollowedFolder<RecordedPipelineEvent, undefined>
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  /** The number of journals that had hosts out when somebody removed them. */
  private removed = 0
  private reading: Promise<void> | undefined
  /** The hosts that are out by environment, and the changes of live journals that they are by. */
  private out = { changes: -1, hosts: new Map<string, Set<string>>() }

  constructor(private readonly sources: MetricSources) {
    const { state, clock } = sources
    this.beganAt = clock.now()
    const names = new Set(
      Object.values(MODES).flatMap(({ target, journals }) => (target === 'live' ? [journals] : [])),
    )
    const follow = (name: string) =>
      new FollowedFolder<RecordedEvent, CountedRun>(
        join(state, name),
        eventReader,
        (run) => ({ run, mode: 'unknown', environment: undefined, entries: [] }),
        (run, event) => this.hear(run, event, name === MODES.live.journals),
        ({ made }) => {
          if (findLeftHosts([made]).length > 0) this.removed += 1
        },
      )
    this.live = follow(MODES.live.journals)
    names.delete(MODES.live.journals)
    this.folders = [this.live, ...[...names].map(follow)]
    this.pipeline = new FollowedFolder<RecordedPipelineEvent, undefined>(
      pipelineJournalsIn(state),
      () => readEvent,
      () => undefined,
      (_, event) => this.hearPipeline(event),
      () => {},
    )
    this.delays.enable()
  }

  /** Resolves with the numbers of the environments that a reader sees; those of no environment are for one who sees all. */
  async format(sees: (environment: string) => boolean, isWhole: boolean): Promise<string> {
    await this.readNew()
    const seesLabels = ({ environment }: Labels) => (environment === undefined ? isWhole : sees(environment))
    const own = [this.runs, this.lastEnd, this.steps, this.hosts, this.answers, this.events]
    return [...own.map((each) => each.format(seesLabels)), this.formatOut(sees), this.formatProcess()].join(
      '',
    )
  }

  /** Reads what is new, once at a time. */
  private readNew(): Promise<void> {
    this.reading ??= this.readAll().finally(() => (this.reading = undefined))
    return this.reading
  }

  private async readAll(): Promise<void> {
    const { clock } = this.sources
    const until = clock.elapsed() + MAX_READING_MS
    const isOver = () => clock.elapsed() > until
    const giveWay = giveWayEvery(TURN_MS, clock)
    for (const folder of this.folders) await folder.readNew(isOver, giveWay)
    await this.pipeline.readNew(isOver, giveWay)
    if (this.isOutKnown) await this.findOut(giveWay)
  }

  /** True while all live journals tell everything, and are read. */
  private get isOutKnown(): boolean {
    return this.faulty === 0 && this.live.unread === 0
  }

  /** The number of live journals that do not tell everything. */
  private get faulty(): number {
    const own = this.live.journals.filter(({ isFaulty }) => isFaulty).length
    return own + (this.live.isFaulty ? 1 : 0) + this.removed
  }

  /** Finds the hosts that are out, where live journals have changed since it last did. */
  private async findOut(giveWay: () => Promise<void>): Promise<void> {
    const { changes, journals } = this.live
    if (this.out.changes === changes) return
    const steps = followLeftHosts(journals.map(({ made }) => made))
    let step = steps.next()
    while (step.done !== true) {
      await giveWay()
      step = steps.next()
    }
    const environments = new Map(journals.map(({ run, made }) => [run, made.environment ?? '']))
    const hosts = new Map<string, Set<string>>()
    for (const { host, run } of step.value) {
      const environment = environments.get(run) ?? ''
      hosts.set(environment, (hosts.get(environment) ?? new Set()).add(host))
    }
    this.out = { changes, hosts }
  }

  private hear(run: CountedRun, event: RecordedEvent, isLive: boolean): void {
    const isNew = Date.parse(event.at) >= this.beganAt
    if (event.type === 'began') {
      run.mode = event.mode
      run.environment ??= event.environment
    }
    if (event.type === 'run') {
      run.environment ??= event.environment
      if (run.mode === 'unknown') run.mode = event.mode
    }
    if (isLive && (event.type === 'run' || event.type === 'opened' || event.type === 'closed'))
      run.entries.push(event)
    if (run.environment === undefined) return
    const labels = { environment: run.environment, mode: run.mode }
    if (event.type === 'ended') {
      const ended = { ...labels, outcome: OUTCOMES[event.exitCode] ?? 'failed' }
      this.lastEnd.raise(ended, Math.floor(Date.parse(event.at) / 1_000))
      this.runs.add(ended, isNew ? 1 : 0)
    }
    if (event.type === 'verdict' && isNew) {
      this.steps.add({ ...labels, outcome: event.passed ? 'passed' : 'failed' })
      const { answered, diverged, silent, out } = event.counts
      for (const [outcome, count] of Object.entries({ passed: answered, diverged, silent, out }))
        this.hosts.add({ ...labels, outcome }, count)
    }
    if (event.type === 'answered' && event.times !== undefined && isNew)
      this.answers.observe(labels, event.times.last / 1_000)
  }

  private hearPipeline(event: RecordedPipelineEvent): void {
    const isNew = Date.parse(event.at) >= this.beganAt
    const environment = 'environment' in event ? { environment: event.environment } : {}
    this.events.add({ ...environment, type: event.type }, isNew ? 1 : 0)
  }

  /** Formats what is out of rotation, or only how much is not known. */
  private formatOut(sees: (environment: string) => boolean): string {
    const unreadable = new Metric(
      'lockstep_journals_unreadable',
      'gauge',
      'Journals of live runs that do not tell everything; while there are some, what is out of rotation is not said.',
    )
    unreadable.set({}, this.faulty)
    const unread = new Metric(
      'lockstep_journals_unread_bytes',
      'gauge',
      'Bytes of journals that are still to be read.',
    )
    const bytes = this.folders.reduce((sum, folder) => sum + folder.unread, this.pipeline.unread)
    unread.set({}, bytes)
    const text = unreadable.format(() => true) + unread.format(() => true)
    if (!this.isOutKnown || this.out.changes !== this.live.changes) return text
    const out = new Metric(
      'lockstep_hosts_out_of_rotation',
      'gauge',
      'Hosts that live runs have taken out of rotation and that nothing has put back.',
    )
    for (const environment of this.sources.environments) out.set({ environment }, 0)
    for (const [environment, all] of this.out.hosts) out.set({ environment }, all.size)
    return text + out.format(({ environment = '' }) => sees(environment))
  }

  private formatProcess(): string {
    const gauge = (name: string, help: string, value: number, labels: Labels = {}) => {
      const metric = new Metric(name, name.endsWith('_total') ? 'counter' : 'gauge', help)
      metric.set(labels, value)
      return metric.format(() => true)
    }
    const { user, system } = process.cpuUsage()
    return [
      gauge('lockstep_build_info', 'The version of Lockstep, with the value 1.', 1, {
        version: this.sources.version,
        node: process.versions.node,
      }),
      gauge(
        'lockstep_event_loop_delay_p99_seconds',
        'The 99th percentile of the delay of timers since the start.',
        Math.max(0, this.delays.percentile(99) / 1e9 - RESOLUTION_MS / 1_000),
      ),
      gauge('process_start_time_seconds', 'When the process began.', Math.floor(this.beganAt / 1_000)),
      gauge('process_resident_memory_bytes', 'The memory of the process.', process.memoryUsage.rss()),
      gauge('process_cpu_seconds_total', 'The processor time of the process.', (user + system) / 1e6),
    ].join('')
  }
}

/** The verdict of a run by its exit status. */
const OUTCOMES: Readonly<Record<number, string>> = {
  [EXIT.passed]: 'passed',
  [EXIT.failed]: 'failed',
  [EXIT.invalid]: 'invalid',
  [EXIT.noHosts]: 'no hosts',
  [EXIT.unreachable]: 'unreachable',
  [EXIT.passedWithFailures]: 'passed with failures',
  [EXIT.refused]: 'refused',
  [EXIT.interrupted]: 'interrupted',
}
