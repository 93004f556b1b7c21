import type { ReportedBuild } from '../config/build_setting'
import { clean } from '../rollout/model/verdict'
import type { Clock } from '../system/clock'
import { formatDuration } from '../system/duration'
import { idOfReported } from './ci_report'
import type { PipelineEvent } from './events'
import type { TakenReport } from './open_reports'
import type { Build, PushedCommit } from './pipeline_state'
import type { PipelineLog } from './receive'

/** The most reports of one repository that wait for their commits; the oldest gives way. */
const MAX_WAITING = 1_000

export interface ReportJudgeParts {
  repository: string
  settings: ReportedBuild
  log: PipelineLog
  clock: Clock
}

/**
 * Decides what the reports of another CI come to. A failure counts when it comes. A success counts where its build has not
 * failed before, and no other build of the commit has failed since: in doubt, red counts.
 */
export class ReportJudge {
  /** The moment from which on reports could come. They are not missed while `lockstep serve` is away. */
  private readonly since: number

  constructor(private readonly parts: ReportJudgeParts) {
    this.since = parts.clock.now()
  }

  /**
   * Decides what can be decided now. Resolves with the milliseconds until something is waited for no longer; undefined when
   * nothing waits.
   * @throws LockstepError `journal-failed`
   */
  async look(signal: AbortSignal): Promise<number | undefined> {
    const { log, repository } = this.parts
    const open = log.state.reports.of(repository)
    const rests: number[] = []
    for (const [index, report] of open.entries()) {
      if (signal.aborted) return undefined
      const commit = log.state.commit(repository, report.commit)
      if (commit !== undefined) await this.settle(report, commit)
      else {
        const rest = index < open.length - MAX_WAITING ? 0 : this.restSince(report.at)
        if (rest > 0) rests.push(rest)
        else
          await this.passOver(
            report,
            'the repository has not shown its commit, or no branch and tag of it is followed',
          )
      }
    }
    for (const commit of log.state.commits) {
      if (commit.repository !== repository || signal.aborted) continue
      const rest = await this.giveUp(commit)
      if (rest !== undefined) rests.push(rest)
    }
    return rests.length === 0 ? undefined : Math.min(...rests)
  }

  private async settle(report: TakenReport, commit: PushedCommit): Promise<void> {
    const { log } = this.parts
    const { build, state } = report
    const id = idOfReported(report)
    const why = judgeReport(report, id, commit, log.state.commitOf(id) !== undefined)
    if (why !== undefined) return this.passOver(report, why)
    const { repository, commit: of, url } = report
    const elsewhere = { ci: 'reports', build, url } as const
    const begun: PipelineEvent = { type: 'build begun', build: id, repository, commit: of, elsewhere }
    if (state === 'started') return void (await log.append({ ...begun, report: report.report }))
    const current = commit.build
    const isUnderWay = current?.build === id && current.state === 'running'
    const seconds = isUnderWay
      ? Math.max(0, Date.parse(report.at) - Date.parse(current.begunAt)) / 1_000
      : null
    // It may have come first, or after another build of the commit: it is the last one that is known now.
    if (!isUnderWay) await log.append(begun)
    await log.append({
      type: 'build ended',
      build: id,
      result: state,
      why: state === 'failed' ? `build ${clean(build)} of its CI has failed` : null,
      seconds: seconds === null ? null : Math.round(seconds * 10) / 10,
      report: report.report,
      reportedAt: report.reportedAt,
    })
  }

  private async passOver({ report, repository, commit }: TakenReport, why: string): Promise<void> {
    await this.parts.log.append({ type: 'report passed over', report, repository, commit, why })
  }

  /** Waits no longer for what did not come in time. Returns the milliseconds for which it still waits. */
  private async giveUp({
    repository,
    commit,
    isToBuild,
    seenAt,
    build,
  }: PushedCommit): Promise<number | undefined> {
    const { log, settings } = this.parts
    const within = formatDuration(settings.within)
    if (build === undefined || build.state === 'interrupted') {
      if (!isToBuild) return undefined
      const rest = this.restSince(seenAt)
      if (rest > 0) return rest
      const why = `no report within ${within}`
      await log.append({ type: 'commit gone', repository, commit, why })
    } else if (build.state === 'running' && build.elsewhere?.ci === 'reports') {
      const rest = this.restSince(build.begunAt)
      if (rest > 0) return rest
      const why = `no result within ${within} of the report of its start`
      await log.append({ type: 'build ended', build: build.build, result: 'failed', why, seconds: null })
    }
    return undefined
  }

  private restSince(at: string): number {
    const { clock, settings } = this.parts
    return Math.max(Date.parse(at), this.since) + settings.within - clock.now()
  }
}

/** Returns why a report of a commit that was seen changes nothing; undefined where it counts. */
function judgeReport(
  { build, state, reportedAt }: TakenReport,
  id: string,
  commit: PushedCommit,
  isKnown: boolean,
): string | undefined {
  const name = `build ${clean(build)}`
  if (state === 'started') return isKnown ? `${name} has begun already` : undefined
  const all = [...commit.earlier, ...(commit.build === undefined ? [] : [commit.build])]
  const own = all.filter((each) => each.build === id)
  if (own.some((each) => each.state === 'failed'))
    return `${name} has failed already; a build that is run again needs another name`
  if (state === 'failed') return undefined
  if (own.some((each) => each.state === 'succeeded')) return `${name} has succeeded already`
  const red = all.find((each) => each.state === 'failed' && isNotBefore(each, reportedAt))
  return red === undefined
    ? undefined
    : `${name} succeeded no later than build ${clean(red.elsewhere?.build ?? red.build)} has failed`
}

/**
 * Returns whether a build has ended no earlier than a report. One that nobody reported, such as from the time when a command
 * was configured, has ended by the clock here. Clocks of senders tell seconds, not all of them more.
 */
function isNotBefore({ reportedAt, endedAt }: Build, at: string): boolean {
  const ended = reportedAt ?? endedAt
  return ended !== undefined && secondOf(ended) >= secondOf(at)
}

function secondOf(at: string): number {
  return Math.floor(Date.parse(at) / 1_000)
}
