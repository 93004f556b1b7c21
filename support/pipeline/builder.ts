import type { BuildSettings } from '../config/build_setting'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { Clock } from '../system/clock'
import { Backoff } from './backoff'
import type { BuildOrder, BuildOutcome } from './build'
import type { CommitSource } from './mirror'
import type { Build, PushedCommit } from './pipeline_state'
import type { PipelineLog } from './receive'

const FAULT_FIRST_MS = 5_000
const FAULT_MOST_MS = 600_000
/** The times that a repository has to say that it does not have a commit any more, before it is believed. */
const MAX_GONE = 3

/** A repository whose commits are built, and where they come from. */
export interface FollowedRepository {
  settings: RepositorySettings
  source: CommitSource
}

export interface BuilderParts {
  repositories: ReadonlyMap<string, FollowedRepository>
  log: PipelineLog
  clock: Clock
  /** Returns an id that no build had, of letters and digits. */
  newId(): string
  /** Ends all that a build has started which this process does not know to have ended. */
  endLeft(build: string): void
  runBuild(order: BuildOrder, signal: AbortSignal): Promise<BuildOutcome>
  /** Is called after each build, with the ids of those that commits show, in the order of their begin. */
  tidyUp(builds: readonly string[]): Promise<void>
  /** Tells an operator of a fault of this machine. */
  onFault(sentence: string): void
}

/**
 * Builds each commit that was seen, one at a time, the oldest first, until its tests have succeeded or failed. A build is
 * in the journal before it begins. One that says nothing of its commit is done again.
 */
export class Builder {
  /** The faults of this machine, by the commit that they kept from its build. */
  private readonly faults = new Map<PushedCommit, Backoff>()
  /** The times that the repository did not have a commit, without a break. */
  private readonly gone = new Map<PushedCommit, number>()

  constructor(private readonly parts: BuilderParts) {}

  /**
   * Ends what a process that was killed has left of its builds, and takes down that they were interrupted.
   * @throws LockstepError `journal-failed`
   */
  async interruptLeft(): Promise<void> {
    for (const { build, repository } of this.parts.log.state.commits) {
      if (build?.state !== 'running' || this.isRunElsewhere(repository, build)) continue
      this.parts.endLeft(build.build)
      await this.end(build.build, {
        result: 'interrupted',
        why: 'lockstep serve ended before it',
        seconds: null,
      })
    }
  }

  /**
   * Builds all that can be built now. Resolves with the milliseconds until a commit may be tried again; undefined when
   * none waits for that.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      if (signal.aborted) return undefined
      const waiting = this.parts.log.state.commits.filter((commit) => this.isToBuild(commit))
      const next = waiting.find((commit) => this.restOf(commit) === 0)
      if (next !== undefined) await this.build(next, signal)
      else if (waiting.length === 0) return undefined
      else return Math.min(...waiting.map((commit) => this.restOf(commit)))
    }
  }

  private isToBuild({ repository, isToBuild, isAskedFor, build }: PushedCommit): boolean {
    if (!isToBuild || !(isAskedFor || isOpen(build))) return false
    return this.kindOf(repository) === 'command'
  }

  private kindOf(repository: string): BuildSettings['kind'] | undefined {
    return this.parts.repositories.get(repository)?.settings.build?.kind
  }

  /** Returns whether others run a build, and the configuration still says so: they go on without this process. */
  private isRunElsewhere(repository: string, { order, elsewhere }: Build): boolean {
    const kind = this.kindOf(repository)
    return order === undefined ? elsewhere !== undefined && elsewhere.ci === kind : kind === 'runners'
  }

  private restOf(commit: PushedCommit): number {
    return this.faults.get(commit)?.rest ?? 0
  }

  private async build(commit: PushedCommit, signal: AbortSignal): Promise<void> {
    const { repositories, log, clock, newId, runBuild, tidyUp } = this.parts
    const followed = repositories.get(commit.repository)
    const settings = followed?.settings.build
    if (followed === undefined || settings?.kind !== 'command') return
    const build = newId()
    const { repository, commit: id, refs } = commit
    await log.append({ type: 'build begun', build, repository, commit: id })
    const from = clock.elapsed()
    const order = { build, repository, commit: id, ref: refs[0] ?? '', settings, source: followed.source }
    const { isGone = false, ...outcome } = await runBuild(order, signal)
    const seconds = Math.round((clock.elapsed() - from) / 100) / 10
    await this.end(build, { ...outcome, seconds })
    const isBelieved = !signal.aborted && this.countGone(commit, isGone)
    if (isBelieved) await log.append({ type: 'commit gone', repository, commit: id, why: outcome.why ?? '' })
    if (outcome.result !== 'interrupted' || isBelieved) this.faults.delete(commit)
    else if (!signal.aborted) this.postpone(commit, outcome.why)
    await tidyUp(log.state.builds)
  }

  /** Returns whether the repository has said often enough that it does not have a commit. */
  private countGone(commit: PushedCommit, isGone: boolean): boolean {
    const times = isGone ? (this.gone.get(commit) ?? 0) + 1 : 0
    if (times === 0 || times >= MAX_GONE) this.gone.delete(commit)
    else this.gone.set(commit, times)
    return times >= MAX_GONE
  }

  private postpone(commit: PushedCommit, why: string | null): void {
    const { clock, onFault } = this.parts
    const backoff =
      this.faults.get(commit) ?? new Backoff(() => clock.elapsed(), FAULT_FIRST_MS, FAULT_MOST_MS)
    this.faults.set(commit, backoff)
    const pause = backoff.fail()
    onFault(
      `the commit ${commit.commit} of ${commit.repository} could not be built: ${why}; it is tried again in ${pause / 1000} s`,
    )
  }

  private async end(build: string, how: BuildOutcome & { seconds: number | null }): Promise<void> {
    await this.parts.log.append({ type: 'build ended', build, ...how })
  }
}

/** Returns whether a build, or the lack of one, leaves it open how the tests of its commit go. */
function isOpen(build: Build | undefined): boolean {
  return build === undefined || build.state === 'interrupted'
}
