import { createHash } from 'node:crypto'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { Clock } from '../system/clock'
import { formatDuration } from '../system/duration'
import { InTurn } from '../system/in_turn'
import { shortId } from '../system/git_names'
import { dropSecret } from '../system/url_secret'
import { Backoff } from './backoff'
import type { Build, BuildOrderState, PushedCommit } from './pipeline_state'
import type { PipelineLog } from './receive'
import type { ReportedOutput, RunnerOrder, RunnerReport } from './runner_report'

const FAULT_FIRST_MS = 5_000
const FAULT_MOST_MS = 600_000
/** The times that a repository has to say that it does not have a commit any more, before it is believed. */
const MAX_GONE = 3
/** Milliseconds until an order that was not confirmed is published again, once there is a broker. */
const PUBLISH_AGAIN_MS = 1_000
/** Milliseconds that nobody takes an order before that is said. */
const UNTAKEN_MS = 600_000
/** Milliseconds beyond its limit after which a build without a result is told of: fetching a commit takes time too. */
const UNENDED_MS = 3_600_000

export interface RunnerOrdersParts {
  repositories: readonly RepositorySettings[]
  log: PipelineLog
  clock: Clock
  /** Returns an id that no build had. */
  newId(): string
  /** The name of the key that orders are signed with. */
  key: string
  /**
   * Publishes an order; resolves once a broker has confirmed it. It waits for as long as there is no broker.
   * @throws Error when nobody knows whether a broker has it
   */
  publish(order: RunnerOrder, signal: AbortSignal): Promise<void>
  /** Returns whether the results of a runner count for a repository. */
  counts(runner: string, repository: string): boolean
  /** Keeps the output of a build. @throws Error when it cannot */
  keepOutput(build: string, runner: string, output: ReportedOutput): void
  /** Is called after each build, with the ids of those that commits show, in the order of their begin. */
  tidyUp(builds: readonly string[]): Promise<void>
  onTrouble(sentence: string): void
}

/** A build that is with runners. */
interface Open {
  commit: PushedCommit
  build: Build
  order: BuildOrderState
}

/** The signal of what is written also while the process ends: an order that is off its queue would be waited for. */
const WRITTEN_ANYWAY = { signal: new AbortController().signal }

/**
 * Gives the builds of commits to runners on other machines, and takes what they report. A build is in the journal before
 * its order is published, and its first report of an end counts: any other one is refused.
 */
export class RunnerOrders {
  private readonly settings: ReadonlyMap<string, RepositorySettings>
  private readonly faults = new Map<PushedCommit, Backoff>()
  private readonly gone = new Map<PushedCommit, number>()
  /** The pauses before orders that were lost are published again. */
  private readonly losses = new WeakMap<Build, Backoff>()
  /** The builds whose orders are on their way to the broker, with why one was lost before its receipt came. */
  private readonly onTheirWay = new Map<string, string | undefined>()
  /** The builds that an operator was told of: that nobody takes them, or that they do not end. */
  private readonly told = new Set<string>()
  /** Two ends of one build are never written: what decides and what is written are one turn. */
  private readonly turn = new InTurn()

  constructor(private readonly parts: RunnerOrdersParts) {
    this.settings = new Map(
      parts.repositories.filter(({ build }) => build?.kind === 'runners').map((each) => [each.name, each]),
    )
  }

  /**
   * Orders all that can be ordered now. Resolves with the milliseconds until it is worth another look; undefined when
   * nothing waits.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    await this.turn.run({ signal }, () => this.beginAll(signal))
    for (const open of this.open()) {
      if (signal.aborted) return undefined
      // Others may have ended while one was published.
      const isDone = open.build.state !== 'running' || open.order.confirmed?.key === this.parts.key
      if (isDone || this.lossRestOf(open) > 0 || (await this.publish(open, signal))) continue
      return PUBLISH_AGAIN_MS
    }
    return this.untilNext()
  }

  /**
   * Takes a report that a known runner has signed. Returns why it counts for nothing; undefined where it counts.
   * @throws LockstepError `journal-failed`: it is not taken
   */
  take(report: RunnerReport, runner: string, signal: AbortSignal): Promise<string | undefined> {
    return this.turn.run({ signal }, async () => {
      const why = this.refuse(report)
      if (why !== undefined) return why
      if (report.event === 'taken') return this.note(report, runner)
      if (report.event === 'ended') return this.end(report, runner, signal)
      await this.publishLater(
        report.build,
        `says that the runner ${runner} has dropped its order: see runner.serve_key there`,
      )
      return undefined
    })
  }

  /**
   * Takes down that the order of a build is off its queue, since somebody has ended it whose results do not count: it is
   * published again, so that others can take it. Anybody can say so, and so it comes later and later.
   * @throws LockstepError `journal-failed`
   */
  lose(id: string, why: string, signal: AbortSignal): Promise<void> {
    return this.turn.run({ signal }, () => this.publishLater(id, why))
  }

  private async publishLater(id: string, why: string): Promise<void> {
    const { log, clock, onTrouble } = this.parts
    const open = this.open().find(({ build }) => build.build === id)
    if (open?.order.confirmed === undefined) {
      // A runner can be faster than the broker's receipt.
      if (this.onTheirWay.has(id)) this.onTheirWay.set(id, why)
      return
    }
    const { repository, commit } = open.commit
    const backoff =
      this.losses.get(open.build) ?? new Backoff(() => clock.elapsed(), FAULT_FIRST_MS, FAULT_MOST_MS)
    this.losses.set(open.build, backoff)
    await log.append({ type: 'order lost', build: id, why })
    const pause = backoff.fail()
    onTrouble(
      `a report on the build of ${shortId(commit)} of ${repository} ${why}; its order is published again in ${pause / 1000} s, for a runner that is named in pipeline.runners`,
    )
  }

  private refuse({ build: id, repository, commit }: RunnerReport): string | undefined {
    const of = this.parts.log.state.commitOf(id)
    if (of === undefined) return `is of a build ${id} that is not known here`
    if (of.repository !== repository || of.commit !== commit)
      return `is of the build ${id}, and names another commit`
    if (of.build?.build !== id) return `is of the build ${id}, in whose place there is another one`
    if (of.build.order === undefined) return `is of the build ${id}, which is not for runners`
    if (of.build.state !== 'running') return `is of the build ${id}, which has ended already`
    if (!this.settings.has(repository)) return `is of ${repository}, which is not for runners any more`
    if (of.build.order.digest !== this.digestOf(repository))
      return `is of the build ${id}, and the configuration says something else by now`
    return undefined
  }

  private async note({ build }: RunnerReport, runner: string): Promise<string | undefined> {
    const order = this.parts.log.state.commitOf(build)?.build?.order
    if (order?.takers.some((taker) => taker.runner === runner) === true) return 'was told before'
    await this.parts.log.append({ type: 'build taken', build, runner })
    return undefined
  }

  private async end(
    report: Extract<RunnerReport, { event: 'ended' }>,
    runner: string,
    signal: AbortSignal,
  ): Promise<undefined> {
    const { log, keepOutput, tidyUp, onTrouble } = this.parts
    const { build, result, why, seconds, isGone, output } = report
    const commit = log.state.commitOf(build)
    if (commit === undefined) return
    try {
      keepOutput(build, runner, output)
    } catch (error) {
      onTrouble(`the output of the build ${build} could not be kept: ${(error as Error).message}`)
    }
    await log.append({ type: 'build ended', build, result, why, seconds, runner })
    const { repository, commit: id } = commit
    const isBelieved = this.countGone(commit, isGone)
    if (isBelieved) await log.append({ type: 'commit gone', repository, commit: id, why: why ?? '' })
    if (result !== 'interrupted' || isBelieved) this.faults.delete(commit)
    else if (!signal.aborted) this.postpone(commit, runner, why)
    await tidyUp(log.state.builds)
  }

  /** Begins builds of all commits that have none. A build that somebody wants anew gives way to another one. */
  private async beginAll(signal: AbortSignal): Promise<void> {
    const { log, newId } = this.parts
    for (const commit of log.state.commits) {
      if (signal.aborted) return
      const { repository, commit: id, build, isToBuild, isAskedFor } = commit
      if (!this.settings.has(repository) || !isToBuild || this.restOf(commit) > 0) continue
      const why = isAskedFor ? 'somebody asked for it anew' : this.outdate(repository, build)
      if (why === undefined && build !== undefined && build.state !== 'interrupted') continue
      if (build?.state === 'running') {
        const end = { result: 'interrupted', why: why ?? null, seconds: null } as const
        await log.append({ type: 'build ended', build: build.build, ...end })
      }
      const order = this.digestOf(repository)
      await log.append({
        type: 'build begun',
        build: newId(),
        repository,
        commit: id,
        kind: 'runners',
        order,
      })
    }
  }

  /**
   * Returns why what a runner may report of a build would not be the result that is wanted: it was told to do something
   * else than the configuration says by now, or its results do not count any more. Undefined where it would be.
   */
  private outdate(repository: string, build: Build | undefined): string | undefined {
    if (build?.state !== 'running' || build.order === undefined) return undefined
    const { digest, takers } = build.order
    if (digest !== this.digestOf(repository)) return 'the configuration says something else by now'
    const runner = takers.at(-1)?.runner
    return runner === undefined || this.parts.counts(runner, repository)
      ? undefined
      : `the results of the runner ${runner} do not count any more`
  }

  private digestOf(repository: string): string {
    const settings = this.settings.get(repository)
    if (settings?.build?.kind !== 'runners') return ''
    const { command, within } = settings.build
    const told = JSON.stringify([dropSecret(settings.url), command, within])
    return createHash('sha256').update(told).digest('hex').slice(0, 32)
  }

  private async publish({ commit, build: { build } }: Open, signal: AbortSignal): Promise<boolean> {
    const { log, publish, key, onTrouble } = this.parts
    const settings = this.settings.get(commit.repository)
    if (settings?.build?.kind !== 'runners') return true
    const { command, within } = settings.build
    const { repository, commit: id, refs } = commit
    const url = dropSecret(settings.url)
    this.onTheirWay.set(build, undefined)
    try {
      await publish({ build, repository, commit: id, ref: refs[0] ?? '', url, command, within }, signal)
    } catch (error) {
      this.onTheirWay.delete(build)
      if (!signal.aborted)
        onTrouble(`the order of a build of ${repository} is not on its queue: ${(error as Error).message}`)
      return false
    }
    await log.append({ type: 'build ordered', build, key })
    const lost = this.onTheirWay.get(build)
    this.onTheirWay.delete(build)
    if (lost !== undefined) await this.turn.run(WRITTEN_ANYWAY, () => this.publishLater(build, lost))
    return true
  }

  /** Returns the builds that are with runners, in the order in which their commits were seen. */
  private open(): Open[] {
    return this.parts.log.state.commits.flatMap((commit) => {
      const { build } = commit
      return build?.state === 'running' && build.order !== undefined && this.settings.has(commit.repository)
        ? [{ commit, build, order: build.order }]
        : []
    })
  }

  private lossRestOf({ build }: Open): number {
    return this.losses.get(build)?.rest ?? 0
  }

  private untilNext(): number | undefined {
    const open = this.open()
    const waits = open.flatMap((each) => this.untilTold(each))
    for (const each of open) if (each.order.confirmed === undefined) waits.push(this.lossRestOf(each))
    for (const [commit, { rest }] of this.faults) if (commit.build?.state === 'interrupted') waits.push(rest)
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  /** Tells an operator once of a build that nobody takes, or that does not end. Returns when that has to be said. */
  private untilTold({ commit: { repository, commit }, build, order }: Open): number[] {
    const { clock, onTrouble } = this.parts
    const within = this.settings.get(repository)?.build?.within ?? 0
    const [taker] = order.takers.slice(-1)
    const from = taker?.at ?? order.confirmed?.at
    const mark = `${build.build} ${taker?.runner ?? ''}`
    if (from === undefined || this.told.has(mark)) return []
    const limit = taker === undefined ? UNTAKEN_MS : within + UNENDED_MS
    const passed = clock.now() - Date.parse(from)
    if (passed < limit) return [limit - passed]
    this.told.add(mark)
    const subject = `the build of ${shortId(commit)} of ${repository}`
    const passedFor = formatDuration(Math.round(passed / 60_000) * 60_000)
    onTrouble(
      taker === undefined
        ? `${subject} waits for a runner for ${passedFor}: nobody takes it; see whether lockstep ci --listen ${repository} runs somewhere`
        : `${subject} was taken by the runner ${taker.runner} ${passedFor} ago, and has no result; see whether that runner can reach the broker, or have it tested anew with lockstep pipeline ${repository} --again ${shortId(commit)}`,
    )
    return []
  }

  private restOf(commit: PushedCommit): number {
    return this.faults.get(commit)?.rest ?? 0
  }

  private countGone(commit: PushedCommit, isGone: boolean): boolean {
    const times = isGone ? (this.gone.get(commit) ?? 0) + 1 : 0
    if (times === 0 || times >= MAX_GONE) this.gone.delete(commit)
    else this.gone.set(commit, times)
    return times >= MAX_GONE
  }

  private postpone(commit: PushedCommit, runner: string, why: string | null): void {
    const { clock, onTrouble } = this.parts
    const backoff =
      this.faults.get(commit) ?? new Backoff(() => clock.elapsed(), FAULT_FIRST_MS, FAULT_MOST_MS)
    this.faults.set(commit, backoff)
    const pause = backoff.fail()
    onTrouble(
      `the commit ${commit.commit} of ${commit.repository} could not be built by the runner ${runner}: ${why}; it is ordered again in ${pause / 1000} s`,
    )
  }
}
