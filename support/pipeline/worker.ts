import { join } from 'node:path'
import type { RepositorySettings } from '../config/pipeline_setting'
import type { Clock } from '../system/clock'
import { endAllWith, type CommandRunner } from '../system/command'
import { Bell } from './bell'
import { markOf, runBuild, type BuildSurroundings } from './build'
import { BuildFolders } from './build_folders'
import { OwnPlace, type BuildPlace } from './build_place'
import { BuildUsers, buildUsersOf } from './build_users'
import { Builder, type FollowedRepository } from './builder'
import { Git } from './git'
import { PushJudge } from './judge_push'
import { Jenkins } from './jenkins'
import { JenkinsBuilds } from './jenkins_builds'
import { Mirror } from './mirror'
import { RevisionFollower } from './follow_revisions'
import { Receiver, type PipelineLog } from './receive'
import { MAX_KEPT_BUILDS } from './reported_output'
import { ReportJudge } from './report_judge'
import { openRevisions } from './spool'
import { SvnMirror } from './svn_mirror'
import { SvnRepository } from './svn_repository'

export interface WorkerParts {
  log: PipelineLog
  repositories: readonly RepositorySettings[]
  /** The folder that hooks leave pushes in; below it is that of revisions. */
  spool: string
  /** The folder of the state. Only one worker may use it at a time. */
  state: string
  clock: Clock
  run: CommandRunner
  env: BuildSurroundings['env']
  /** Returns an id that no build had, of letters and digits; it becomes the name of a folder. */
  newId(): string
  /** Tells an operator what keeps a repository or a build waiting. */
  onTrouble(sentence: string): void
}

/** Carries pushes that were taken to the results of their builds, as long as it runs. */
export interface PipelineWorker {
  /** Tells it that a push was taken. It costs nothing to say it too often. */
  wake(): void
  /**
   * Works until the signal is aborted. A build that is under way then is ended, and done again by the next worker.
   * @throws LockstepError `journal-failed`: nothing more may be done without the journal
   */
  work(signal: AbortSignal): Promise<void>
}

/** Returns a worker that fetches from the configured repositories, and runs their builds on this machine. */
export function openWorker(parts: WorkerParts): PipelineWorker {
  const { log, clock, run, env, newId, onTrouble } = parts
  const folder = join(parts.state, 'pipeline')
  const git = new Git(run, folder)
  const folders = new BuildFolders(parts.state)
  const users = new BuildUsers({ ...parts, users: buildUsersOf(parts.repositories) })
  const own = new OwnPlace(folders, run, git)
  const placeOf = ({ user }: { user?: string | undefined }): BuildPlace =>
    user === undefined ? own : users.placeOf(user, folders)
  const mirrors = join(folder, 'mirrors')
  const followers: RevisionFollower[] = []
  const names = parts.repositories.flatMap(({ name, svn }) => (svn === undefined ? [] : [name]))
  const sourceOf = (settings: RepositorySettings): Mirror => {
    const { name: repository, svn } = settings
    if (svn === undefined) return new Mirror(settings, mirrors, git)
    const asked = new SvnRepository(run, svn, git.marked)
    const own = { repository: settings, settings: svn, folder: mirrors, git, svn: asked, onTrouble }
    const mirror = new SvnMirror(own)
    const spool = openRevisions(parts.spool)
    const receiver = new Receiver(log)
    followers.push(new RevisionFollower({ repository, names, mirror, spool, receiver, clock, onTrouble }))
    return mirror
  }
  const repositories = new Map(
    parts.repositories.map((settings): [string, FollowedRepository] => [
      settings.name,
      { settings, source: sourceOf(settings) },
    ]),
  )
  const tell = (why: string | undefined) => {
    if (why !== undefined) onTrouble(`the folder of a build is still there: ${why}`)
  }
  const builder = new Builder({
    repositories,
    log,
    clock,
    newId,
    endLeft: (build) => endAllWith(markOf(build)),
    runBuild: (order, signal) => runBuild(order, { folders, placeOf, env }, signal),
    tidyUp: async (builds) => tell(await folders.keep(new Set(builds.slice(-MAX_KEPT_BUILDS)))),
    onFault: onTrouble,
  })
  // Each looks after the builds of its own kind, in a loop of its own.
  const kinds: readonly KindOfBuilds[] = [
    builder,
    ...followers,
    ...parts.repositories.flatMap(({ name: repository, build: settings }): KindOfBuilds[] => {
      if (settings?.kind === 'reports') return [new ReportJudge({ repository, settings, log, clock })]
      if (settings?.kind !== 'jenkins') return []
      const jenkins = new Jenkins(settings, fetch)
      return [new JenkinsBuilds({ repository, settings, jenkins, log, clock, newId, onTrouble })]
    }),
  ]
  return new Worker(log, repositories, kinds, clock, onTrouble, async () => {
    endAllWith(git.mark)
    await users.open()
    for (const why of await users.endLeft()) onTrouble(why)
    await builder.interruptLeft()
    for (const build of folders.builds) tell(await folders.clear(build))
  })
}

/** Carries builds of one kind to their results, or revisions into the journal. */
export interface KindOfBuilds {
  /**
   * Does what can be done now. Resolves with the milliseconds until it is worth another look; undefined when nothing waits.
   * @throws LockstepError `journal-failed`
   */
  look(signal: AbortSignal): Promise<number | undefined>
}

/** Looks after each repository by itself: a server that hangs keeps no other waiting, and no build. */
export class Worker implements PipelineWorker {
  private readonly followed: readonly (FollowedRepository & { bell: Bell })[]
  private readonly kinds: readonly { builds: KindOfBuilds; bell: Bell }[]

  constructor(
    private readonly log: PipelineLog,
    repositories: ReadonlyMap<string, FollowedRepository>,
    kinds: readonly KindOfBuilds[],
    private readonly clock: Clock,
    private readonly onTrouble: (sentence: string) => void,
    /** Ends and removes what another worker has left. */
    private readonly beginAfterOthers: () => Promise<void>,
  ) {
    this.followed = [...repositories.values()].map((each) => ({ ...each, bell: new Bell(clock) }))
    this.kinds = kinds.map((builds) => ({ builds, bell: new Bell(clock) }))
  }

  wake(): void {
    for (const { bell } of this.followed) bell.ring()
    this.wakeBuilds()
  }

  async work(signal: AbortSignal): Promise<void> {
    await this.beginAfterOthers()
    // A journal that fails ends all that is under way.
    const failed = new AbortController()
    const until = AbortSignal.any([signal, failed.signal])
    const parts = this.followed.map(({ settings, source, bell }) => {
      const judge = new PushJudge({
        repository: settings,
        source,
        log: this.log,
        clock: this.clock,
        onAway: (name, why, pauseMs) =>
          this.onTrouble(
            `the repository ${name} cannot be asked: ${why}; it is asked again in ${pauseMs / 1000} s`,
          ),
      })
      return this.loop(bell, until, async () => {
        const pause = await judge.look(until)
        this.wakeBuilds()
        return pause
      })
    })
    for (const { builds, bell } of this.kinds) parts.push(this.loop(bell, until, () => builds.look(until)))
    const ends = await Promise.allSettled(
      parts.map((part) =>
        part.catch((error: unknown) => {
          failed.abort()
          throw error
        }),
      ),
    )
    const fault = ends.find((end) => end.status === 'rejected')
    if (fault !== undefined) throw fault.reason
  }

  private wakeBuilds(): void {
    for (const { bell } of this.kinds) bell.ring()
  }

  private async loop(bell: Bell, until: AbortSignal, look: () => Promise<number | undefined>): Promise<void> {
    while (!until.aborted) {
      const pause = await look()
      if (!until.aborted) await bell.wait(pause, until)
    }
  }
}
