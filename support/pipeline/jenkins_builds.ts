import type { JenkinsBuild } from '../config/build_setting'
import { clean } from '../rollout/model/verdict'
import type { Clock } from '../system/clock'
import { formatDuration } from '../system/duration'
import { shortId } from '../system/git_names'
import { Backoff } from './backoff'
import { JenkinsFault, parameterOf, revisionsOf, type Jenkins, type ToldBuild } from './jenkins'
import type { Build, PushedCommit } from './pipeline_state'
import type { PipelineLog } from './receive'

const ASK_EVERY_MS = 5_000
/** A start without an answer is looked for twice, so far apart, before it is believed not to have been. */
const BELIEVE_AFTER_MS = 30_000
const AWAY_FIRST_MS = 5_000
const AWAY_MOST_MS = 60_000

const BUILD = 'PIPELINE_BUILD'
const COMMIT = 'PIPELINE_COMMIT'

export interface JenkinsBuildsParts {
  repository: string
  settings: JenkinsBuild
  jenkins: Pick<Jenkins, 'start' | 'item' | 'build' | 'find'>
  log: PipelineLog
  clock: Clock
  /** Returns an id that no build had. */
  newId(): string
  /** Tells an operator why Jenkins cannot be asked. */
  onTrouble(sentence: string): void
}

/**
 * Has a job of a Jenkins test the commits of one repository, one at a time, the oldest first. A build is in the journal
 * before Jenkins is asked for it, and carries its id as a parameter: it is found again after a kill, and not started twice.
 */
export class JenkinsBuilds {
  /** The moment from which on results could be had: neither this process nor Jenkins was away since. */
  private since: number
  private readonly away: Backoff
  /** The builds that this process has begun and not asked for yet. */
  private readonly fresh = new Set<string>()
  /** The moments from which on a build that is not found is believed not to have been started. */
  private readonly doubts = new Map<string, number>()
  private said: string | undefined

  constructor(private readonly parts: JenkinsBuildsParts) {
    this.since = parts.clock.now()
    this.away = new Backoff(() => parts.clock.elapsed(), AWAY_FIRST_MS, AWAY_MOST_MS)
  }

  /**
   * Does what can be done now. Resolves with the milliseconds until it is worth another look; undefined when nothing waits.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      const commit = this.next()
      if (commit === undefined || signal.aborted) return undefined
      if (this.away.rest > 0) return this.away.rest
      try {
        const pause = await this.carryOn(commit, signal)
        this.away.succeed()
        if (pause !== undefined) return pause
      } catch (error) {
        if (!(error instanceof JenkinsFault)) throw error
        if (signal.aborted) return undefined
        this.complain(error.message)
        return this.away.fail()
      }
    }
  }

  /** Returns the commit whose build runs; otherwise the oldest that is to be built. */
  private next(): PushedCommit | undefined {
    const own = this.parts.log.state.commits.filter(({ repository }) => repository === this.parts.repository)
    const isOpen = ({ isToBuild, isAskedFor, build }: PushedCommit) =>
      isToBuild && (isAskedFor || build === undefined || build.state === 'interrupted')
    return own.find(({ build }) => isOurs(build)) ?? own.find(isOpen)
  }

  /** Returns the milliseconds until the build is worth another look; undefined when it has ended. */
  private async carryOn(commit: PushedCommit, signal: AbortSignal): Promise<number | undefined> {
    if (!isOurs(commit.build)) await this.begin(commit)
    const { build } = commit
    if (!isOurs(build)) throw new Error('a build that was begun is not there')
    const { log, jenkins, settings } = this.parts
    if (build.located === undefined) await this.startOrFind(commit, build, signal)
    const { located } = build
    if (located === undefined) return ASK_EVERY_MS
    if (located.number === null) {
      const entry = await jenkins.item(located.queueItem ?? 0, signal)
      if (entry?.cancelled === true) return this.end(build, 'was cancelled in the queue of Jenkins')
      // Jenkins forgets an entry some minutes after its build has begun.
      const number =
        entry === undefined
          ? (await jenkins.find(BUILD, build.build, signal))?.number
          : entry.executable?.number
      if (number !== undefined) await this.locate(build, located.queueItem, number)
      else if (entry === undefined && this.isBelieved(build.build))
        return this.end(build, 'is not known to Jenkins any more: it was removed from its queue')
    }
    const { number } = build.located ?? located
    if (number !== null) {
      const told = await jenkins.build(number, signal)
      if (told === undefined) {
        // A job that may not be seen any more, or a proxy without Jenkins, answers the same: this look throws then.
        const found = await jenkins.find(BUILD, build.build, signal)
        if (found?.number === number) return ASK_EVERY_MS
        return this.end(build, `was removed from Jenkins: build ${number} of ${settings.job} is gone`)
      }
      if (!told.building && typeof told.result === 'string') {
        const why = judgeBuild(told, build.build, commit.commit, settings)
        if (why !== undefined) return this.end(build, why)
        const seconds = this.secondsOf(build)
        await log.append({ type: 'build ended', build: build.build, result: 'succeeded', why: null, seconds })
        return undefined
      }
    }
    // Jenkins was asked, and it answered.
    if (this.said !== undefined) this.since = this.parts.clock.now()
    this.said = undefined
    return (await this.endLate(build, located.at)) ? undefined : ASK_EVERY_MS
  }

  private async begin({ repository, commit }: PushedCommit): Promise<void> {
    const { log, newId, settings } = this.parts
    const build = newId()
    this.fresh.add(build)
    const elsewhere = { ci: 'jenkins', build: settings.job, url: null } as const
    await log.append({ type: 'build begun', build, repository, commit, elsewhere })
  }

  /** Starts a build that was never asked for. One that may have been asked for is looked for first. */
  private async startOrFind(
    { repository, commit, refs }: PushedCommit,
    build: Build,
    signal: AbortSignal,
  ): Promise<void> {
    const { jenkins, settings } = this.parts
    if (!this.fresh.has(build.build)) {
      const found = await jenkins.find(BUILD, build.build, signal)
      if (found !== undefined) return this.locate(build, found.queueItem ?? null, found.number ?? null)
      if (!this.isBelieved(build.build)) return
    }
    this.fresh.delete(build.build)
    this.doubts.delete(build.build)
    const queueItem = await jenkins.start(
      {
        ...settings.parameters,
        PIPELINE_REPOSITORY: repository,
        PIPELINE_REF: refs[0] ?? '',
        [COMMIT]: commit,
        [BUILD]: build.build,
      },
      signal,
    )
    await this.locate(build, queueItem, null)
  }

  private async locate({ build }: Build, queueItem: number | null, number: number | null): Promise<void> {
    const { log, settings } = this.parts
    const job = settings.job.split('/').map((name) => `job/${encodeURIComponent(name)}`)
    const url = number === null ? null : `${settings.url}/${job.join('/')}/${number}/`
    this.doubts.delete(build)
    await log.append({ type: 'build located', build, queueItem, number, url })
  }

  /** Returns whether it is long enough ago that a build was not found for the first time. */
  private isBelieved(build: string): boolean {
    const { clock } = this.parts
    const from = this.doubts.get(build) ?? clock.elapsed() + BELIEVE_AFTER_MS
    this.doubts.set(build, from)
    return clock.elapsed() >= from
  }

  private async endLate(build: Build, from: string): Promise<boolean> {
    const { clock, settings } = this.parts
    if (clock.now() < Math.max(Date.parse(from), this.since) + settings.within) return false
    await this.end(build, `has no result within ${formatDuration(settings.within)}`)
    return true
  }

  /** Ends a build that has not succeeded. The words go on after its name. */
  private async end(build: Build, what: string): Promise<undefined> {
    const why = `${clean(this.parts.settings.job)} ${what}`
    const seconds = this.secondsOf(build)
    await this.parts.log.append({ type: 'build ended', build: build.build, result: 'failed', why, seconds })
  }

  private secondsOf({ begunAt }: Build): number {
    return Math.max(0, Math.round((this.parts.clock.now() - Date.parse(begunAt)) / 100) / 10)
  }

  private complain(why: string): void {
    if (this.said === why) return
    this.said = why
    const { repository, onTrouble } = this.parts
    onTrouble(`commits of ${repository} wait for their tests: Jenkins ${why}; it is asked again`)
  }
}

function isOurs(build: Build | undefined): build is Build {
  return build?.state === 'running' && build.elsewhere?.ci === 'jenkins'
}

/** Returns why a build that has ended is no success; undefined for one that is. */
function judgeBuild(
  told: ToldBuild,
  build: string,
  commit: string,
  { job }: JenkinsBuild,
): string | undefined {
  const result = clean(told.result ?? '', 40)
  if (told.result !== 'SUCCESS') return `ended as ${result}`
  // Jenkins leaves out a parameter that its job does not have, and builds what it likes.
  if (parameterOf(told.actions, BUILD) !== build || parameterOf(told.actions, COMMIT) !== commit)
    return `has no parameters ${BUILD} and ${COMMIT}, so that it is not known what it has tested; give both to ${job}`
  const revisions = revisionsOf(told.actions)
  if (revisions.length === 0 || revisions.includes(commit)) return undefined
  return `has tested ${revisions.map((each) => shortId(clean(each))).join(', ')} and not ${shortId(commit)}: let it check out $${COMMIT}`
}
